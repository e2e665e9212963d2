"""Accepting several at once has limits that the database keeps too: one day, one person, one reason, nobody concerned."""

from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from beffroi.web.decisions.models import Decision, Proposal
from beffroi.web.decisions.services import decide, decide_day, propose
from beffroi.web.platform.models import Membership, Person, Territory
from decisions.conftest import MONDAY, a_case, an_act, an_order, proposals_of

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
    several = proposals_of(
        territory, *(an_order(f"site {n}") for n in range(3)), an_order("à part", habit=())
    )
    values = {proposal.pk: proposal.value for proposal in several[:3]} | {several[2].pk: 111.0}
    taken = decide_day(
        territory,
        elected,
        system="canteen",
        day=MONDAY,
        values=values,
        reason="Vus",
        reason_of_changes="Sortie",
    )
    marks = {decision.proposal_id: decision.batch for decision in taken}
    assert marks[several[0].pk] == marks[several[1].pk] and marks[several[0].pk]
    assert marks[several[2].pk] is None  # changed: it has its own reason
    assert decide(several[3], elected, "accept", reason="Vu").batch is None


@pytest.mark.parametrize(
    "act",
    [a_case(), a_case(effect="none"), a_case(case="", effect="unfavourable"), a_case(case="", offence=True)],
)
def test_the_database_takes_nobody_in_a_batch(territory: Territory, elected: Person, act: Any) -> None:
    proposal = proposals_of(territory, act)[0]
    with pytest.raises(DatabaseError):
        raw(proposal, elected, unfavourable=False)
    assert not Decision.objects.exists()


def test_the_database_takes_one_day_of_one_system_a_batch(territory: Territory, elected: Person) -> None:
    first, tuesday = proposals_of(territory, an_order("A"), an_order("B", day=date(2026, 12, 1)))
    other = propose(territory, system="autre", system_version="1", run="r", acts=[an_order("C")])[0]
    raw(first, elected)
    for proposal in (tuesday, other):
        with pytest.raises(DatabaseError, match="one day of one system"):
            raw(proposal, elected)
    raw(tuesday, elected, batch=None)


@pytest.mark.long
def test_the_database_counts_to_five_hundred(territory: Territory, elected: Person) -> None:
    many = proposals_of(territory, *(an_act(f"jour {n}") for n in range(501)))
    for proposal in many[:500]:
        raw(proposal, elected)
    with pytest.raises(DatabaseError, match="five hundred"):
        raw(many[500], elected)


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
