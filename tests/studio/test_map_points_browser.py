"""A map of points in the real browser: circles over the limits of communes, read with the keyboard, nothing wrong for axe."""

import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from canteens import served_by_site
from playwright.sync_api import expect
from test_board_browser import MealsDataset
from test_map_browser import board_with, opened

from browser import page_faults, screens, screenshot
from house import Town

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("house")]
_CHANCE = random.Random(7)
SCHOOLS = "Ecole;Longitude;Latitude;Eleves;Taux\nLES SAULES;-1,6512;47,1534;150;40,5\n" + "".join(
    f"ECOLE {n};{_CHANCE.uniform(-1.69, -1.51):.4f};{_CHANCE.uniform(47.11, 47.29):.4f};{n * 9};{n * 7 % 90},5\n".replace(
        ".", ","
    )
    for n in range(2, 14)
)


@pytest.fixture(scope="module")
def served(towns: Iterator[Town]) -> Town:
    definition = served_by_site(MealsDataset)  # type: ignore[arg-type]
    columns = ["ecole", "longitude", "latitude", "eleves", "taux"]
    definition["steps"] = [{"step": "source", "source": "cantine"}, {"step": "choose", "columns": columns}]
    encodings = {"x": "longitude", "y": "latitude", "name": "ecole", "value": "taux", "size": "eleves"}
    labels = {"ecole": "École", "taux": "Part de convives", "eleves": "Élèves"}
    definition["figure"] |= {
        "kind": "points", "title": "Élèves et convives de chaque école", "unit": "%", "year": "2026",
        "encodings": {**encodings, "labels": labels}, "classes": {"method": "natural", "count": 3},
    }  # fmt: skip
    return board_with(towns, SCHOOLS, definition)


@pytest.mark.long
@pytest.mark.parametrize(("width", "dark"), screens("map of points"))
def test_points_are_drawn_over_limits_and_read_with_the_keyboard(
    visit: Any, served: Town, width: int, dark: bool
) -> None:
    seen = opened(visit, served, width, dark)
    page = seen.page
    page.wait_for_selector(".island-view.map[data-idle=yes]", timeout=90_000)
    expect(page.locator(".map-cut")).to_have_text(re.compile("^3 classes"), use_inner_text=True)
    legend = page.get_by_role("list", name="Légende").inner_text()
    assert "Élèves\u00a0: 150" in legend
    assert "Limites des communes" in legend and "intercommunalités" not in legend
    page.get_by_label("Limites des communes").focus()
    page.keyboard.press("Space")
    legend = page.get_by_role("list", name="Légende")
    expect(legend).not_to_contain_text("Limites des communes", use_inner_text=True)
    page.keyboard.press("Space")
    page.get_by_role("combobox", name="Montrer").select_option(label="LES SAULES")
    caption = page.locator(".maplibregl-popup").inner_text().split("\n")[:2]
    assert caption == ["LES SAULES", "40,5\u00a0% · Élèves\u00a0: 150"]
    page.get_by_text("Voir le tableau").click()
    expect(page.get_by_role("row")).to_have_count(14)
    screenshot(page, f"map-points-{width}-{dark}")
    assert not page_faults(page)
    assert seen.complaints == []
