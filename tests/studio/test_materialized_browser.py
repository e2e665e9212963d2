"""A result kept as a dataset, in the real browser: by keyboard from the analysis to the catalogue, on a small screen too."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from canteens import MEALS, served_by_site
from playwright.sync_api import expect
from test_board_browser import _FILL, MealsDataset

from browser import page_faults, screenshot
from house import Town

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("house")]


@pytest.fixture(scope="module")
def served(towns: Iterator[Town]) -> Town:
    town = next(towns)
    town.fill(_FILL, MEALS, json.dumps(served_by_site(MealsDataset)))  # type: ignore[arg-type]
    return town


@pytest.fixture
def at(visit: Any, served: Town) -> Any:
    def opened(path: str, width: int = 1280, **more: Any) -> Any:
        return visit(f"{served.url}{path}", width=width, cookies=served.cookies, **more).page

    return opened


def fine(page: Any, name: str) -> None:
    screenshot(page, name)
    assert not page_faults(page)


def focused(page: Any, words: str) -> None:
    """Go on by the Tab key until what bears these words, or this name, has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if words in page.evaluate("document.activeElement.name || document.activeElement.innerText || ''"):
            return
    raise AssertionError(f"no way to « {words} » by keyboard")


@pytest.mark.long
def test_a_result_is_materialized_by_keyboard_and_found_in_the_catalogue(at: Any) -> None:
    page = at("analyses/recettes/repas/")
    focused(page, "Garder comme jeu de données")
    page.keyboard.press("Enter")
    page.wait_for_url("**/garder/")
    fine(page, "keep-1280")
    focused(page, "title")
    page.keyboard.press("Control+A")
    page.keyboard.type("Repas par site")
    page.keyboard.press("Enter")
    page.wait_for_url("**/donnees/jeux/repas-par-site/**", timeout=60_000)
    expect(page.get_by_role("group", name="Lignes du jeu")).to_contain_text("LES SAULES", use_inner_text=True)
    page.get_by_role("link", name="l'analyse « Repas servis par site »").click()
    page.wait_for_url("**/recettes/repas/")
    expect(page.get_by_role("heading", name="Le résultat est un jeu de données")).to_be_visible()
    fine(page, "analysis-kept-1280")


@pytest.mark.parametrize("path", ["donnees/jeux/repas-par-site/", "analyses/recettes/repas/"])
def test_nothing_is_wrong_on_a_small_screen_in_the_dark(at: Any, path: str) -> None:
    page = at(path, width=320, dark=True)
    fine(page, f"kept-320-{path.split('/')[0]}")
