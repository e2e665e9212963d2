"""A person accepts, changes or refuses, with a reason, once; the ledger keeps one line a decision."""

import math
from dataclasses import replace

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from beffroi.home import Home
from beffroi.web.decisions import second_reading
from beffroi.web.decisions.judging import Choice
from beffroi.web.decisions.models import Decision, Proposal
from beffroi.web.decisions.services import (
    DecisionError,
    NeedsConfirmation,
    ProposalError,
    decide,
    propose,
)
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from decisions.conftest import OWN_TEXT, an_act, proposals_of
from places import a_person, a_territory, elsewhere

pytestmark = pytest.mark.django_db


def acts_in_ledger(territory: Territory) -> list[str]:
    return [line.act for line in ledger.sealed_lines(territory)]


@pytest.mark.requirement("R31")
def test_an_elected_person_accepts_with_a_reason(proposal: Proposal, elected: Person) -> None:
    before = timezone.now()
    decision = decide(proposal, elected, "accept", reason="Vérifié avec la cuisine")
    assert (decision.value, decision.person, decision.simulated) == (120.0, elected, False)
    assert (decision.reason, before <= decision.at <= timezone.now()) == ("Vérifié avec la cuisine", True)
    assert not Proposal.objects.get(pk=proposal.pk).waiting


def test_a_changed_value_is_the_persons_own(proposal: Proposal, elected: Person) -> None:
    decision = decide(proposal, elected, "change", value=95, reason="Sortie de deux classes")
    assert decision.value == 95
    assert decision.proposal.value == 120


def test_a_refusal_keeps_its_reason_and_no_value(proposal: Proposal, elected: Person) -> None:
    decision = decide(proposal, elected, "refuse", reason="Données en retard")
    assert (decision.verdict, decision.value, decision.reason) == ("refuse", None, "Données en retard")


def test_each_decision_is_one_line_of_the_ledger_without_the_words_of_the_reason(
    territory: Territory, elected: Person
) -> None:
    first, second = proposals_of(territory, an_act("lundi"), an_act("mardi"))
    decide(first, elected, "accept", reason="Vu avec Mme Martin")
    decide(second, elected, "refuse", reason="Absence de M. Durand")
    lines = [line for line in ledger.sealed_lines(territory) if line.act == "decision.record"]
    assert [line.thing for line in lines] == [f"proposal:{first.pk}", f"proposal:{second.pk}"]
    assert {line.actor for line in lines} == {f"person:{elected.pk}"}
    details = [row.detail.payload for row in ledger.lines_of(territory).filter(act="decision.record")]
    assert not any("Martin" in str(payload) or "Durand" in str(payload) for payload in details)
    assert ledger.verify(territory).ok


@pytest.mark.requirement("R100")
@pytest.mark.parametrize("reason", ["", "   ", "\n\t "])
@pytest.mark.requirement("R31")
def test_a_decision_without_a_reason_is_refused(proposal: Proposal, elected: Person, reason: str) -> None:
    with pytest.raises(DecisionError, match="motif"):
        decide(proposal, elected, "accept", reason=reason)
    assert Proposal.objects.get(pk=proposal.pk).waiting


@pytest.mark.parametrize("value", [None, -5.0, math.nan, math.inf, -math.inf, 120.0, 1e200])
def test_an_absurd_changed_value_is_refused(proposal: Proposal, elected: Person, value: float | None) -> None:
    with pytest.raises(DecisionError):
        decide(proposal, elected, "change", value=value, reason="Faute de frappe", confirmed=True)
    assert not Decision.objects.exists()


def test_a_number_too_large_is_refused_as_such(proposal: Proposal, elected: Person) -> None:
    with pytest.raises(DecisionError, match="trop grand"):
        decide(proposal, elected, "change", value=99999999999999999999, reason="Faute de frappe")


def test_more_than_ten_times_the_upper_bound_asks_to_confirm(proposal: Proposal, elected: Person) -> None:
    with pytest.raises(NeedsConfirmation, match="10 fois"):
        decide(proposal, elected, "change", value=1500, reason="Fête de la ville")
    assert not Decision.objects.exists()
    assert (
        decide(proposal, elected, "change", value=1500, reason="Fête de la ville", confirmed=True).value
        == 1500
    )


def test_a_value_given_without_choosing_to_change_is_not_lost_in_silence(
    proposal: Proposal, elected: Person
) -> None:
    with pytest.raises(DecisionError, match="modifier"):
        decide(proposal, elected, "accept", value=90, reason="Bon")


def test_an_unknown_verdict_is_refused(proposal: Proposal, elected: Person) -> None:
    with pytest.raises(DecisionError, match="Choisissez"):
        decide(proposal, elected, "auto", reason="Bon")


def test_a_second_decision_on_the_same_proposal_is_refused_and_says_who_decided(
    proposal: Proposal, elected: Person, territory: Territory
) -> None:
    other = a_person(territory, "decider", email="autre@example.org")
    decide(proposal, elected, "accept", reason="Bon")
    with pytest.raises(DecisionError, match=f"déjà prise.*{elected.name}"):
        decide(proposal, other, "refuse", reason="Non")
    assert Decision.objects.count() == 1


def test_what_two_people_may_answer_at_once_is_held_while_one_does(
    proposal: Proposal, case: Proposal, elected: Person
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    with CaptureQueriesContext(connection) as asked:
        second_reading.prepare(case, elected, Choice("refuse", None, "Complet", text=OWN_TEXT))
        decide(proposal, elected, "accept", reason="Bon")
    held = [q["sql"] for q in asked if "FOR UPDATE" in q["sql"] and '"decisions_proposal"' in q["sql"]]
    assert len(held) == 2


def test_a_superseded_proposal_cannot_be_decided(
    proposal: Proposal, elected: Person, territory: Territory
) -> None:
    newer = proposals_of(territory, an_act(value=130), run="run-2")[0]
    with pytest.raises(DecisionError, match="remplacée"):
        decide(proposal, elected, "accept", reason="Bon")
    assert decide(newer, elected, "accept", reason="Bon").value == 130


def test_the_same_run_again_proposes_once(territory: Territory) -> None:
    first = proposals_of(territory)
    again = proposals_of(territory)
    assert [p.pk for p in first] == [p.pk for p in again]
    assert Proposal.objects.count() == 1
    assert acts_in_ledger(territory).count("proposal.make") == 1


def test_a_decided_subject_comes_back_only_if_the_proposed_value_changed(
    proposal: Proposal, elected: Person, territory: Territory
) -> None:
    decide(proposal, elected, "accept", reason="Bon")
    assert proposals_of(territory, run="run-2") == []
    back = proposals_of(territory, an_act(value=90), run="run-3")
    assert [p.value for p in back] == [90]


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_system_cannot_propose_what_is_not_a_number(territory: Territory, value: float) -> None:
    with pytest.raises(ProposalError):
        proposals_of(territory, an_act("sain"), an_act("malade", value=value))
    assert not Proposal.objects.exists()


def test_a_system_cannot_propose_twice_on_one_subject(territory: Territory) -> None:
    with pytest.raises(ProposalError, match="deux propositions"):
        proposals_of(territory, an_act(), an_act())


def test_a_proposal_of_one_territory_leaves_the_others_alone(territory: Territory) -> None:
    neighbour = a_territory("Ailleurs", code="99T02", fictional=False)
    mine = proposals_of(territory)[0]
    with elsewhere(neighbour):
        proposals_of(neighbour, run="run-9")
    assert Proposal.objects.get(pk=mine.pk).waiting


def test_a_demonstration_member_decides_in_a_demonstration_home_and_it_shows(
    territory: Territory, demo_home: Home
) -> None:
    town = a_territory("Fictive", code="99T03")
    actor = a_person(town, "decider", email="acteur@example.org")
    with elsewhere(town):
        proposal = proposals_of(town)[0]
        decision = decide(proposal, actor, "accept", reason="Pour la démonstration")
    assert decision.simulated


def test_a_demonstration_member_cannot_decide_in_a_real_home() -> None:
    town = a_territory("Fictive", code="99T03")
    actor = a_person(town, "decider")
    proposal = proposals_of(town)[0]
    with pytest.raises(DecisionError, match="démonstration"):
        decide(proposal, actor, "accept", reason="Bon")
    assert not Decision.objects.exists()


def test_a_person_disguised_as_real_is_recognised_by_the_register(
    territory: Territory, elected: Person, proposal: Proposal
) -> None:
    Person.objects.filter(pk=elected.pk).update(simulated=True)
    assert elected.simulated is False  # what the caller holds
    with pytest.raises(DecisionError, match="démonstration"):
        decide(proposal, elected, "accept", reason="Bon")


@pytest.mark.parametrize("role", ["administrator", "agent", "data_officer", "supervisor", "auditor"])
def test_no_other_role_decides(territory: Territory, proposal: Proposal, role: str) -> None:
    with pytest.raises(PermissionDenied):
        decide(proposal, a_person(territory, role), "accept", reason="Bon")


def test_a_decider_of_another_territory_does_not_decide(proposal: Proposal) -> None:
    stranger = a_person(
        a_territory("Ailleurs", code="99T02", fictional=False), "decider", email="x@example.org"
    )
    with pytest.raises(PermissionDenied):
        decide(proposal, stranger, "accept", reason="Bon")


def test_proposals_need_a_subject_and_a_reason(territory: Territory) -> None:
    bare = an_act()
    mute = replace(bare, reasons=())
    with pytest.raises(ProposalError, match="sans raison"):
        propose(territory, system="canteen", system_version="1", run="r", acts=[mute])
