"""The pages of a joining link in the real browser: narrow and dark, wide and light, without script."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.web.platform import scope
from beffroi.web.platform.models import Membership, Person, Territory
from beffroi.web.tenancy.signin import make_link
from browser import page_faults, says, screens, screenshot
from places import strongly

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("people")]


def test_the_pages_of_a_joining_link(visit: Any, settings: Any, live_server: Any) -> None:
    settings.BASE_URL = live_server.url
    # Straight in the table: the ledger's lines may not be removed, and this test empties the tables.
    name = "Communauté d'agglomération de Saint-Quentin-en-Yvelines-la-Longue"
    town = Territory.objects.create(code="99T02", name=name, kind="EPCI", slug="longue")
    guest, stranger = (
        Person.objects.create_user(f"{word}@une-bien-longue-collectivite.example", name=word)
        for word in ("maire", "autre")
    )
    with scope.inside(town):
        for role in ("administrator", "data_officer"):
            Membership.objects.create(territory=town, person=guest, role=role, waiting_since=timezone.now())
    link = make_link(guest, "join", town)
    wrong = {}
    for shot, person, address, heading in (
        ("join", guest, link, "Rejoindre"),
        ("other", stranger, link, "un autre compte"),
        ("gone", guest, f"{live_server.url}/rejoindre/rien/", "ne sert plus"),
    ):
        for width, dark in screens(shot):
            jar = strongly(Client(), person).cookies
            cookies = [{"name": c.key, "value": c.value, "url": live_server.url} for c in jar.values()]
            opened = visit(address, width=width, dark=dark, cookies=cookies)
            says(opened.page, heading, where="h1")
            screenshot(opened.page, f"joining-{shot}-{width}")
            if found := page_faults(opened.page):
                wrong[shot, width] = found
            opened.close()
    assert wrong == {}
