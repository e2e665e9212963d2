"""Filling in guides: several hands, frozen editions, nothing lost; who may, and what the database refuses."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction

from beffroi.guides import Questionnaire, Runbook
from beffroi.web.guides.errors import FaultsError, GuideError
from beffroi.web.guides.models import Answer, GuideEdition, answers_of, done_steps
from beffroi.web.guides.services import responses
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from places import a_person

pytestmark = pytest.mark.django_db

SOURCE = {
    "title": "Écrit pour ce test",
    "licence": "EUPL-1.2",
    "read_on": date(2026, 11, 1),
    "origin": "beffroi",
}


def choices(*keys: str) -> tuple[dict[str, object], ...]:
    return tuple({"key": key, "label": key} for key in keys)


def questionnaire(edition: str = "2026", **change: object) -> Questionnaire:
    questions = (
        {"key": "posts", "label": "Combien de postes ?", "kind": "number", "minimum": 0},
        {"key": "backup", "label": "Avez-vous une sauvegarde ?", "choices": choices("yes", "no")},
        {"key": "tested", "label": "A-t-elle été essayée ?", "kind": "date", "when": ({"question": "backup", "is": "yes"},)},
    )  # fmt: skip
    content = {
        "id": "posts", "title": "Postes et sauvegardes", "edition": edition, "valid_from": date(2026, 1, 1),
        "sources": (SOURCE,), "sections": ({"key": "all", "title": "Tout", "questions": questions},),
    } | change  # fmt: skip
    return Questionnaire.model_validate(content)


def runbook() -> Runbook:
    steps = (
        {"key": "cut", "title": "Couper le réseau"},
        {"key": "call", "title": "Appeler le prestataire", "after": ("cut",),
         "note": ({"key": "who", "label": "Qui a répondu ?", "kind": "line", "min_length": 3},)},
    )  # fmt: skip
    return Runbook.model_validate({
        "id": "outage", "title": "Panne du serveur", "edition": "1", "valid_from": date(2026, 1, 1),
        "sources": (SOURCE,), "steps": steps,
    })  # fmt: skip


@pytest.fixture
def agent(territory: Territory) -> Person:
    return a_person(territory, "agent")


def test_two_people_answer_and_the_last_answer_counts(territory: Territory, agent: Person) -> None:
    other = a_person(territory, "data_officer")
    response = responses.open_response(territory, agent, questionnaire())
    responses.save_answers(response, agent, {"posts": "5", "backup": "yes"})
    assert responses.save_answers(response, other, {"posts": "6"}) == {"posts": 6, "backup": "yes"}
    assert [(row.question, row.by) for row in response.answers.all()] == [
        ("posts", agent), ("backup", agent), ("posts", other),
    ]  # fmt: skip
    line = ledger.lines_of(territory).last()
    assert line.act == "guide.answer" and line.detail.payload["questions"] == ["posts"]


def test_what_can_be_stored_is_stored_beside_a_refused_answer(territory: Territory, agent: Person) -> None:
    response = responses.open_response(territory, agent, questionnaire())
    with pytest.raises(FaultsError, match="un nombre en chiffres") as refusal:
        responses.save_answers(response, agent, {"posts": "cinq", "backup": "no", "ghost": "1"})
    assert sorted(fault.question for fault in refusal.value.faults) == ["", "posts"]
    assert answers_of(response) == {"backup": "no"}


def test_an_empty_value_withdraws_the_answer(territory: Territory, agent: Person) -> None:
    response = responses.open_response(territory, agent, questionnaire())
    responses.save_answers(response, agent, {"posts": "5"})
    responses.save_answers(response, agent, {"posts": ""})
    assert answers_of(response) == {} and response.answers.count() == 2


def test_it_closes_when_every_required_answer_is_there_and_stays_closed(
    territory: Territory, agent: Person
) -> None:
    response = responses.open_response(territory, agent, questionnaire())
    responses.save_answers(response, agent, {"posts": "5", "backup": "yes"})
    with pytest.raises(FaultsError, match="A-t-elle été essayée"):
        responses.close_response(response, agent)
    responses.save_answers(response, agent, {"tested": "2026-10-01"})
    responses.close_response(response, agent)
    with pytest.raises(GuideError, match="closes"):
        responses.save_answers(response, agent, {"posts": "7"})
    with pytest.raises(DatabaseError, match="closed"), transaction.atomic():
        Answer.objects.create(territory=territory, response=response, question="posts", value=7, by=agent)


def test_the_edition_is_frozen_and_the_next_one_carries_over_what_it_can(
    territory: Territory, agent: Person
) -> None:
    first = responses.open_response(territory, agent, questionnaire())
    responses.save_answers(first, agent, {"posts": "5", "backup": "yes", "tested": "2026-10-01"})
    sections = ({"key": "all", "title": "Tout", "questions": (
        {"key": "posts", "label": "Combien de postes ?", "kind": "number"},
        {"key": "backup", "label": "Où est la sauvegarde ?", "choices": choices("here", "away")},
    )},)  # fmt: skip
    second = responses.begin_again(first, agent, questionnaire("2027", sections=sections))
    assert answers_of(second) == {"posts": 5} and second.previous == first
    assert first.edition.read() == questionnaire() and second.edition.edition == "2027"
    responses.open_response(territory, agent, questionnaire())
    assert GuideEdition.objects.of(territory).count() == 2


def test_a_step_waits_for_those_before_it_and_can_be_taken_back(territory: Territory, agent: Person) -> None:
    response = responses.open_response(territory, agent, runbook(), is_exercise=True)
    with pytest.raises(GuideError, match="attend"):
        responses.note_step(response, agent, "call", {"who": "Mme Roy"})
    responses.note_step(response, agent, "cut", {})
    with pytest.raises(FaultsError, match="trop courte"):
        responses.note_step(response, agent, "call", {"who": "M"})
    responses.note_step(response, agent, "call", {"who": "Mme Roy"})
    assert done_steps(response)["call"].notes == {"who": "Mme Roy"}
    responses.note_step(response, agent, "cut", {}, done=False)
    assert done_steps(response).keys() == {"call"}


def test_who_only_reads_may_not_answer(territory: Territory, agent: Person) -> None:
    response = responses.open_response(territory, agent, questionnaire())
    with pytest.raises(PermissionDenied):
        responses.save_answers(response, a_person(territory, "auditor"), {"posts": "1"})
    with pytest.raises(PermissionDenied):
        responses.open_response(territory, agent, questionnaire(domain="nowhere"))
