"""A person alone, at night, activates the cell by the pages; the wall fits a screen. A real site and a browser: long ring.

A minute is computed: three seconds an action, 200 words read a minute, 150 characters typed a minute, and what the machine took.
"""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from browser import page_faults, screenshot, settle, words_in_sight
from house import SeededHome, seeded

pytestmark = [pytest.mark.long, pytest.mark.browser, pytest.mark.xdist_group("crisis_walk")]
MOST_ACTIONS, MOST_MINUTES = 10, 30
MOST_TO_A_CLOCK = 8
SEED = """
import sys
from datetime import date, timedelta
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])), base_url=sys.argv[2])
from django.utils import timezone
from beffroi.guides import Runbook
from beffroi.web.continuity.crisis import cell, journal, roles, situation_points
from beffroi.web.guides.library import guide
from beffroi.web.guides.services import responses
from beffroi.web.platform import scope
from beffroi.web.tenancy.services import LegalAct, NewTerritory, admit, found_territory
from beffroi.web.tenancy.signin import make_link
def place(code, name):
    return found_territory(NewTerritory(code=code, name=name, kind="commune", population=1800, is_fictional=True))
quiet, struck, hit = place("99T00", "Saint-Aubin"), place("99T01", "Montreuil-le-Petit"), place("99T02", "Valbourg")
people = [admit(town, f"{town.slug}@example.org", "Mme Roussel", ["administrator"], by=None, simulated=True)
          for town in (quiet, struck, hit)]
with scope.inside(struck):
    by = people[1]
    run = responses.open_run(struck, by, guide(Runbook, "cyber_incident"), is_exercise=True)
    known = timezone.localtime(timezone.now() - timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M")
    responses.save_answers(run, by, {"known_at": known, "malicious": "yes", "insured": "yes", "personal_data": "yes",
                                     "significant": "yes", "services_stopped": [f"Service numéro {n}" for n in range(40)]})
    crisis = cell.activate(struck, by, label="Cyberattaque de la nuit", known="Tout est chiffré.", is_exercise=True, run=run)
    roles.assign(crisis, by, ["director", "logistics"]); roles.assign(crisis, by, list(roles.role_titles())[1:6], name="Un nom assez long, adjoint au maire chargé de tout")
    for n in range(30):
        journal.write_line(crisis, by, text=f"Décision {n} " + "qui se dit en plusieurs mots " * 8, kind="decision")
    situation_points.make(crisis, by, "Tout est arrêté, la cantine tient.", timezone.now() + timedelta(hours=1))
for person in people:
    print(make_link(person, "signin"))
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeededHome]:
    with seeded(tmp_path_factory.mktemp("crisis") / "home", SEED, "alone", "director", "agent") as home:
        yield home


class Alone:
    """Somebody on a page: what they did, read and typed."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.done: list[str] = []
        self.words = self.typed = 0
        self.machine = 0.0
        self.faults: list[str] = []

    def arrive(self, since: float) -> None:
        self.page.wait_for_load_state()
        self.machine += time.monotonic() - since
        self.words += words_in_sight(self.page)
        settle(self.page)
        self.faults += [f"{self.page.url}: {fault}" for fault in page_faults(self.page)]
        screenshot(self.page, f"crisis-{len(self.done):02}")

    def open(self, address: str) -> None:
        self.done.append("ouvrir le site")
        since = time.monotonic()
        self.page.goto(address)
        self.arrive(since)

    def click(self, kind: Any, name: str) -> None:
        self.done.append(f"« {name} »")
        since = time.monotonic()
        with self.page.expect_navigation(wait_until="load"):
            self.page.get_by_role(kind, name=name, exact=True).first.click()
        self.arrive(since)

    def choose(self, name: str) -> None:
        self.done.append(f"cocher « {name} »")
        self.page.get_by_label(name, exact=True).check()

    def write_and_enter(self, field: Locator, text: str) -> None:
        """The field has the focus already: a text, then Enter."""
        self.done.append(f"écrire « {text[:20]} » et Entrée")
        self.typed += len(text)
        expect(field).to_be_focused()
        self.page.keyboard.type(text)
        since = time.monotonic()
        with self.page.expect_navigation(wait_until="load"):
            self.page.keyboard.press("Enter")
        self.arrive(since)

    @property
    def minutes(self) -> float:
        return len(self.done) * 3 / 60 + self.words / 200 + self.typed / 150 + self.machine / 60


def test_a_person_alone_has_an_active_cell_in_ten_actions(
    served: SeededHome, visit: Any, record_property: Any
) -> None:
    me = Alone(visit("about:blank", cookies=served.badges["alone"]).page)
    me.open(f"{served.url}/t/saint-aubin/")
    me.click("link", "Continuité")
    me.click("link", "Cellule de crise")
    me.choose("C'est une vraie crise")
    me.choose("Autre chose : inondation, tempête, incendie, coupure")
    me.click("button", "Activer maintenant")
    activated = len(me.done)
    me.click("link", "Prendre ou passer un rôle")
    me.click("button", "Prendre ces rôles")
    me.write_and_enter(
        me.page.get_by_label("Ce qui s'est passé"), "Les fichiers du secrétariat ne s'ouvrent plus."
    )
    me.click("link", "Le mur")
    expect(me.page.locator("main")).to_contain_text("Mme Roussel")
    expect(me.page.locator(".bad")).to_have_count(0)
    row = {"actions": len(me.done), "until active": activated, "words": me.words, "characters": me.typed,
           "machine_seconds": round(me.machine, 1), "minutes": round(me.minutes, 1)}  # fmt: skip
    record_property("cell", json.dumps(row))
    print(f"\ncellule active : {row}\n" + "\n".join(me.done))
    assert len(me.done) <= MOST_ACTIONS and me.minutes <= MOST_MINUTES
    assert me.faults == []


def test_a_crisis_without_incident_goes_from_its_activation_to_a_wall_with_its_clock(
    served: SeededHome, visit: Any, record_property: Any
) -> None:
    me = Alone(visit("about:blank", cookies=served.badges["agent"]).page)
    me.open(f"{served.url}/t/valbourg/")
    expect(me.page.get_by_role("region", name="Urgence en cours")).to_have_count(0)
    me.click("link", "Continuité")
    me.click("link", "Cellule de crise")
    asked = me.page.get_by_text("Des données de personnes touchées ?")
    expect(asked).to_be_hidden()
    me.choose("C'est une vraie crise")
    me.choose("Informatique : attaque, panne, données volées")
    expect(asked).to_be_visible()
    me.choose("Peut-être")
    screenshot(me.page, "crisis-cause")
    me.click("button", "Activer maintenant")
    me.click("link", "Le mur")
    expect(me.page.locator("main")).to_contain_text("Notifier à la CNIL")
    expect(me.page.locator(".big").first).to_have_text(re.compile(r"7[12]\sh\s\d\d"))
    record_property("clock", json.dumps({"actions": len(me.done), "words": me.words}))
    print(f"\nmur avec son délai : {len(me.done)} gestes, {me.words} mots\n" + "\n".join(me.done))
    assert len(me.done) <= MOST_TO_A_CLOCK and me.faults == []
    # From now on, one banner on every page, at each width and theme.
    for width, dark in ((360, False), (360, True), (1280, False), (1280, True)):
        page = visit("about:blank", cookies=served.badges["agent"], width=width, dark=dark).page
        for name, path in (
            ("home", ""),
            ("continuity", "continuite/"),
            ("data", "donnees/"),
            ("cell", "continuite/crise/"),
        ):
            page.goto(f"{served.url}/t/valbourg/{path}")
            settle(page)
            banner = page.get_by_role("region", name="Urgence en cours")
            expect(banner).to_have_count(1)
            expect(banner).to_contain_text("Crise en cours")
            expect(banner).to_contain_text("il reste 7")
            screenshot(page, f"crisis-banner-{name}-{width}-{'dark' if dark else 'light'}")
            assert page_faults(page) == [], (name, width, dark)
    public = visit(f"{served.url}/p/valbourg/").page
    expect(public.get_by_role("region", name="Urgence en cours")).to_have_count(0)


def test_the_wall_is_one_screen_whatever_the_journal_holds(served: SeededHome, visit: Any) -> None:
    page = visit("about:blank", cookies=served.badges["director"], width=1920, height=1080).page
    page.goto(f"{served.url}/t/montreuil-le-petit/continuite/crise/1/mur/")
    expect(page.locator(".exercise")).to_have_text("EXERCICE")
    height, width = page.evaluate(
        "[document.documentElement.scrollHeight, document.documentElement.scrollWidth]"
    )
    screenshot(page, "crisis-wall-1920")
    assert height <= 1080 and width <= 1920, (height, width)
    assert page_faults(page) == []
    with page.expect_navigation(wait_until="load", timeout=60_000):
        pass  # nobody does anything
    # It refreshed by itself, and no script did it: the only one is that of the theme.
    expect(page.locator("script")).to_have_count(1)
    expect(page.locator("script")).to_have_attribute("src", re.compile(r"theme"))


@pytest.mark.parametrize(
    "path", ["", "roles/", "journal/", "points/", "points/1/", "messages/", "messages/message_press/", "soutien/", "faits/", "reprendre/", "clore/", "retour/"]
)  # fmt: skip
def test_every_page_of_a_crisis_is_readable_on_a_phone(served: SeededHome, visit: Any, path: str) -> None:
    page = visit("about:blank", cookies=served.badges["director"], width=320, dark=True).page
    page.goto(f"{served.url}/t/montreuil-le-petit/continuite/crise/1/{path}")
    settle(page)
    assert page_faults(page) == []
