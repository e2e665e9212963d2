"""Human validation in all decision processes using AI: a decision has a person, a moment and a reason; a program is refused."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.utils import timezone

from beffroi.web.decisions.errors import DecisionError
from beffroi.web.decisions.models import Decision, Proposal
from beffroi.web.decisions.services import decide
from beffroi.web.territories import tokens
from beffroi.web.territories.models import Membership, Person
from places import a_person

pytestmark = pytest.mark.django_db


def test_r31_a_decision_keeps_who_when_and_why(proposal: Proposal, elected: Person) -> None:
    before = timezone.now()
    decision = decide(proposal, elected, "accept", reason="Vérifié avec la cuisine")
    assert decision.person == elected
    assert before <= decision.at <= timezone.now()
    assert decision.reason == "Vérifié avec la cuisine"
    with pytest.raises(DecisionError, match="motif"):
        decide(proposal, elected, "accept", reason=" ")


def test_r31_a_service_account_does_not_decide_whatever_it_is_given(
    proposal: Proposal, elected: Person
) -> None:
    keeper = a_person(proposal.territory, "administrator", email="a@example.org")
    robot = tokens.create_service(proposal.territory, "Robot", "Décider", by=keeper).person
    with pytest.raises(PermissionDenied):
        decide(proposal, robot, "accept", reason="Le score est bon")
    with pytest.raises(DatabaseError, match="service account never decides"), transaction.atomic():
        Membership.objects.create(
            territory=proposal.territory, person=robot, role="decider", deed="Arrêté", deed_date="2026-01-01"
        )
    mandate = Membership.objects.get(person=elected)
    with pytest.raises(DatabaseError), transaction.atomic():
        Decision.objects.create(
            territory=proposal.territory, proposal=proposal, person=robot, verdict="accept", value=proposal.value,
            reason="x", mandate=mandate, authority={},
        )  # fmt: skip
    assert not Decision.objects.exists()
