"""Charts, maps and progress in Chromium under the site's policy, and the same pages without JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from browser import axe, screenshot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SPACE = "\u00a0"


def ready(seen):
    seen.page.wait_for_selector("[data-island=chart][data-awake=yes] svg")
    seen.page.wait_for_selector(".island-view.map[data-idle=yes]")
    return seen.page


def test_a_chart_speaks_french_and_has_one_name(site, visit):
    page = ready(visit(f"{site}/guide"))
    svg = page.locator("[data-island=chart] svg")
    expect(svg).to_have_attribute("role", "img")
    assert svg.get_attribute("aria-label").startswith("Repas servis par mois")
    words = svg.text_content()
    assert f"20{SPACE}000" in words
    assert "mars 2026" in words or "févr. 2026" in words


def test_a_chart_follows_the_theme(site, visit):
    page = ready(visit(f"{site}/guide"))
    bar = page.locator("[data-island=chart] svg .mark-rect path").first
    before = bar.get_attribute("fill")
    page.get_by_role("button", name="Passer en sombre").click()
    expect(bar).not_to_have_attribute("fill", before)
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    expect(page.get_by_role("button", name="Passer en clair")).to_be_visible()


def test_the_table_waits_behind_its_disclosure_and_opens(site, visit):
    page = ready(visit(f"{site}/guide"))
    table = page.get_by_role("group", name="Repas servis par mois")
    expect(table).to_be_hidden()
    page.get_by_text("Voir le tableau : Repas servis par mois").click()
    expect(table).to_be_visible()


def test_a_map_draws_its_shapes_and_is_read_by_keyboard(site, visit):
    seen = visit(f"{site}/guide")
    page = ready(seen)
    expect(page.locator(".map-legend li")).to_have_count(4)
    for place in ("Centre", "Gare", "Le Port", "Prairies"):
        expect(page.locator(".map-label", has_text=place)).to_have_count(1)
    choice = page.get_by_role("combobox", name="Montrer")
    choice.focus()
    page.keyboard.press("ArrowDown")
    popup = page.locator(".maplibregl-popup-content")
    expect(popup).to_contain_text(re.compile(r"Centre\s*12,5\u00a0repas"), use_inner_text=True)
    painted = page.evaluate(
        """() => new Promise((done) => { const c = document.querySelector('.maplibregl-canvas');
           requestAnimationFrame(() => done(c.width * c.height)); })"""
    )
    assert painted > 0
    assert axe(page) == []
    tools = page.locator(".map-tools").inner_text()
    page.get_by_role("button", name="Passer en sombre").click()
    expect(page.locator(".map-legend li")).to_have_count(4)
    expect(page.locator(".map-tools")).to_have_text(tools, use_inner_text=True)
    for place in ("Centre", "Gare", "Le Port", "Prairies"):
        expect(page.locator(".map-label", has_text=place)).to_have_count(1)
    assert seen.complaints == []


def test_a_chart_wears_the_page_s_colours_and_language_whatever_it_requested(site, visit):
    page = visit(f"{site}/circles", dark=True).page
    svg = page.locator("[data-island=chart][data-awake=yes] svg")
    svg.wait_for()
    drawn = svg.inner_html()
    assert "#000001" not in drawn
    assert f"20{SPACE}000" in svg.text_content()
    screenshot(page, "series-dark")


def test_a_missing_drawing_states_so_and_leaves_the_table_open(site, visit):
    page = visit(f"{site}/circles").page
    page.wait_for_selector("[data-awake=failed]")
    expect(page.locator("[data-awake=failed]")).to_contain_text(
        "Les chiffres sont dans le tableau", use_inner_text=True
    )
    expect(page.get_by_text("Les chiffres.", exact=True)).to_be_visible()


def test_a_long_work_shows_how_far_it_is_then_leads_on(site, visit):
    page = visit(f"{site}/waiting").page
    page.wait_for_url("**/arrived")


def test_circles_carry_a_legend_of_sizes(site, visit):
    page = visit(f"{site}/circles").page
    page.wait_for_selector(".island-view.map[data-idle=yes]")
    expect(page.locator(".map-legend li")).to_have_text(["360\u00a0repas", "90\u00a0repas"])
    screenshot(page, "circles")


def test_without_javascript_every_figure_is_its_table(site, visit):
    seen = visit(f"{site}/guide", script=False)
    expect(seen.page.get_by_role("group", name="Repas servis par mois")).to_be_visible()
    expect(seen.page.get_by_role("group", name="Repas pour 100 habitants")).to_be_visible()
    expect(seen.page.get_by_role("progressbar", name="Avancement")).to_be_visible()
    expect(seen.page.locator("[data-theme-toggle]")).to_be_hidden()


def test_rows_and_proposals_answer_the_keyboard(site, visit):
    page = ready(visit(f"{site}/guide"))
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#2"
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#1"
    page.keyboard.press("a")
    assert page.evaluate("document.activeElement.textContent").startswith("Accepter")
    page.locator("#q").focus()
    page.keyboard.press("j")
    expect(page.locator("#q")).to_have_value("j")


def test_the_first_tab_leads_to_the_content(site, visit):
    page = visit(f"{site}/guide").page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Aller au contenu"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "contenu"


def test_paper_keeps_the_warning_and_opens_the_tables(site, visit):
    page = ready(visit(f"{site}/guide"))
    page.emulate_media(media="print")
    expect(page.get_by_text("Ville fictive — données simulées.")).to_be_visible()
    expect(page.get_by_role("navigation", name="Navigation principale")).to_be_hidden()
    expect(page.get_by_text("Imprimé le")).to_be_visible()
    assert page.locator(".figures-table .table-wrap").first.bounding_box()["height"] > 100
