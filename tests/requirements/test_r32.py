"""No automated individual decision: no path of the API nor of a system's run writes a final decision."""

import pytest
from django.db import DatabaseError, transaction
from django.urls import get_resolver

from beffroi.web.decisions.errors import DecisionError
from beffroi.web.decisions.models import Decision, Proposal
from beffroi.web.decisions.services import decide, machine_at_work
from beffroi.web.territories.models import Person

pytestmark = pytest.mark.django_db


def test_r32_while_a_system_runs_nothing_is_decided(case: Proposal, elected: Person) -> None:
    with machine_at_work(), pytest.raises(DecisionError, match="jamais décider"):
        decide(case, elected, "accept", reason="Au nom de l'élu")
    assert not Decision.objects.exists()


def test_r32_the_api_only_reads_proposals_and_decisions() -> None:
    from beffroi.web.api import api

    writing = [
        (path, method)
        for prefix, router in api._routers
        for path, view in router.path_operations.items()
        for operation in view.operations
        for method in operation.methods
        if ("proposal" in path or "decision" in path) and method != "GET"
    ]
    assert get_resolver() and writing == []


def test_r32_the_database_takes_no_decision_without_a_person(case: Proposal) -> None:
    with pytest.raises((DatabaseError, ValueError)), transaction.atomic():
        Decision.objects.create(
            territory=case.territory, proposal=case, person=None, verdict="accept", value=1.0, reason="x"
        )
