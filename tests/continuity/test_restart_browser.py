"""The stopwatch of a restart in the real browser: it goes on by itself, steps are signed off by keyboard, axe finds nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from browser import examine
from house import Town

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("house")]
_APPLICATIONS = """
import sys
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])))
from beffroi.guides import Register
from beffroi.web.guides.library import guide
from beffroi.web.guides.services.registers import save_entry
from beffroi.web.platform import scope
from beffroi.web.platform.models import Membership, Person, Territory
town, person = Territory.objects.get(slug=sys.argv[2]), Person.objects.get(email="steward0@example.org")
with scope.inside(town):
    Membership.objects.create(territory=town, person=person, role="agent")
    save_entry(town, person, guide(Register, "essential_services"), {"name": "État civil"})
    for row in (
        {"name": "Réseau", "restore_hours": "1", "knows": "Mme Roussel"},
        {"name": "Logiciel", "needs": "Réseau", "services": "État civil", "restore_hours": "2"},
        {"name": "Vieux", "needs": "Logiciel ; Vieux"},
    ):
        save_entry(town, person, guide(Register, "applications"), row)
"""


def test_an_exercise_is_begun_timed_and_signed_off(towns: Iterator[Town], visit: Any) -> None:
    # A browser and a served town: the stopwatch is a script, and its page is read by keyboard and by machines.
    town = next(towns)
    town.fill(_APPLICATIONS)
    address, cookies = f"{town.url}continuite/remise-en-route/", town.cookies
    page = visit(address, cookies=cookies).page
    expect(page.get_by_role("heading", name="Ce qui se contredit")).to_be_visible()
    page.get_by_text("Le dessin des vagues").click()
    expect(page.get_by_role("img", name="Ordre de remise en route")).to_be_visible()
    page.get_by_role("button", name="C'est un exercice").press("Enter")
    expect(page.locator("h1")).to_contain_text("EXERCICE")
    timer = page.get_by_role("timer")
    read = timer.inner_text()
    expect(timer).not_to_have_text(read)
    page.get_by_role("button", name="C'est fait : Remettre en route : Réseau").press("Enter")
    expect(page.get_by_role("button", name="C'est fait : Remettre en route : Logiciel")).to_be_visible()
    faults = examine(visit, address, "restart", cookies=cookies, unfold=True)
    faults += examine(visit, page.url, "restart-run", cookies=cookies, unfold=True)
    assert faults == []
