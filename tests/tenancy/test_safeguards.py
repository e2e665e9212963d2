"""Locked settings: loosened by an administrator with a fresh second factor and a reason, put back in one act, written in the ledger."""

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from beffroi.web.platform.models import LedgerLine, Person, Territory
from beffroi.web.tenancy import places, safeguards
from beffroi.web.tenancy.places import PlaceError
from beffroi.web.tenancy.signin.factors import must_have_second_factor
from places import a_person, a_territory

pytestmark = pytest.mark.django_db
ROOMS = {"room:studio", "room:workshop"}


@pytest.fixture
def town(db: None) -> Territory:
    made = a_territory(fictional=False)
    places.switch(made, ROOMS, ROOMS, by=None, as_host=False)
    safeguards.put_on(made, safeguards.SAFEGUARDS, by=None)
    return made


@pytest.fixture
def administrator(town: Territory) -> Person:
    return a_person(town, "administrator")


def test_every_member_gives_a_second_factor_while_it_is_locked(town: Territory, administrator: Person):
    agent = a_person(town, "agent")
    assert must_have_second_factor(agent, town)
    safeguards.lift(town, safeguards.SECOND_FACTOR, "agents sans téléphone", by=administrator)
    assert not must_have_second_factor(agent, town)
    assert must_have_second_factor(administrator, town)


def test_a_closed_room_stays_so_until_the_lock_is_lifted(town: Territory, administrator: Person):
    with pytest.raises(PlaceError, match="protégées"):
        places.switch(town, set(), ROOMS, by=administrator, as_host=False)
    assert Territory.objects.get(pk=town.pk).closed.keys() == ROOMS
    safeguards.lift(town, safeguards.FEW_ROOMS, "la salle Analyses sert", by=administrator)
    assert places.switch(town, set(), ROOMS, by=administrator, as_host=False) == 2
    safeguards.put_on(town, [safeguards.FEW_ROOMS], by=administrator)
    assert safeguards.is_on(Territory.objects.get(pk=town.pk), safeguards.FEW_ROOMS)
    assert LedgerLine.objects.filter(act="territory.safeguard").count() == 3


def test_two_locks_lifted_from_two_pages_are_both_lifted(town: Territory, administrator: Person):
    first, second = (Territory.objects.get(pk=town.pk) for _ in range(2))
    safeguards.lift(first, safeguards.FEW_ROOMS, "la salle Analyses sert", by=administrator)
    safeguards.lift(second, safeguards.SECOND_FACTOR, "agents sans téléphone", by=administrator)
    assert Territory.objects.get(pk=town.pk).safeguards == []
    with pytest.raises(PlaceError, match="n'est pas protégé"):
        safeguards.lift(second, safeguards.FEW_ROOMS, "encore une fois", by=administrator)


def test_who_may_not_or_says_not_why_lifts_nothing(town: Territory, administrator: Person):
    with pytest.raises(PermissionDenied):
        safeguards.lift(town, safeguards.FEW_ROOMS, "parce que c'est utile", by=a_person(town, "agent"))
    for key, reason in ((safeguards.FEW_ROOMS, "ok"), ("inconnu", "parce que c'est utile")):
        with pytest.raises(PlaceError):
            safeguards.lift(town, key, reason, by=administrator)
    assert set(Territory.objects.get(pk=town.pk).safeguards) == safeguards.SAFEGUARDS.keys()


def test_the_page_asks_for_a_second_factor_before_it_loosens(
    client: Client, town: Territory, administrator: Person
):
    client.force_login(administrator)
    there = reverse("safeguard-lift", args=[town.slug, safeguards.FEW_ROOMS])
    answer = client.post(there, {"reason": "la salle Analyses sert"})
    assert answer.status_code == 302 and "second" in answer["Location"]
    assert set(Territory.objects.get(pk=town.pk).safeguards) == safeguards.SAFEGUARDS.keys()
