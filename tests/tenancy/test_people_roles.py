"""Inviting, dating, ending and suspending roles: who may, what is refused in words, what the ledger keeps."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from beffroi.web.platform import ledger, scope
from beffroi.web.platform.models import Membership
from beffroi.web.platform.rights import may, roles_of
from beffroi.web.tenancy import services
from beffroi.web.tenancy.models import EntryLink
from beffroi.web.tenancy.services import LegalAct, PeopleError, Term
from beffroi.web.tenancy.signin import find_link
from places import ELECTION, a_person, a_territory, accepting, elsewhere

pytestmark = pytest.mark.django_db


@pytest.fixture
def town():
    return a_territory(fictional=False)


@pytest.fixture
def chief(town):
    return a_person(town, "administrator")


def row_of(town, person, role):
    with scope.inside(town):
        return Membership.objects.of(town).select_related("territory").get(person=person, role=role)


def acts(town):
    with scope.inside(town):
        return list(ledger.lines_of(town).values_list("act", flat=True))


def secret_of(link):
    return link.rstrip("/").rsplit("/", 1)[1]


def test_a_role_begins_and_ends_with_its_dates(town):
    now = timezone.now()
    later = services.admit(
        town, "later@example.org", "L", ["agent"], by=None, term=Term(now + timedelta(days=1), None)
    )
    short = services.admit(
        town, "short@example.org", "S", ["agent"], by=None, term=Term(None, now + timedelta(days=1))
    )
    assert not may(later, "territory.enter", town)
    assert may(short, "territory.enter", town)


def test_a_role_that_would_end_before_it_begins_is_refused(town):
    with pytest.raises(PeopleError, match="date de fin"):
        services.admit(
            town,
            "x@example.org",
            "X",
            ["agent"],
            by=None,
            term=Term(None, timezone.now() - timedelta(days=1)),
        )


def test_somebody_who_comes_back_begins_anew_and_the_past_stays(town, chief):
    agent = a_person(town, "agent")
    services.end(row_of(town, agent, "agent"), by=chief)
    a_person(town, "agent")
    with scope.inside(town):
        rows = list(Membership.objects.of(town).filter(person=agent).order_by("since"))
    assert [row.over for row in rows] == [True, False]


def test_a_decider_without_the_legal_act_of_their_election_is_refused(town, chief):
    with pytest.raises(PeopleError, match="acte") as refusal:
        services.admit(town, "m@example.org", "M", ["decider"], by=chief)
    assert refusal.value.field == "legal_act_reference"
    elected = services.admit(town, "m@example.org", "M", ["decider"], by=chief, legal_act=ELECTION)
    assert row_of(town, elected, "decider").legal_act_reference == ELECTION.reference


def test_a_legal_act_of_tomorrow_is_refused(town):
    with pytest.raises(PeopleError, match="futur"):
        services.admit(
            town, "m@example.org", "M", ["decider"], by=None, legal_act=LegalAct("Arrêté 1", date(2100, 1, 1))
        )


def test_an_administrator_gives_no_role_to_themselves(town, chief):
    with pytest.raises(PeopleError, match="soi-même"):
        services.admit(town, chief.email, "", ["decider"], by=chief, legal_act=ELECTION)


def test_only_who_may_invite_gives_roles(town):
    agent = a_person(town, "agent")
    with pytest.raises(PermissionDenied):
        services.admit(town, "x@example.org", "X", ["agent"], by=agent)


def test_the_last_administrator_keeps_the_role_until_another_is_named(town, chief):
    row = row_of(town, chief, "administrator")
    with pytest.raises(PeopleError, match="dernier administrateur"):
        services.end(row, by=None)
    with pytest.raises(PeopleError, match="dernier administrateur"):
        services.change_term(row, Term(None, timezone.now() + timedelta(days=3)), by=None)
    a_person(town, "administrator", email="second@example.org")
    services.end(row, by=None)
    assert roles_of(chief, town) == set()


def test_dates_are_changed_and_the_ledger_states_so(town, chief):
    agent = a_person(town, "agent")
    until = timezone.now() + timedelta(days=10)
    services.change_term(row_of(town, agent, "agent"), Term(None, until), by=chief)
    assert row_of(town, agent, "agent").until == until
    assert acts(town)[-1] == "member.change"


def test_a_role_that_has_ended_changes_no_more(town, chief):
    agent = a_person(town, "agent")
    services.end(row_of(town, agent, "agent"), by=chief)
    with pytest.raises(PeopleError, match="terminé"):
        services.change_term(row_of(town, agent, "agent"), Term(), by=chief)


def test_inviting_again_burns_the_earlier_link(town, chief):
    first = services.invite(town, "awa@example.org", "Awa", ["agent"], by=chief)
    awa = EntryLink.objects.get().person
    second = services.invite_again(town, awa, by=chief)
    assert find_link(secret_of(first)) is None
    assert find_link(secret_of(second)).person == awa


def test_an_administrator_gets_no_link_into_an_account_of_another_territory(town, chief):
    """A link opens the whole account: it would let this administrator into the other territory."""
    other = a_territory("Ailleurs", code="99T02", fictional=False)
    other_territory = a_person(other, "data_officer", email="dpo@ailleurs.example")
    assert "/rejoindre/" in services.invite(town, other_territory.email, "", ["agent"], by=chief)
    assert not may(other_territory, "territory.enter", town)
    assert "/rejoindre/" in services.invite_again(town, other_territory, by=chief)
    accepting(town, other_territory)
    assert may(other_territory, "territory.enter", town)
    with pytest.raises(PeopleError, match="comme d'habitude"):
        services.invite_again(town, other_territory, by=chief)
    assert not EntryLink.objects.filter(person=other_territory).exclude(purpose="join").exists()


def test_an_administrator_gets_no_link_into_an_account_that_is_in_use(town, chief):
    agent = a_person(town, "agent")
    agent.set_password("quatre beaux clochers")
    agent.save()
    assert services.invite(town, agent.email, "", ["agent"], by=chief) == ""


def test_a_security_officer_suspends_and_restores_with_the_same_roles(town):
    officer, agent = a_person(town, "security_officer"), a_person(town, "agent")
    services.suspend(town, agent, by=officer, reason="Poste volé")
    assert not may(agent, "territory.enter", town)
    with pytest.raises(PeopleError, match="suspendus"):
        services.admit(town, agent.email, "", ["supervisor"], by=None)
    services.reactivate(town, agent, by=officer)
    assert roles_of(agent, town) == {"agent"}
    assert acts(town)[-2:] == ["person.suspend", "person.reactivate"]


def test_a_suspension_here_closes_nothing_in_another_territory(town):
    other = a_territory("Ailleurs", code="99T02", fictional=False)
    agent = a_person(town, "agent")
    a_person(other, "agent")
    services.suspend(town, agent, by=None, reason="Poste volé")
    with elsewhere(other):
        assert may(agent, "territory.enter", other)


def test_nobody_suspends_themselves_nor_the_last_administrator(town, chief):
    officer = a_person(town, "security_officer")
    with pytest.raises(PeopleError, match="propres accès"):
        services.suspend(town, officer, by=officer, reason="x")
    with pytest.raises(PeopleError, match="dernier administrateur"):
        services.suspend(town, chief, by=officer, reason="x")


def test_an_agent_may_not_suspend_anybody(town):
    agent, other = a_person(town, "agent"), a_person(town, "auditor")
    with pytest.raises(PermissionDenied):
        services.suspend(town, other, by=agent, reason="x")
