"""No automated individual decision: whatever a program writes by the API, with the widest token, decides nothing.

The writing operations are those that the API itself lists; each is called for real, on what exists, with all that would decide.
"""

import json
from typing import Any

import pytest
from callers import a_token
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from beffroi.web import api
from beffroi.web.decisions.models import (
    CaseCorrection,
    Contestation,
    Decision,
    PreparedDecision,
    Proposal,
)
from beffroi.web.platform import jobs, ledger
from beffroi.web.platform.api import authentication
from beffroi.web.platform.models import Job, Person, Territory
from catalogue.deliveries import JANUARY, poured, staged
from decisions.conftest import a_case, a_contestation, proposals_of
from places import a_person

pytestmark = [pytest.mark.django_db, pytest.mark.requirement("R32")]
OPERATIONS = list(api.operations())
WRITING = [route for route in OPERATIONS if route.method != "GET"]
DECIDING = {"decision.record", "decision.second_read", "offence.confirm", "contestation.answer"}
VERDICT = {"verdict": "accept", "value": 1.0, "reason": "Le score est bon", "words": "Le score est bon"}


@pytest.fixture
def everyone(town: Territory) -> Person:
    """One person with every role that may be worn together, the elected one's included."""
    return a_person(
        town, "administrator", "agent", "data_officer", "supervisor", "decider", email="tout@example.org"
    )


@pytest.fixture
def case(town: Territory) -> Proposal:
    return proposals_of(town, a_case())[0]


class Program:
    """What calls the API with the widest token of this person, on what stands in the town."""

    def __init__(self, town: Territory, person: Person, case: Proposal) -> None:
        self.town, self.case = town, case
        snapshot = poured(town, person, "Cantines janvier 2025.csv", JANUARY)
        self.values = {
            "slug": town.slug,
            "dataset": snapshot.dataset.slug,
            "delivery": staged(town, person, "Cantines fevrier 2025.csv", JANUARY.replace("/01/", "/02/")).pk,
            "proposal": case.pk,
            "contestation": a_contestation(town).pk,
            "system": case.system,
            "board": "rien",
            "job": 1,
            "kept": 1,
        }
        secret = a_token(town, person, *authentication.TOKEN_ACTS).secret
        self.headers = {"Authorization": f"Bearer {secret}"}

    def path(self, route: api.Route) -> str:
        return route.path.format(**self.values)

    def send(self, method: str, path: str) -> list[int]:
        """The answers to a body in JSON and to a form with a file, both full of decisions."""
        text = VERDICT | {"proposal": self.case.pk, "decision": VERDICT, "dataset": self.values["dataset"]}
        file = SimpleUploadedFile("Cantines mars 2025.csv", JANUARY.replace("/01/", "/03/").encode())
        client, answers = Client(), []
        for body in (json.dumps(text), json.dumps([{"table": 0, "corrections": {}} | text])):
            provided = {"content_type": "application/json", "headers": self.headers}
            answers.append(client.generic(method, path, body, **provided).status_code)
        if method == "POST":
            answers.append(
                client.post(path, flat_fields(text) | {"file": file}, headers=self.headers).status_code
            )
        return answers


def flat_fields(text: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in text.items() if not isinstance(value, dict)}


@pytest.fixture
def program(town: Territory, everyone: Person, case: Proposal, monkeypatch: pytest.MonkeyPatch) -> Program:
    monkeypatch.setattr(authentication, "rate_limit", authentication.RateLimit(max_requests=10**9))
    return Program(town, everyone, case)


def nothing_is_decided(town: Territory, case: Proposal) -> None:
    for job in Job.objects.filter(
        state=Job.State.WAITING
    ):  # what an operation left to the worker is done too
        jobs.run(job)
    for model in (Decision, PreparedDecision, CaseCorrection):
        assert not model.objects.exists(), model
    assert Proposal.objects.get(pk=case.pk).waiting
    assert Contestation.objects.get().open
    acts = {line.act for line in ledger.sealed_lines(town)}
    assert not {act for act in acts if act.startswith(("decision.", "offence.", "contestation.answer"))}


def test_the_api_writes_and_none_of_what_it_writes_is_an_act_of_decision() -> None:
    assert len(WRITING) >= 4
    assert not {route.act for route in OPERATIONS} & DECIDING
    assert not set(authentication.TOKEN_ACTS) & DECIDING


def test_no_writing_operation_decides_with_the_widest_token(
    town: Territory, case: Proposal, program: Program
) -> None:
    taken = {}
    for route in WRITING:
        answers = taken[route.path] = program.send(route.method, program.path(route))
        assert {401, 403, 405} & set(answers) == set(), f"the token does not reach {route.path}"
        assert all(answer < 500 for answer in answers), route.path
        nothing_is_decided(town, case)
    # Some took what they were sent: they were not all refused at the door.
    assert sum(any(200 <= answer < 300 for answer in answers) for answers in taken.values()) >= 2, taken


def test_no_address_of_the_api_takes_a_decision_by_another_method(
    town: Territory, case: Proposal, program: Program
) -> None:
    """Addresses of proposals and decisions too, which are only read."""
    reading = {program.path(route) for route in OPERATIONS} - {program.path(route) for route in WRITING}
    assert any("proposals" in path for path in reading) and any("decisions" in path for path in reading)
    for path in sorted(reading):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert set(program.send(method, path)) == {405}, f"{method} {path}"
    nothing_is_decided(town, case)
