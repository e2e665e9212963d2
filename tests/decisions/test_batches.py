"""Accepting several at once has limits that the database keeps too: twenty, one person, one reason, nobody concerned."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from beffroi.web.decisions.errors import DecisionError
from beffroi.web.decisions.models import Decision, Proposal
from beffroi.web.decisions.services import MOST_AT_ONCE, accept_several, decide
from beffroi.web.platform.models import Membership, Person, Territory
from decisions.conftest import a_case, an_act, proposals_of

pytestmark = pytest.mark.django_db


def raw(proposal: Proposal, person: Person, **changes: Any) -> None:
    row = {
        "proposal_id": proposal.pk,
        "territory_id": proposal.territory_id,
        "person_id": person.pk,
        "verdict": "accept",
        "value": proposal.value,
        "reason": "Tout",
        "simulated": False,
        "at": timezone.now(),
        "mandate_id": Membership.objects.get(person=person).pk,
        "authority": "{}",
        "batch": "b",
    } | changes
    holes = ", ".join(["%s"] * len(row))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO decisions_decision ({', '.join(row)}) VALUES ({holes})", list(row.values())
        )


def test_those_accepted_together_bear_one_mark_and_others_none(territory: Territory, elected: Person) -> None:
    several = proposals_of(territory, *(an_act(f"jour {n}") for n in range(3)))
    taken = accept_several(several[:2], elected, reason="Vus", territory=territory)
    assert len({decision.batch for decision in taken}) == 1 and taken[0].batch
    assert decide(several[2], elected, "accept", reason="Vu").batch is None


def test_a_stale_copy_does_not_slip_a_file_into_a_batch(territory: Territory, elected: Person) -> None:
    case = proposals_of(territory, a_case())[0]
    case.case, case.effect = None, "none"  # what the caller holds
    with pytest.raises(DecisionError, match="un par un"):
        accept_several([case], elected, reason="Tout", territory=territory)


@pytest.mark.parametrize(
    "act",
    [a_case(), a_case(effect="none"), a_case(case="", effect="unfavourable"), a_case(case="", offence=True)],
)
def test_the_database_takes_nobody_in_a_batch(territory: Territory, elected: Person, act: Any) -> None:
    proposal = proposals_of(territory, act)[0]
    with pytest.raises(DatabaseError):
        raw(proposal, elected, unfavourable=False)
    assert not Decision.objects.exists()


def test_the_database_counts_to_twenty(territory: Territory, elected: Person) -> None:
    many = proposals_of(territory, *(an_act(f"jour {n}") for n in range(MOST_AT_ONCE + 1)))
    for proposal in many[:MOST_AT_ONCE]:
        raw(proposal, elected)
    with pytest.raises(DatabaseError, match="twenty"):
        raw(many[MOST_AT_ONCE], elected)
    raw(many[MOST_AT_ONCE], elected, batch=None)


@pytest.mark.parametrize(
    "changes",
    [{"verdict": "refuse", "value": None}, {"verdict": "change", "value": 1.0}, {"reason": "Autre"}],
)
def test_the_database_takes_one_reason_and_one_answer_a_batch(
    territory: Territory, elected: Person, changes: dict[str, Any]
) -> None:
    first, second = proposals_of(territory, an_act("A"), an_act("B"))
    raw(first, elected)
    with pytest.raises(DatabaseError):
        raw(second, elected, **changes)
