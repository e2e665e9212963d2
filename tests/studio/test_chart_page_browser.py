"""The page on which a chart is changed, in the real browser: the preview follows, by keyboard, narrow and dark."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser import axe, no_horizontal_scroll, screens, screenshot, small_targets
from chart_pictures import _FILL, analyses, collected
from house import Town

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("house")]
_SLOW_FIRST_ANSWER = """() => {
  const ask = window.fetch;
  window.answers = 0;
  window.fetch = async (...asked) => {
    const answer = await ask(...asked);
    if (!window.release) await new Promise((free) => { window.release = free; });
    window.answers += 1;
    return answer;
  };
}"""
_UNTIL = "async () => { while (!(WHAT)) await new Promise((one) => setTimeout(one, 20)); }"
DRAWN = "#apercu-zone [data-island=chart][data-awake=yes] svg"


@pytest.fixture(scope="module")
def served(towns: Iterator[Town]) -> Town:
    town = next(towns)
    town.fill(_FILL, collected(), json.dumps(analyses()))
    return town


@pytest.fixture
def changing(visit: Any, served: Town) -> Any:
    """The page of an analysis's chart, reached by its button."""

    def opened(analysis: str, **more: Any) -> Page:
        address = f"{served.url}analyses/recettes/{analysis}/"
        page: Page = visit(address, cookies=served.cookies, **more).page
        page.locator(".figure-more > summary").click()
        page.get_by_role("button", name="Changer le graphique").click()
        page.wait_for_url("**/enregistrer/")
        return page

    return opened


def test_the_preview_follows_each_change_and_undo_takes_it_back(changing: Any) -> None:
    page = changing("line")
    page.wait_for_selector(DRAWN)
    page.get_by_label("Aires empilées").check()
    expect(page.get_by_label("Une aire pour chaque…")).to_have_value("secteur")
    # The focus stays where the person is, and the change is announced.
    assert page.evaluate("document.activeElement.value") == "area"
    expect(page.get_by_text("L'aperçu est à jour.")).to_be_attached()
    page.wait_for_selector(DRAWN)
    page.get_by_label("Plusieurs séries").select_option("share")
    expect(page.locator("#apercu-zone")).to_contain_text("part du total")
    page.get_by_role("button", name="Annuler").click()
    page.wait_for_selector(DRAWN)
    expect(page.get_by_label("Plusieurs séries")).to_have_value("stacked")


def test_without_javascript_the_button_does_the_same(changing: Any) -> None:
    page = changing("bar", script=False)
    page.get_by_label("Une barre pour chaque…").select_option("secteur")
    page.get_by_label("Ordre").select_option("name")
    page.get_by_role("button", name="Voir la figure").click()
    first = page.locator("#apercu-zone tbody tr").first
    expect(first).to_be_visible()
    expect(page.get_by_label("Ordre")).to_have_value("name")
    expect(page.get_by_role("button", name="Annuler")).to_be_enabled()


@pytest.mark.parametrize(
    ("analysis", "width", "dark"),
    [(analysis, *screen) for analysis in ("bar", "heat", "line", "number") for screen in screens(analysis)],
)
def test_nothing_is_wrong_with_the_page_of_a_kind(
    changing: Any, analysis: str, width: int, dark: bool
) -> None:
    page = changing(analysis, width=width, dark=dark)
    if analysis not in ("number", "table"):
        page.wait_for_selector(DRAWN)
    screenshot(page, f"chart-{analysis}-{width}-{dark}")
    assert not axe(page)
    assert not no_horizontal_scroll(page)
    assert not small_targets(page)


def test_a_slow_answer_to_an_earlier_choice_never_replaces_a_later_one(changing: Any) -> None:
    page = changing("bar")
    page.wait_for_selector(DRAWN)
    page.evaluate(_SLOW_FIRST_ANSWER)
    page.get_by_label("Ordre").select_option("name")
    page.evaluate(_UNTIL.replace("WHAT", "window.release"))
    # The answer to the first choice comes right after the second is made, before the second is asked.
    page.get_by_label("Ordre").evaluate(
        """(one) => {
          one.value = "smallest";
          one.dispatchEvent(new Event("change", { bubbles: true }));
          window.release();
        }"""
    )
    page.evaluate(_UNTIL.replace("WHAT", "window.answers === 2"))
    expect(page.get_by_label("Ordre")).to_have_value("smallest")
