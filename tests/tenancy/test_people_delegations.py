"""Delegations by legal act and replacements for a time: they live by their dates, their legal act, and the mandate behind them."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.utils import timezone

from beffroi.web.platform import ledger, scope
from beffroi.web.platform.models import Delegation, Membership
from beffroi.web.platform.rights import may, roles_of
from beffroi.web.platform.rights.active_roles import authority
from beffroi.web.tenancy import services
from beffroi.web.tenancy.services import LegalAct, PeopleError, Term
from places import a_person, a_territory

pytestmark = pytest.mark.django_db
ORDER = LegalAct("Arrêté n° 2026-034", date(2026, 9, 1))


@pytest.fixture
def town():
    return a_territory(fictional=False)


@pytest.fixture
def mayor(town):
    return a_person(town, "decider")


@pytest.fixture
def deputy(town):
    return a_person(town, "agent", email="deputy@example.org")


def days(n):
    return timezone.now() + timedelta(days=n)


def delegated(town, mayor, deputy, *, since=None, until=None, by=None):
    return services.delegate(
        town, mayor, deputy, subject="Cantines", legal_act=ORDER, term=Term(since, until), by=by
    )


def test_a_delegate_decides_while_the_delegation_is_in_force(town, mayor, deputy):
    assert not may(deputy, "decision.record", town)
    provided = delegated(town, mayor, deputy, until=days(30))
    assert may(deputy, "decision.record", town)
    assert authority(deputy, town).delegation == provided


def test_a_delegation_to_come_or_past_lets_nobody_decide(town, mayor, deputy):
    delegated(town, mayor, deputy, since=days(1), until=days(2))
    assert not may(deputy, "decision.record", town)
    with scope.inside(town):
        Membership.objects.of(town).filter(role="decider", person=deputy).update(
            since=days(-9), until=days(9)
        )
    assert not may(deputy, "decision.record", town), "the membership's dates do not stretch the delegation's"


def test_a_revoked_delegation_lets_nobody_decide_and_never_comes_back(town, mayor, deputy):
    provided = delegated(town, mayor, deputy)
    services.revoke(provided, by=mayor)
    assert not may(deputy, "decision.record", town)
    with scope.inside(town):
        for change in ({"revoked_at": None}, {"legal_act_reference": "autre"}, {"delegate": mayor}):
            with pytest.raises(DatabaseError), transaction.atomic():
                Delegation.objects.of(town).filter(pk=provided.pk).update(**change)
        with pytest.raises(DatabaseError), transaction.atomic():
            Delegation.objects.of(town).filter(pk=provided.pk).delete()


def test_a_delegation_falls_with_the_mandate_of_who_gave_it(town, mayor, deputy):
    delegated(town, mayor, deputy)
    with scope.inside(town):
        services.end(Membership.objects.of(town).select_related("territory").get(person=mayor), by=None)
    assert not may(deputy, "decision.record", town)


def test_a_delegation_sleeps_while_who_gave_it_is_suspended(town, mayor, deputy):
    delegated(town, mayor, deputy)
    services.suspend(town, mayor, by=None, reason="Enquête")
    assert not may(deputy, "decision.record", town)
    services.reactivate(town, mayor, by=None)
    assert may(deputy, "decision.record", town)


def test_only_an_elected_person_delegates(town, mayor, deputy):
    third = a_person(town, "agent", email="third@example.org")
    delegated(town, mayor, deputy)
    for giver in (third, deputy):
        with pytest.raises(PeopleError, match="seul un élu délègue"):
            delegated(town, giver, a_person(town, "agent", email=f"{giver.pk}@example.org"))


def test_a_delegation_does_not_outlive_the_mandate(town, mayor, deputy):
    with scope.inside(town):
        Membership.objects.of(town).filter(person=mayor).update(until=days(10))
    with pytest.raises(PeopleError, match="au-delà du mandat"):
        delegated(town, mayor, deputy)
    delegated(town, mayor, deputy, until=days(9))


def test_a_delegation_has_its_legal_act(town, mayor, deputy):
    with pytest.raises(PeopleError, match="arrêté"):
        services.delegate(
            town, mayor, deputy, subject="", legal_act=LegalAct(" ", ORDER.date), term=Term(), by=None
        )


def test_a_delegation_to_a_dpo_or_to_a_stranger_is_refused(town, mayor):
    with pytest.raises(PeopleError, match="conseille ou contrôle"):
        delegated(town, mayor, a_person(town, "dpo"))
    other = a_territory("Ailleurs", code="99T02", fictional=False)
    with pytest.raises(PeopleError, match="pas membre"):
        delegated(town, mayor, a_person(other, "agent", email="loin@example.org"))


def test_only_who_manages_delegations_writes_one_and_never_for_themselves(town, mayor, deputy):
    with pytest.raises(PermissionDenied):
        delegated(town, mayor, deputy, by=deputy)
    chief = a_person(town, "administrator")
    with pytest.raises(PeopleError, match="soi-même"):
        delegated(town, mayor, chief, by=chief)


def test_an_agent_may_not_revoke_but_the_elected_person_may(town, mayor, deputy):
    provided = delegated(town, mayor, deputy)
    with pytest.raises(PermissionDenied):
        services.revoke(provided, by=deputy)
    services.revoke(provided, by=mayor)
    with scope.inside(town):
        assert ledger.lines_of(town).last().act == "delegation.revoke"


def test_a_replacement_lends_the_roles_for_its_dates_only(town):
    absent = a_person(town, "supervisor", "agent", email="absent@example.org")
    substitute = a_person(town, "auditor")
    services.replace(town, absent, substitute, ["supervisor"], days(1), days(8), by=None)
    assert roles_of(substitute, town) == {"auditor"}
    with scope.inside(town):
        lent = Membership.objects.of(town).get(person=substitute, role="supervisor")
        assert lent.replaces == absent
        Membership.objects.of(town).filter(pk=lent.pk).update(since=days(-1))
        assert roles_of(substitute, town) == {"auditor", "supervisor"}
        Membership.objects.of(town).filter(pk=lent.pk).update(until=timezone.now())
    assert roles_of(substitute, town) == {"auditor"}


def test_a_replacement_to_decide_requires_for_a_legal_act(town, mayor, deputy):
    with pytest.raises(PeopleError, match="arrêté"):
        services.replace(town, mayor, deputy, ["decider"], None, days(5), by=None)
    services.replace(town, mayor, deputy, ["decider"], None, days(5), by=None, legal_act=ORDER)
    mandate = authority(deputy, town)
    assert (mandate.delegation.legal_act_reference, mandate.replaces) == (ORDER.reference, mayor)


def test_a_delegate_is_replaced_by_a_delegation_from_the_elected_person(town, mayor, deputy):
    delegated(town, mayor, deputy, until=days(30))
    third = a_person(town, "agent", email="third@example.org")
    services.replace(town, deputy, third, ["decider"], None, days(5), by=None, legal_act=ORDER)
    assert authority(third, town).delegation.delegator == mayor


def test_one_replaces_only_in_roles_that_the_absent_person_has(town, mayor, deputy):
    with pytest.raises(PeopleError, match="n'a pas ce rôle"):
        services.replace(town, deputy, mayor, ["supervisor"], None, days(5), by=None)


def test_an_administrator_does_not_lend_a_role_to_themselves(town, mayor):
    chief = a_person(town, "administrator")
    with pytest.raises(PeopleError, match="soi-même"):
        services.replace(town, mayor, chief, ["decider"], None, days(5), by=chief, legal_act=ORDER)
