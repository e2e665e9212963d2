"""The workshop of thirty services, walked by keyboard in a browser against a real server, with its minutes; the room's pages.

A minute is computed: three seconds an action, 200 words read a minute, 150 characters typed a minute, and what the machine took.
Discussion is not in it. Long ring only.
"""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from beffroi.web.continuity.essential_services.impact import CELLS
from browser import page_faults, screenshot, settle, words_in_sight
from house import SeededHome, seeded

pytestmark = [pytest.mark.long, pytest.mark.browser, pytest.mark.xdist_group("continuity_workshop")]
SECONDS_PER_ACTION, WORDS_PER_MINUTE, CHARACTERS_PER_MINUTE = 3, 200, 150
SERVICES = 30
LEVELS = "0123" * 2 + "0112" * 5
"""What is typed in each grid, row by row: a month is unbearable for two families."""
SEED = """
import sys
from datetime import date
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])), base_url=sys.argv[2])
from beffroi.web.continuity.essential_services import services
from beffroi.web.guides.services import registers
from beffroi.web.platform import scope
from beffroi.web.tenancy.services import LegalAct, NewTerritory, admit, found_territory
from beffroi.web.tenancy.signin import make_link
town = found_territory(NewTerritory(code="99T00", name="Saint-Aubin", kind="commune", population=1800, is_fictional=True,
                                    contact="Mairie d'essai"))
mayor = admit(town, "maire@example.org", "Maire", ["decider"], by=None, simulated=True,
              legal_act=LegalAct("Procès-verbal d'essai", date(2026, 3, 22)))
with scope.inside(town):
    services.begin(town, mayor)
    more = [{"name": f"Service d'essai {n:02}"} for n in range(14)]
    registers.add_entries(town, mayor, services.register(), more)
print(make_link(mayor, "signin"))
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeededHome]:
    with seeded(tmp_path_factory.mktemp("workshop") / "home", SEED, "mayor") as home:
        yield home


def fill_grid(page: Page) -> None:
    """By keyboard alone: the first list, then a digit and Tab for each cell."""
    page.locator("main select").first.focus()
    for level in LEVELS:
        page.keyboard.press(level)
        page.keyboard.press("Tab")


def test_thirty_services_are_filled_in_by_keyboard_and_validated(
    served: SeededHome, visit: Any, record_property: Any
) -> None:
    page = visit("about:blank", cookies=served.badges["mayor"]).page
    room = f"{served.url}/t/saint-aubin/continuite/"
    started, actions, typed, words, first_words = time.monotonic(), 2, 0, 0, 0
    page.goto(f"{room}consequences/")
    words += words_in_sight(page)
    page.get_by_role("link", name="Continuer l'atelier").click()
    for n in range(SERVICES):
        page.wait_for_load_state()
        if n == 0:
            first_words = words_in_sight(page)
            screenshot(page, "continuity-grid")
        fill_grid(page)
        page.get_by_role("button", name="Enregistrer", exact=True).click()
        expect(page.get_by_label("Plus longue durée d'arrêt supportable")).to_have_value("168")
        if n == 0:
            settle(page)
            assert page_faults(page) == []
            screenshot(page, "continuity-grid-proposed")
        page.locator("summary", has_text="Valider").click()
        page.get_by_role("button", name="Valider pour de bon").click()
        page.wait_for_load_state()
        onwards = "Service suivant" if n < SERVICES - 1 else "Les autres services"
        page.get_by_role("link", name=onwards).click()
        actions, typed = actions + len(CELLS) + 4, typed + len(CELLS)
        words += 8  # the name of the service and the outage proposed: the rest of the screen is known
    machine = time.monotonic() - started
    words += first_words
    expect(page.get_by_text("30 services validés sur 30")).to_be_visible()
    minutes = (
        actions * SECONDS_PER_ACTION / 60
        + words / WORDS_PER_MINUTE
        + typed / CHARACTERS_PER_MINUTE
        + machine / 60
    )
    row = {"services": SERVICES, "actions": actions, "words": words, "characters": typed,
           "machine_seconds": round(machine, 1), "minutes": round(minutes, 1)}  # fmt: skip
    record_property("workshop", json.dumps(row))
    print(f"\nworkshop: {row}")
    assert minutes <= 90


def test_the_pages_of_the_room_are_readable(served: SeededHome, visit: Any) -> None:
    faults = []
    room = f"{served.url}/t/saint-aubin/continuite/"
    for name in (
        "",
        "consequences/",
        "consequences/grille/",
        "plans/",
        "plans/pra/",
        "plans/pca/",
        "essais/",
    ):
        for width in (320, 1280):
            page = visit(f"{room}{name}", cookies=served.badges["mayor"], width=width).page
            settle(page)
            faults += [f"{name} {width}: {fault}" for fault in page_faults(page)]
            screenshot(page, f"continuity-{name.strip('/').replace('/', '-') or 'home'}-{width}")
            if not name:
                assert words_in_sight(page) <= 250
    assert faults == []


def test_a_plan_is_signed_and_leaves(served: SeededHome, visit: Any) -> None:
    page = visit(f"{served.url}/t/saint-aubin/continuite/plans/pra/", cookies=served.badges["mayor"]).page
    page.get_by_role("button", name="J'ai lu, je signe").click()
    expect(page.get_by_text("Édition 1 signée")).to_be_visible()
    with page.expect_download() as leaving:
        page.get_by_role("link", name="PDF", exact=True).click()
    assert leaving.value.suggested_filename == "pra-edition-1-saint-aubin-donnees-simulees.pdf"
    settle(page)
    assert page_faults(page) == []
    screenshot(page, "continuity-plan-signed")


def test_a_test_is_noted_with_its_corrections(served: SeededHome, visit: Any) -> None:
    page = visit(f"{served.url}/t/saint-aubin/continuite/essais/", cookies=served.badges["mayor"]).page
    page.get_by_role("button", name="Prendre ces essais").click()
    page.get_by_role("link", name="Noter le résultat").first.click()
    expect(page.get_by_label("Qui corrige")).to_be_hidden()  # asked where something did not work
    page.get_by_label("échoué").check()
    settle(page)
    assert page_faults(page) == []
    screenshot(page, "continuity-test-result")
    page.get_by_label("Ce qui n'a pas marché").fill("Le numéro du prestataire ne répond pas")
    page.get_by_label("Qui corrige").fill("Mme Essai")
    page.get_by_label("Pour le").fill("2027-01-15")
    page.get_by_role("button", name="Noter cet essai").click()
    expect(page.get_by_text("1 correction ajoutée au plan")).to_be_visible()
    settle(page)
    assert page_faults(page) == []
