"""Correctability of the system itself: a confirmed error becomes a rule or a label, and a regression test."""

import pytest

from beffroi.web.decisions import contesting, corrections, teaching
from beffroi.web.decisions.models import Contestation, Proposal
from beffroi.web.territories.models import Person
from decisions.conftest import ANSWER, a_contestation, an_act
from places import a_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(proposal: Proposal) -> Person:
    return a_person(proposal.territory, "supervisor")


def test_r114_a_validated_error_becomes_a_rule_that_changes_what_is_proposed(
    proposal: Proposal, agent: Person
) -> None:
    row = a_contestation(proposal.territory)
    contesting.tie(row, agent, proposal)
    contesting.answer(row, agent, "confirmed", ANSWER, "La classe de mer n'était pas dans les données.")
    row = Contestation.objects.get()
    teaching.add_rule(
        row, agent, where={"subject": proposal.subject}, action="at_most", value=95.0, reason="Classe de mer"
    )
    case = teaching.add_regression(row, agent, low=80, high=95)
    _, rules = corrections.active(proposal.territory, "canteen")
    before = [an_act().act]
    assert not corrections.holds(case.expected, before, case.subject)
    after, _ = corrections.apply_rules(before, rules)
    assert corrections.holds(case.expected, after, case.subject)
    assert "ajoutée après une contestation" in after[0].reasons[-1]
