"""In the real browser: a dispatcher reorders a round with the buttons or by its ranks, and prints the sheet of the day."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser import page_faults, says, screens, screenshot, settle
from house import SeededHome, seeded

pytestmark = [pytest.mark.long, pytest.mark.browser, pytest.mark.xdist_group("decisions")]
SEED = """
import sys
from datetime import date
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])))
from django.conf import settings
settings.BASE_URL = sys.argv[2]
from beffroi.systems.contract import Item, ProposedAct
from beffroi.web.decisions.services import propose
from beffroi.web.platform import scope
from beffroi.web.tenancy.services import LegalAct, NewTerritory, admit, found_territory
from beffroi.web.tenancy.signin import make_link
town = found_territory(NewTerritory(code="99T01", name="Valbruyère", kind="commune", population=48000, is_fictional=True))
person = admit(town, "decider@example.org", "Camille Élue", ["decider"], by=None, simulated=True,
               legal_act=LegalAct("Procès-verbal d'essai", date(2026, 3, 22)))
streets = ("Rue des Lilas", "Place du Marché", "Quai Nord", "Impasse des Tilleuls-Argentés", "Chemin Vert")
items = (Item("d", "Dépôt", ("7 h 00",), fixed=True), *(Item(f"s{n}", name, (f"{n + 1} bornes", f"7 h {10 + 9 * n}")) for n, name in enumerate(streets)),
         Item("r", "Dépôt, retour", ("11 h 40",), fixed=True))
with scope.inside(town):
    for n in (1, 2, 3, 4):
        propose(town, system="tournees", system_version="1.0", run=f"run-{n}", acts=[
            ProposedAct(f"Tournée du camion {n}", 31.5, "km", 28.0, 35.0, ("Les bornes remplies à plus de 70 %.",), {"remplissage": 74},
                        key=f"2026-12-01/camion-{n}", day=date(2026, 12, 1), place=f"Camion {n}", about="14 m³ de verre",
                        items=items, spare=(Item("h", "Rue Haute", ("12 % pleine",)),))])
print(make_link(person, "signin"))
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeededHome]:
    with seeded(tmp_path_factory.mktemp("plans") / "home", SEED, "decider") as home:
        yield home


def faults(page: Page, name: str) -> list[str]:
    settle(page)
    screenshot(page, f"plan-{name}")
    return page_faults(page)


def ranks(page: Page) -> dict[str, str]:
    """The rank that each movable part would be saved with."""
    rows = page.locator("[data-reorder] > li:has([data-rank])").all()
    return {
        row.locator("[data-label]").inner_text(): row.locator("[data-rank]").input_value() for row in rows
    }


@pytest.mark.parametrize(("width", "dark"), screens("plan"))
def test_a_round_is_reordered_with_the_buttons(
    served: SeededHome, visit: Callable[..., Any], width: int, dark: bool
) -> None:
    opened = visit(
        f"{served.url}/t/valbruyere/decisions/", cookies=served.badges["decider"], width=width, dark=dark
    )
    page = opened.page
    page.get_by_role("link", name="Tournée du camion").first.click()
    found = faults(page, f"proposed-{width}-{dark}")
    page.get_by_role("button", name="Descendre « Rue des Lilas »").click()
    up = page.get_by_role("button", name="Monter « Chemin Vert »")
    up.focus()
    for _ in range(3):  # the keyboard stays on the button that it pressed
        page.keyboard.press("Enter")
    page.get_by_role("button", name="Retirer « Quai Nord »").click()
    assert ranks(page) == {
        "Place du Marché": "2",
        "Chemin Vert": "3",
        "Rue des Lilas": "4",
        "Quai Nord": "",
        "Impasse des Tilleuls-Argentés": "5",
    }
    page.get_by_label("Rang de « Rue des Lilas »").fill("2")
    page.get_by_label("Rang de « Rue des Lilas »").blur()
    assert next(iter(ranks(page))) == "Rue des Lilas"
    down = page.get_by_role("button", name="Descendre « Rue des Lilas »")
    for _ in range(2):
        down.click()
    page.get_by_text("Ajouter une étape").click()
    page.get_by_label("Rang de « Rue Haute »").fill("2")
    page.get_by_label("Motif, avec vos mots").fill("Le quai est fermé mardi.")
    page.get_by_role("button", name="Enregistrer ma décision").click()
    says(page, "Choisissez")  # nothing was chosen for the person, and nothing is lost
    found += faults(page, f"errors-{width}-{dark}")
    expect(page.locator("li.removed")).to_have_count(1)
    page.get_by_label("Modifier les étapes ou la valeur").check()
    page.get_by_role("button", name="Enregistrer ma décision").click()
    says(page, "Décision enregistrée")
    page.goto(f"{served.url}/t/valbruyere/decisions/feuille/?jour=2026-12-01")
    found += faults(page, f"sheet-{width}-{dark}")
    stops = page.locator("main tbody ol").first.locator("li").all_inner_texts()
    assert [stop.split(" · ")[0] for stop in stops] == [
        "Dépôt", "Rue Haute", "Place du Marché", "Chemin Vert", "Rue des Lilas", "Impasse des Tilleuls-Argentés", "Dépôt, retour",
    ]  # fmt: skip
    assert [line for line in found + opened.complaints if line and "422" not in line] == []
