"""Every component, in Chromium, under the site's own content policy: nothing for axe, nothing sideways, no refusal."""

import pytest
from playwright.sync_api import expect

from browser import axe, no_horizontal_scroll, screenshot, small_targets, until
from rings import representatives

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def settled(page):
    page.wait_for_selector("[data-island=chart][data-awake=yes] svg")
    page.wait_for_selector(".island-view.map[data-idle=yes]")


@pytest.mark.parametrize("dark", representatives([False, True], [True]))
def test_axe_finds_nothing_on_the_guide(site, visit, dark):
    seen = visit(f"{site}/guide?erreurs", dark=dark)
    settled(seen.page)
    screenshot(seen.page, f"guide-{'dark' if dark else 'light'}")
    assert axe(seen.page) == []
    assert seen.complaints == []


@pytest.mark.parametrize("width", representatives([320, 768, 1920], [320]))
def test_the_guide_never_scrolls_sideways(site, visit, width):
    seen = visit(f"{site}/guide", width=width)
    settled(seen.page)
    screenshot(seen.page, f"guide-{width}")
    assert no_horizontal_scroll(seen.page) == []
    assert small_targets(seen.page) == []


@pytest.mark.parametrize("width", representatives([320, 1280], [320]))
def test_what_a_form_refused_takes_the_focus_and_is_scrolled_into_sight(site, visit, width):
    page = visit(f"{site}/guide?erreurs", width=width).page
    until(page, "document.activeElement.id === 'erreurs'")
    top, bottom = page.evaluate(
        "(() => { const b = document.activeElement.getBoundingClientRect(); return [b.top, Math.min(b.bottom, b.top + 100)]; })()"
    )
    assert top >= 0
    assert bottom <= 900


def test_a_page_without_a_refusal_does_not_move_the_focus(site, visit):
    page = visit(f"{site}/guide").page
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.activeElement === document.body")


def inner_scroll(page, where):
    box = page.locator(f"{where} .table-wrap")
    return box.evaluate("e => [e.scrollHeight - e.clientHeight, e.scrollWidth - e.clientWidth]")


def test_a_short_table_is_whole_and_a_long_one_scrolls_in_its_box(site, visit):
    page = visit(f"{site}/tables", height=400).page
    assert inner_scroll(page, "#court") == [0, 0]
    assert inner_scroll(page, "#long")[0] > 0
    expect(page.locator(".table-hint:visible")).to_have_count(0)


def test_a_table_wider_than_a_small_screen_states_that_it_goes_on_and_keeps_its_rows_short(site, visit):
    seen = visit(f"{site}/tables", width=320)
    page = seen.page
    page.locator(".table-hint").first.wait_for()
    screenshot(page, "tables-320")
    assert inner_scroll(page, "#court")[1] > 0
    described = page.locator("#court .table-wrap").get_attribute("aria-describedby")
    expect(page.locator(f"#{described}")).to_contain_text("continue sur le côté", use_inner_text=True)
    heights = page.locator("#court tbody tr").evaluate_all("rows => rows.map((row) => row.offsetHeight)")
    assert max(heights) < 260, heights
    assert page.locator("#court caption").evaluate("e => e.offsetWidth") <= 320
    assert page.locator(".masthead").evaluate("e => e.offsetHeight") < 120
    assert axe(page) == []
    assert no_horizontal_scroll(page) == []
    assert seen.complaints == []
    page.set_viewport_size({"width": 1280, "height": 900})
    page.locator(".table-hint").first.wait_for(state="hidden")
    assert page.locator("#court .table-wrap").get_attribute("aria-describedby") is None


def test_a_list_of_events_is_read_whole_on_a_phone_and_is_a_table_on_wider_screens(site, visit):
    page = visit(f"{site}/tables", width=360).page
    assert inner_scroll(page, "#evenements")[1] == 0
    what = page.locator("#evenements tbody th").first.bounding_box()
    assert what["x"] >= 0 and what["x"] + what["width"] <= 360
    assert axe(page) == [] and no_horizontal_scroll(page) == []
    wide = visit(f"{site}/tables", width=1280).page
    cells = wide.locator("#evenements tbody tr").first.locator("th, td")
    assert len({round(cells.nth(n).bounding_box()["y"]) for n in range(4)}) == 1


def test_a_table_of_rows_fits_a_phone_each_cell_after_its_heading(site, visit):
    page = visit(f"{site}/tables", width=360).page
    assert inner_scroll(page, "#rangs") == [0, 0]
    first = page.locator("#rangs tbody tr").first
    cells = first.locator("th, td").evaluate_all(
        "cells => cells.map(cell => [getComputedStyle(cell, '::before').content, cell.offsetHeight > 0])"
    )
    assert cells[0] == ["none", True] and cells[3][1] is False
    assert cells[1][0].startswith('"Arrêt supportable') and cells[2][0].startswith('"Pire conséquence')
    assert axe(page) == [] and no_horizontal_scroll(page) == []
    wide = visit(f"{site}/tables", width=1280).page
    assert inner_scroll(wide, "#rangs") == [0, 0]
    row = wide.locator("#rangs tbody tr").first.locator("th, td")
    assert len({round(row.nth(n).bounding_box()["y"]) for n in range(4)}) == 1
