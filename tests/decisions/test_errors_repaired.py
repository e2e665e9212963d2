"""Contest, correct the error and repair: a decision, its contestation, the answer, the correction, by those who may do each.

One elected person decides and another person reads again; somebody contests; an agent answers; an elected person corrects.
"""

import pytest
from django.core.exceptions import PermissionDenied

from beffroi.web.decisions import contesting, deciders, second_reading
from beffroi.web.decisions.case_corrections import correct_case
from beffroi.web.decisions.errors import DecisionError
from beffroi.web.decisions.judging import Choice
from beffroi.web.decisions.models import CaseCorrection, Contestation, Decision, Proposal
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from decisions.conftest import ANSWER, OWN_TEXT, a_contestation
from places import a_person

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("R40")]
REFUSAL = Choice("refuse", None, "Rang insuffisant", text=OWN_TEXT)
REPAIR = Choice("accept", None, "Trois enfants, et non un")
LEARNED = "Compter les enfants du livret de famille."


@pytest.fixture
def administrator(territory: Territory) -> Person:
    return a_person(territory, "administrator")


@pytest.fixture
def deputy(territory: Territory) -> Person:
    return a_person(territory, "decider", email="adjointe@example.org")


@pytest.fixture
def refusal(case: Proposal, elected: Person, reader: Person) -> Decision:
    """A refusal that one elected person prepared and that another person read again."""
    return second_reading.confirm(
        second_reading.prepare(case, elected, REFUSAL), reader, "Pièces vues", version=1
    )


def test_three_people_decide_answer_and_correct_and_the_repair_is_written_and_learned_from(
    refusal: Decision, elected: Person, reader: Person, administrator: Person, deputy: Person
) -> None:
    territory = refusal.territory
    row = a_contestation(territory)
    contesting.tie(row, administrator, refusal.proposal)
    contesting.answer(row, administrator, "confirmed", ANSWER, LEARNED)
    row = Contestation.objects.get()
    assert row.case_to_correct and row.answered_by == administrator
    correction = correct_case(refusal, deputy, REPAIR, row)
    row = Contestation.objects.get()
    assert not row.case_to_correct and row.learned == LEARNED
    assert row.decision is not None and row.decision.in_force == ("accept", 1.0)
    who = {refusal.person, refusal.second_reader, row.answered_by, correction.person}
    assert who == {elected, reader, administrator, deputy}
    actors = {line.act: line.actor for line in ledger.sealed_lines(territory)}
    assert actors["decision.record"] == f"person:{elected.pk}"
    assert actors["decision.confirm"] == f"person:{reader.pk}"
    assert actors["contestation.answer"] == f"person:{administrator.pk}"
    assert actors["decision.correct"] == f"person:{deputy.pk}"
    assert "contestation.receive" in actors and "contestation.tie" in actors


def test_who_decided_or_read_it_over_leaves_the_answer_to_another_person(
    refusal: Decision, elected: Person, reader: Person, administrator: Person
) -> None:
    row = a_contestation(refusal.territory)
    contesting.tie(row, administrator, refusal.proposal)
    for person in (elected, reader):
        assert deciders.answers_as_decider(Contestation.objects.get(), person)
        with pytest.raises(DecisionError, match="une autre personne répond"):
            contesting.answer(row, person, "not", ANSWER)
    assert Contestation.objects.get().open and not deciders.answers_as_decider(
        Contestation.objects.get(), administrator
    )
    contesting.answer(row, administrator, "not", ANSWER)
    assert not Contestation.objects.get().answered_by_who_decided


def test_where_nobody_else_may_answer_who_read_it_over_does_and_it_is_said(
    refusal: Decision, reader: Person
) -> None:
    row = a_contestation(refusal.territory)
    contesting.tie(row, reader, refusal.proposal)
    contesting.answer(row, reader, "not", ANSWER)
    assert Contestation.objects.get().answered_by_who_decided
    assert ledger.lines_of(refusal.territory).get(act="contestation.answer").detail.payload["same_person"]
    assert contesting.count_self_answered(refusal.territory) == 1


def test_who_decides_against_somebody_does_not_read_it_again(case: Proposal, elected: Person) -> None:
    prepared = second_reading.prepare(case, elected, REFUSAL)
    with pytest.raises(DecisionError, match="autre personne"):
        second_reading.confirm(prepared, elected, "Vu", version=1)
    assert not Decision.objects.exists()


def test_who_read_again_or_answered_does_not_correct_without_being_elected(
    refusal: Decision, reader: Person, administrator: Person
) -> None:
    row = a_contestation(refusal.territory)
    contesting.tie(row, administrator, refusal.proposal)
    contesting.answer(row, administrator, "confirmed", ANSWER, LEARNED)
    row = Contestation.objects.get()
    for person in (reader, administrator):
        with pytest.raises(PermissionDenied):
            correct_case(refusal, person, REPAIR, row)
    assert not CaseCorrection.objects.exists()
    assert refusal.in_force == ("refuse", None)


@pytest.mark.parametrize("role", ["agent", "dpo", "auditor"])
def test_who_only_reads_neither_answers_nor_corrects(refusal: Decision, role: str) -> None:
    person, row = a_person(refusal.territory, role), a_contestation(refusal.territory)
    with pytest.raises(PermissionDenied):
        contesting.answer(row, person, "confirmed", ANSWER, LEARNED)
    with pytest.raises(PermissionDenied):
        correct_case(refusal, person, REPAIR)
    assert Contestation.objects.get().open and not CaseCorrection.objects.exists()


def test_an_elected_person_does_not_correct_before_somebody_confirmed_the_error(
    refusal: Decision, deputy: Person
) -> None:
    row = a_contestation(refusal.territory)
    contesting.tie(row, deputy, refusal.proposal)
    with pytest.raises(DecisionError, match="pas confirmée"):
        correct_case(refusal, deputy, REPAIR, Contestation.objects.get())
    assert not CaseCorrection.objects.exists()
