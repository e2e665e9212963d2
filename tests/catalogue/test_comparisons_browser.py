"""From a dataset's record to what a delivery changed, its undo and a past state, in the real browser, by keyboard too."""

from collections.abc import Iterator
from typing import Any

import pytest
from deliveries import JANUARY
from playwright.sync_api import expect

from browser import screens, screenshot
from house import Town

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("house")]
CORRECTED = JANUARY.replace("118", "119").replace("Les Tilleuls;07/01/2025;61;3,50\n", "") + (
    "Les Tilleuls;08/01/2025;60;3,50\nJean-Moulin;08/01/2025;101;3,45\n"
)
_POUR = """
import sys
from datetime import datetime
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])))
from django.utils import timezone
from beffroi.web.catalogue import lifecycle
from beffroi.web.catalogue.models import Snapshot
from beffroi.web.platform import scope
from beffroi.web.platform.models import Person, Territory
town, person = Territory.objects.get(slug=sys.argv[2]), Person.objects.get(email="steward0@example.org")
with scope.inside(town):
    for month, text in ((3, sys.argv[3]), (4, sys.argv[4])):
        delivery = lifecycle.stage(lifecycle.receive(town, person, "Cantines.csv", [text.encode()]))
        held = delivery.tables[0]["match"]["dataset"]
        (made,) = lifecycle.pour(delivery, person, [lifecycle.Choice(0, held, "Cantines", "replace")])
        Snapshot.objects.filter(pk=made.pk).update(at=timezone.make_aware(datetime(2026, month, 2, 9)))
    print(made.dataset.slug)
"""


@pytest.fixture(scope="module")
def served(towns: Iterator[Town]) -> tuple[Town, str]:
    """A town, and the address of its dataset's record."""
    town = next(towns)
    return town, f"{town.url}donnees/jeux/{town.fill(_POUR, JANUARY, CORRECTED).strip()}/"


@pytest.mark.long
def test_a_person_sees_what_a_delivery_changed_then_undoes_it(visit: Any, served: tuple[Town, str]) -> None:
    town, record = served
    cookies = town.cookies
    faults: list[str] = []
    for name, address in (
        ("comparer", f"{record}comparer/"),
        ("tel-qu-il-etait", f"{record}?au=2026-03-31"),
        ("jeu", record),
    ):
        for width, dark in screens(name):
            opened = visit(address, width=width, dark=dark, cookies=cookies)
            screenshot(opened.page, f"past-{name}-{width}")
            wide = opened.page.evaluate("document.documentElement.scrollWidth")
            faults += [f"{name} {width}: the page is {wide} wide"] if wide > width else []
            faults += [f"{name} {width}: {fault}" for fault in opened.faults()]
            opened.close()
    assert faults == []

    # Without JavaScript, and with the keyboard alone where something is chosen.
    page = visit(record, script=False, cookies=cookies).page
    page.get_by_role("link", name="Voir ce qui a changé").click()
    expect(page.get_by_text("2 lignes ajoutées, 1 retirée, 1 modifiée")).to_have_count(1)
    page.get_by_role("link", name="Modifiées").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**lignes=modifiees**")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert page.locator("td del").inner_text().split() == ["avant", ":", "118"]
    page.get_by_text("Comment reconnaître une même ligne").click()
    page.get_by_label("École", exact=True).uncheck()
    page.get_by_label("Date", exact=True).uncheck()
    page.get_by_role("button", name="Comparer", exact=True).click()
    expect(page.get_by_text("une ligne modifiée compte comme")).to_have_count(1)
    page.get_by_label("Avant", exact=True).select_option("2")
    page.get_by_label("Après", exact=True).select_option("1")
    page.get_by_role("button", name="Comparer", exact=True).click()
    expect(page.get_by_text("2 lignes ajoutées, 3 retirées")).to_have_count(1)

    page.goto(f"{record}?version=1")
    expect(page.get_by_text("Ce n'est pas l'état en vigueur")).to_have_count(1)
    page.get_by_role("link", name="Revenir à l'état en vigueur").click()
    expect(page).to_have_url(record)

    page.goto(f"{record}comparer/")
    expect(page.get_by_text("1 ligne modifiée retrouverait ses valeurs")).to_have_count(1)
    page.get_by_role("button", name="Annuler la livraison n° 2").click()
    expect(page.get_by_text("La livraison n° 2 est annulée")).to_have_count(1)
