"""A decision says under which mandate or delegation it was taken; the database refuses one whose title no longer stands."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from beffroi.web.decisions.models import Decision, Proposal
from beffroi.web.decisions.services import decide
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.models import Membership, Person, Territory
from beffroi.web.tenancy import services
from beffroi.web.tenancy.services import LegalAct, Term
from decisions.conftest import proposals_of
from places import ELECTION, a_person, strongly

ORDER = LegalAct("Arrêté n° 2026-034", date(2026, 9, 1))


@pytest.fixture
def deputy(territory: Territory, elected: Person) -> Person:
    person = a_person(territory, "agent", email="deputy@example.org")
    services.delegate(territory, elected, person, subject="Cantines", legal_act=ORDER, term=Term(), by=None)
    return person


def title_of(territory: Territory, person: Person) -> Membership:
    with scope.inside(territory):
        return (
            Membership.objects.of(territory)
            .select_related("delegation", "territory")
            .get(person=person, role="decider")
        )


def written(proposal: Proposal, person: Person, mandate: Membership | None, **changes: object) -> Decision:
    """A row written without the service, as somebody with the database would."""
    fields = {
        "territory": proposal.territory,
        "proposal": proposal,
        "person": person,
        "verdict": "accept",
        "value": proposal.value,
        "reason": "Bon",
        "mandate": mandate,
        "authority": {"kind": "elected"} if mandate else None,
    } | changes
    with scope.inside(proposal.territory), transaction.atomic():
        return Decision.objects.create(**fields)


def test_a_decision_keeps_the_mandate_under_which_it_was_taken(proposal: Proposal, elected: Person) -> None:
    decision = decide(proposal, elected, "accept", reason="Bon")
    assert decision.mandate == title_of(proposal.territory, elected)
    assert decision.authority["kind"] == "elected"
    assert decision.authority["deed"] == ELECTION.reference


def test_a_decision_by_delegation_keeps_the_deed_and_the_ledger_commits_to_it(
    proposal: Proposal, elected: Person, deputy: Person
) -> None:
    decision = decide(proposal, deputy, "accept", reason="Bon")
    assert decision.authority["kind"] == "delegated"
    assert (decision.authority["deed"], decision.authority["delegator"]) == (ORDER.reference, elected.pk)
    with scope.inside(proposal.territory):
        assert ledger.lines_of(proposal.territory).last().detail.payload["authority"] == decision.authority
        assert ledger.verify(proposal.territory).ok


def test_what_a_decision_says_of_its_title_never_changes(
    proposal: Proposal, elected: Person, deputy: Person
) -> None:
    decision = decide(proposal, deputy, "accept", reason="Bon")
    before = dict(decision.authority)
    services.revoke(title_of(proposal.territory, deputy).delegation, by=elected)
    with scope.inside(proposal.territory):
        decision.refresh_from_db()
        with pytest.raises(DatabaseError), transaction.atomic():
            Decision.objects.of(proposal.territory).update(authority={"kind": "elected"})
        decision.refresh_from_db()
    assert decision.authority == before


def test_the_page_of_a_decision_says_by_whose_delegation_and_which_legal_act(
    proposal: Proposal, elected: Person, deputy: Person
) -> None:
    decide(proposal, deputy, "accept", reason="Bon")
    client = strongly(Client(), deputy)
    slug = proposal.territory.slug
    shown = client.get(f"/t/{slug}/decisions/{proposal.pk}/").content.decode()
    assert f"Par délégation de {elected.name}" in shown
    assert ORDER.reference in shown
    export = b"".join(client.get(f"/t/{slug}/decisions/historique.csv").streaming_content).decode()
    assert ORDER.reference in export


def test_a_delegate_decides_no_more_once_it_is_revoked(
    proposal: Proposal, elected: Person, deputy: Person
) -> None:
    services.revoke(title_of(proposal.territory, deputy).delegation, by=elected)
    with pytest.raises(PermissionDenied):
        decide(proposal, deputy, "accept", reason="Bon")


def test_the_database_refuses_a_decision_without_a_title(proposal: Proposal, elected: Person) -> None:
    with pytest.raises(DatabaseError, match="under which mandate"):
        written(proposal, elected, None)


def test_the_database_refuses_somebody_elses_mandate(
    proposal: Proposal, elected: Person, deputy: Person
) -> None:
    with pytest.raises(DatabaseError, match="mandate is not in force"):
        written(proposal, deputy, title_of(proposal.territory, elected))


def test_the_database_refuses_a_suspended_mandate(proposal: Proposal, elected: Person) -> None:
    services.suspend(proposal.territory, elected, by=None, reason="Enquête")
    with pytest.raises(DatabaseError, match="mandate is not in force"):
        written(proposal, elected, title_of(proposal.territory, elected))


def waiting(mandate: Membership) -> Membership:
    """As if its holder had been offered it and had not accepted."""
    with scope.inside(mandate.territory):
        Membership.objects.of(mandate.territory).filter(pk=mandate.pk).update(waiting_since=timezone.now())
    return mandate


def test_the_database_refuses_a_mandate_that_nobody_accepted(proposal: Proposal, elected: Person) -> None:
    mandate = waiting(title_of(proposal.territory, elected))
    with pytest.raises(PermissionDenied):
        decide(proposal, elected, "accept", reason="Bon")
    with pytest.raises(DatabaseError, match="mandate has not been accepted"):
        written(proposal, elected, mandate)


def test_the_database_refuses_a_delegation_whose_giver_has_not_accepted(
    proposal: Proposal, elected: Person, deputy: Person
) -> None:
    waiting(title_of(proposal.territory, elected))
    with pytest.raises(PermissionDenied):
        decide(proposal, deputy, "accept", reason="Bon")
    with pytest.raises(DatabaseError, match="not accepted their mandate"):
        written(proposal, deputy, title_of(proposal.territory, deputy))


def test_the_database_refuses_a_revoked_delegation(
    proposal: Proposal, elected: Person, deputy: Person
) -> None:
    mandate = title_of(proposal.territory, deputy)
    services.revoke(mandate.delegation, by=elected)
    with scope.inside(
        proposal.territory
    ):  # a membership left open by mistake does not bring the delegation back
        Membership.objects.of(proposal.territory).filter(pk=mandate.pk).update(until=None)
    with pytest.raises(DatabaseError, match="delegation is not in force"):
        written(proposal, deputy, mandate)


def test_the_database_refuses_an_expired_delegation(proposal: Proposal, elected: Person) -> None:
    person = a_person(proposal.territory, "agent", email="short@example.org")
    soon = timezone.now() + timedelta(hours=1)
    services.delegate(
        proposal.territory, elected, person, subject="x", legal_act=ORDER, term=Term(None, soon), by=None
    )
    mandate = title_of(proposal.territory, person)
    with scope.inside(proposal.territory):
        Membership.objects.of(proposal.territory).filter(pk=mandate.pk).update(until=None)
    with pytest.raises(DatabaseError, match="delegation is not in force"):
        written(proposal, person, mandate, at=timezone.now() + timedelta(hours=2))
    assert written(proposal, person, mandate).pk, "and takes it while the delegation runs"


def test_the_database_refuses_a_delegation_whose_giver_lost_the_mandate(
    proposal: Proposal, elected: Person, deputy: Person
) -> None:
    services.end(title_of(proposal.territory, elected), by=None)
    with pytest.raises(DatabaseError, match="no longer an elected decider"):
        written(proposal, deputy, title_of(proposal.territory, deputy))


def test_the_database_refuses_a_service_account_even_with_a_mandate(
    proposal: Proposal, elected: Person
) -> None:
    with scope.inside(proposal.territory):
        Membership.objects.create(territory=proposal.territory, person=elected, role="service")
    with pytest.raises(DatabaseError, match="service account never decides"):
        written(proposal, elected, title_of(proposal.territory, elected))


def test_a_second_mandate_of_the_same_person_is_told_apart(territory: Territory, elected: Person) -> None:
    """The mandate comes before a delegation that the same person would hold too."""
    other = a_person(territory, "decider", email="other@example.org")
    soon = timezone.now() + timedelta(days=3)
    services.delegate(territory, other, elected, subject="x", legal_act=ORDER, term=Term(None, soon), by=None)
    decision = decide(proposals_of(territory)[0], elected, "accept", reason="Bon")
    assert decision.authority["kind"] == "elected"
