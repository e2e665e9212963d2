"""Leaving closes every access in one act; a territory keeps an administrator; another territory keeps its person."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from beffroi.web.catalogue.models import Dataset
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.rights import ACTS, may
from beffroi.web.tenancy import departure, services
from beffroi.web.tenancy.models import EntryLink
from beffroi.web.tenancy.services import LegalAct, PeopleError, Term
from beffroi.web.tenancy.signin import find_link, make_link
from places import a_person, a_territory, strongly

pytestmark = pytest.mark.django_db


@pytest.fixture
def town():
    return a_territory(fictional=False)


@pytest.fixture
def chief(town):
    return a_person(town, "administrator")


def signed_in(person, town):
    client = strongly(Client(), person)
    assert client.get(f"/t/{town.slug}/").status_code == 200
    return client


def test_a_departure_closes_roles_delegations_links_and_sessions_at_once(town, chief):
    mayor = a_person(town, "decider", "agent", email="mayor@example.org")
    deputy = a_person(town, "agent", email="deputy@example.org")
    services.delegate(
        town,
        mayor,
        deputy,
        subject="Tout",
        legal_act=LegalAct("Arrêté 1", date(2026, 9, 1)),
        term=Term(),
        by=None,
    )
    client, link = signed_in(mayor, town), make_link(mayor, "signin")

    deleted = services.depart(town, mayor, by=chief)

    assert not any(may(mayor, act, town) for act in ACTS)
    assert not may(deputy, "decision.record", town), "what the person delegated falls too"
    assert find_link(link.rstrip("/").rsplit("/", 1)[1]) is None
    assert client.get(f"/t/{town.slug}/").headers["Location"].startswith("/compte/login/")
    assert deleted.closed["memberships"] == 2
    assert (deleted.closed["delegations"], deleted.closed["links"], deleted.closed["sessions"]) == (1, 1, 1)
    with scope.inside(town):
        assert ledger.lines_of(town).last().act == "member.depart"
        assert [line.act for line in ledger.lines_of(town)].count("member.depart") == 1


def test_a_member_of_another_territory_keeps_their_session_and_their_other_territory(town, chief):
    other = a_territory("Ailleurs", code="99T02", fictional=False)
    agent = a_person(town, "agent")
    a_person(other, "agent")
    client, link = signed_in(agent, town), make_link(agent, "signin")
    services.depart(town, agent, by=chief)
    assert client.get(f"/t/{town.slug}/").status_code == 404
    assert client.get(f"/t/{other.slug}/").status_code == 200
    assert find_link(link.rstrip("/").rsplit("/", 1)[1]) is not None
    assert EntryLink.objects.filter(used_at=None).count() == 1


def test_the_last_administrator_does_not_leave_without_naming_another(town, chief):
    agent = a_person(town, "agent")
    with pytest.raises(PeopleError, match="dernier administrateur"):
        services.depart(town, chief, by=chief)
    assert may(chief, "member.invite", town)
    services.depart(town, chief, by=chief, successor=agent)
    assert may(agent, "member.invite", town)
    assert not may(chief, "territory.enter", town)


def test_a_successor_is_an_active_member(town, chief):
    other = a_territory("Ailleurs", code="99T02", fictional=False)
    stranger = a_person(other, "agent", email="loin@example.org")
    with pytest.raises(PeopleError, match="membre actif"):
        services.depart(town, chief, by=chief, successor=stranger)


def test_what_other_rooms_opened_is_closed_in_the_same_act(town, chief, monkeypatch):
    monkeypatch.setattr(departure, "_hooks", {})
    seen = []
    departure.register("tokens", lambda territory, person: seen.append((territory, person)) or 3)
    agent = a_person(town, "agent")
    assert services.depart(town, agent, by=chief).closed["tokens"] == 3
    assert seen == [(town, agent)]


def test_a_room_that_cannot_close_stops_the_whole_departure(town, chief, monkeypatch):
    monkeypatch.setattr(departure, "_hooks", {})

    def broken(territory, person):
        raise RuntimeError("clé en cours d'écriture")

    departure.register("tokens", broken)
    agent = a_person(town, "agent")
    with pytest.raises(RuntimeError):
        services.depart(town, agent, by=chief)
    assert may(agent, "territory.enter", town), "all or nothing"


def test_what_the_person_answered_for_is_reported_to_be_handed_over(town, chief):
    officer = a_person(town, "data_officer")
    with scope.inside(town):
        Dataset.objects.create(
            territory=town, slug="repas", title="Repas servis", table="repas", owner=officer
        )
        deleted = services.depart(town, officer, by=chief)
    assert [resource.label for _, resource in deleted.left] == ["Repas servis"]


def test_only_who_may_invite_makes_somebody_leave(town, chief):
    agent, other = a_person(town, "agent"), a_person(town, "auditor")
    with pytest.raises(PermissionDenied):
        services.depart(town, other, by=agent)


def test_leaving_twice_is_reported(town, chief):
    agent = a_person(town, "agent")
    services.depart(town, agent, by=chief)
    with pytest.raises(PeopleError, match="plus aucun accès"):
        services.depart(town, agent, by=chief)
