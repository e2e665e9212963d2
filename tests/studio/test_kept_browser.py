"""A result kept as a dataset, in the real browser: by keyboard from the analysis to the catalogue, on a small screen too."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from benchmarks.load import come_in
from benchmarks.served import Instance, prepare
from canteens import MEALS, served_by_site
from test_board_browser import _FILL, Held

from browser import axe, no_horizontal_scroll, screenshot, small_targets

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("kept")]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    instance = prepare(tmp_path_factory.mktemp("kept") / "home", towns=1)
    instance.run(_FILL, instance.towns[0], MEALS, json.dumps(served_by_site(Held)))  # type: ignore[arg-type]
    instance.start()
    yield instance
    instance.stop()


@pytest.fixture
def at(visit: Any, served: Instance) -> Any:
    cookies = come_in(served.link("steward0@example.org")).for_browser()

    def opened(path: str, width: int = 1280, **more: Any) -> Any:
        return visit(f"{served.url}/t/{served.towns[0]}/{path}", width=width, cookies=cookies, **more).page

    return opened


def fine(page: Any, name: str) -> None:
    screenshot(page, name)
    assert not axe(page)
    assert not no_horizontal_scroll(page)
    assert not small_targets(page)


def focused(page: Any, words: str) -> None:
    """Go on by the Tab key until what bears these words, or this name, has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if words in page.evaluate("document.activeElement.name || document.activeElement.innerText || ''"):
            return
    raise AssertionError(f"no way to « {words} » by keyboard")


def test_a_result_is_kept_by_keyboard_and_found_in_the_catalogue(at: Any) -> None:
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
    assert "LES SAULES" in page.get_by_role("region", name="Lignes du jeu").inner_text()
    page.get_by_role("link", name="l'analyse « Repas servis par site »").click()
    page.wait_for_url("**/recettes/repas/")
    assert page.get_by_role("heading", name="Le résultat est un jeu de données").is_visible()
    fine(page, "analysis-kept-1280")


@pytest.mark.parametrize("path", ["donnees/jeux/repas-par-site/", "analyses/recettes/repas/"])
def test_nothing_is_wrong_on_a_small_screen_in_the_dark(at: Any, path: str) -> None:
    page = at(path, width=320, dark=True)
    fine(page, f"kept-320-{path.split('/')[0]}")
