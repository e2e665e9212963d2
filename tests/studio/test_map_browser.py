"""A map on vector tiles in the real browser: drawn, read with the keyboard, borders ticked, nothing wrong for axe."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from canteens import served_by_site
from playwright.sync_api import expect
from test_board_browser import _FILL, MealsDataset

from browser import NARROW_DARK, WIDE_LIGHT, Visit, page_faults, screenshot
from house import COMMUNE_CODES, Town
from rings import representatives

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("house")]
COMMUNES = "Commune;Habitants\n" + "".join(f"{code};{n * 1000}\n" for n, code in enumerate(COMMUNE_CODES, 1))
_WORDS = """(label) => {
    const range = document.createRange();
    range.selectNodeContents(label.lastChild);
    return range.getBoundingClientRect();
}"""


def board_with(towns: Iterator[Town], rows: str, definition: dict[str, Any]) -> Town:
    """A town whose only board shows this figure of these rows."""
    town = next(towns)
    town.fill(_FILL, rows, json.dumps(definition))
    return town


def opened(visit: Any, served: Town, width: int, dark: bool) -> Visit:
    """The board, as its steward sees it."""
    address = f"{served.url}analyses/tableaux/cantine/"
    found: Visit = visit(address, width=width, dark=dark, cookies=served.cookies)
    return found


@pytest.fixture(scope="module")
def served(towns: Iterator[Town]) -> Town:
    definition = served_by_site(MealsDataset)  # type: ignore[arg-type]
    definition["steps"] = [
        {"step": "source", "source": "cantine"},
        {"step": "choose", "columns": ["commune", "habitants"]},
    ]
    encodings = {"place": "commune", "value": "habitants"}
    definition["figure"] |= {"kind": "map", "unit": "habitants", "year": "2026", "encodings": encodings}
    return board_with(towns, COMMUNES, definition)


@pytest.mark.parametrize(
    ("width", "dark"), representatives([WIDE_LIGHT, NARROW_DARK, (320, False)], [NARROW_DARK])
)
def test_a_map_is_drawn_from_tiles_and_read_with_the_keyboard(
    visit: Any, served: Town, width: int, dark: bool
) -> None:
    seen = opened(visit, served, width, dark)
    page = seen.page
    page.wait_for_selector(".island-view.map[data-idle=yes]", timeout=90_000)
    legend = page.get_by_role("list", name="Légende")
    expect(legend.get_by_role("listitem")).to_have_count(4)
    expect(page.locator(".map-cut")).to_have_text(re.compile("^4 classes"), use_inner_text=True)
    page.get_by_label("Limites des départements").focus()
    page.keyboard.press("Space")
    expect(legend).to_contain_text("Limites des départements", use_inner_text=True)
    page.get_by_role("combobox", name="Montrer").select_option(label="Nantes")
    expect(page.locator(".maplibregl-popup")).to_contain_text(
        re.compile("Nantes\\s*1\u00a0000\u00a0habitants"), use_inner_text=True
    )
    for layer in ("Limites des intercommunalités", "Limites des départements"):
        label = page.locator(".map-layers label", has_text=layer)
        words, box = label.evaluate(_WORDS), label.locator("input").bounding_box()
        assert words["left"] >= box["x"] + box["width"], f"{layer}: its box is not beside its words"
        assert words["top"] < box["y"] + box["height"]
    screenshot(page, f"map-tiles-{width}-{dark}")
    assert not page_faults(page)
    assert seen.complaints == []


@pytest.mark.parametrize(("width", "dark"), representatives([(1280, True), (320, False)], [(1280, True)]))
def test_the_classes_are_changed_by_keyboard_next_to_the_map_and_undone(
    visit: Any, served: Town, width: int, dark: bool
) -> None:
    seen = opened(visit, served, width, dark)
    page = seen.page
    page.locator(".figure-more > summary").click()
    page.get_by_role("button", name="Changer le graphique").click()
    page.wait_for_selector(".island-view.map[data-idle=yes]", timeout=90_000)
    legend = page.locator(".map-cut")
    expect(legend).to_have_text(
        "4 classes\u00a0: autant de lieux dans chacune (quantiles)", use_inner_text=True
    )
    method = page.get_by_role("combobox", name="Comment couper les classes")
    method.focus()
    page.keyboard.type("Des tranches")
    page.keyboard.press("Tab")
    page.get_by_text("5 classes de même largeur").wait_for(timeout=90_000)
    page.get_by_label("Nombre de classes de la carte").fill("3")
    page.keyboard.press("Tab")
    page.get_by_text("3 classes de même largeur").wait_for(timeout=90_000)
    page.wait_for_selector(".island-view.map[data-idle=yes]", timeout=90_000)
    lines = page.get_by_role("list", name="Légende").get_by_role("listitem")
    assert [line.split("\u00a0habitants")[0] for line in lines.all_inner_texts()] == [
        "1\u00a0000",
        "2\u00a0000",
        "3\u00a0000 à 4\u00a0000",
    ]
    screenshot(page, f"map-classes-{width}-{dark}")
    assert not page_faults(page)
    page.get_by_role("button", name="Annuler").click()
    page.get_by_text("5 classes de même largeur").wait_for(timeout=90_000)
    assert seen.complaints == []
