"""The analysis written step by step in the real browser: each step's form narrow and dark, what serves, the keyboard."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from canteens import MEALS
from playwright.sync_api import Page, expect

from beffroi.recipes.context import STEP_TITLES
from browser import axe, no_horizontal_scroll, screens, small_targets
from house import Town

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("house")]
_FILL = """
import json, sys
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])))
from beffroi.web.catalogue import lifecycle as catalogue
from beffroi.web.studio import services
from beffroi.web.studio.editing import drafts
from beffroi.web.platform import scope
from beffroi.web.platform.models import Person, Territory
town, person = Territory.objects.get(slug=sys.argv[2]), Person.objects.get(email="steward0@example.org")
with scope.inside(town):
    delivery = catalogue.stage(catalogue.receive(town, person, "Cantines.csv", [sys.argv[3].encode()]))
    (poured,) = catalogue.pour(delivery, person)
    print(drafts.begin(town, person, poured.dataset).pk)
"""


@pytest.fixture(scope="module")
def served(towns: Iterator[Town]) -> tuple[Town, str]:
    """A town, and the address of its draft."""
    town = next(towns)
    return town, f"{town.url}analyses/brouillons/{town.fill(_FILL, MEALS).strip()}/"


@pytest.fixture
def desk(visit: Any, served: tuple[Town, str]) -> Any:
    """Opens the page of a step's form, at the end of the draft or after the step `after`."""

    def opened(kind: str = "", width: int = 1280, **more: Any) -> Page:
        town, address = served
        query = f"etape/?genre={kind}&apres=1" if kind else ""
        page: Page = visit(address + query, width=width, cookies=town.cookies, **more).page
        return page

    return opened


def visible_labels(page: Page) -> list[str]:
    """The names of the fields in sight."""
    fields = page.locator(".desk-form .field:visible").locator(":scope > label, :scope > legend")
    return [name.replace("\xa0", " ").removesuffix(" (facultatif)") for name in fields.all_inner_texts()]


@pytest.mark.long
@pytest.mark.parametrize(("width", "dark"), screens("forms"))
def test_each_form_can_be_read_and_reached(desk: Any, width: int, dark: bool) -> None:
    page = desk(width=width, dark=dark)
    address = page.url
    kinds = [kind for kind in STEP_TITLES if page.locator(f".desk-kinds a[href*='genre={kind}&']").count()]
    assert len(kinds) >= 14
    for kind in kinds:
        page.goto(f"{address}etape/?genre={kind}&apres=1")
        expect(page.locator(".desk-form"), kind).to_have_count(1)
        assert not axe(page), kind
        assert not no_horizontal_scroll(page), kind
        assert not small_targets(page), kind


def test_only_the_fields_that_serve_are_in_sight(desk: Any) -> None:
    page = desk("check")
    page.get_by_label("Règle 1 : elle").select_option("between")
    assert "Règle 1 : au moins" in visible_labels(page)
    assert "Règle 1 : valeurs ou débuts" not in visible_labels(page)
    page.get_by_label("Règle 1 : au moins").fill("10")
    page.get_by_label("Règle 1 : elle").select_option("one_of")
    assert "Règle 1 : au moins" not in visible_labels(page)
    assert "Règle 1 : valeurs ou débuts" in visible_labels(page)
    page.get_by_label("Règle 1 : elle").select_option("between")
    expect(page.get_by_label("Règle 1 : au moins"), "what was typed comes back").to_have_value("10")


def test_a_field_out_of_sight_is_not_sent(desk: Any) -> None:
    page = desk("check")
    page.get_by_label("Règle 1 : la colonne").select_option(index=1)
    page.get_by_label("Règle 1 : elle").select_option("between")
    page.get_by_label("Règle 1 : au moins").fill("10")
    page.get_by_label("Règle 1 : elle").select_option("present")
    page.get_by_role("button", name="Ajouter l'étape").click()
    page.wait_for_url(re.compile(r"\?etape=2"))
    expect(page.locator(".desk-recipe li").nth(1)).to_have_text(re.compile("^Vérifier"), use_inner_text=True)
    page.get_by_role("button", name="Annuler").click()


def test_without_script_every_field_is_there(desk: Any) -> None:
    page = desk("check", script=False)
    assert {"Règle 1 : au moins", "Règle 1 : valeurs ou débuts"} <= set(visible_labels(page))


def test_a_step_is_added_and_undone_by_keyboard(desk: Any) -> None:
    page = desk()

    def reach(selector: str) -> None:
        for _ in range(120):
            if page.evaluate("s => document.activeElement.matches(s)", selector):
                return
            page.keyboard.press("Tab")
        raise AssertionError(f"the keyboard does not reach {selector}")

    reach(".desk-kinds a[href*='genre=window']")
    page.keyboard.press("Enter")
    page.wait_for_selector(".desk-form")
    reach("#id_operation_0")
    page.keyboard.type("Part du")
    reach("#id_column_0")
    page.keyboard.type("R")
    reach(".desk-form button[value=keep]")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"\?etape=2"))
    expect(page.locator(".desk-recipe")).to_contain_text("la part en %", use_inner_text=True)
    reach("form[action$='/annuler/'] button")
    page.keyboard.press("Enter")
    expect(page.locator(".desk-recipe")).not_to_contain_text("la part en %", use_inner_text=True)
