"""Who took part in a decision does not answer its contestation where another may, whatever they tie it to or leave untied."""

import re

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from beffroi.web.decisions import contesting, deciders, references, second_reading
from beffroi.web.decisions.case_corrections import correct_case
from beffroi.web.decisions.contesting import Submission
from beffroi.web.decisions.errors import DecisionError
from beffroi.web.decisions.judging import Choice
from beffroi.web.decisions.models import Contestation, Decision, FormerTie, Proposal
from beffroi.web.decisions.services import decide
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.storage import usage
from beffroi.web.tenancy import services
from beffroi.web.tenancy.services import LegalAct, Term
from decisions.conftest import ANSWER, OWN_TEXT, UNTIED, a_case, a_contestation, proposals_of
from decisions.test_mandates import ORDER, title_of
from places import a_person, strongly

pytestmark = pytest.mark.django_db


@pytest.fixture
def colleague(territory: Territory) -> Person:
    return a_person(territory, "data_officer", email="autre@example.org")


@pytest.fixture
def decision(case: Proposal, elected: Person) -> Decision:
    return decide(case, elected, "accept", reason="Première de la liste, dossier complet.")


@pytest.fixture
def tied(decision: Decision, elected: Person) -> Contestation:
    row = a_contestation(decision.territory)
    contesting.tie(row, elected, decision.proposal)
    row.refresh_from_db()
    return row


def refused_to(person: Person, row: Contestation) -> None:
    with pytest.raises(DecisionError, match="une autre personne répond"):
        contesting.answer(row, person, "not", ANSWER, untied_reason=UNTIED)
    assert Contestation.objects.get(pk=row.pk).open


@pytest.mark.requirement("R40")
def test_who_decided_neither_unties_it_nor_ties_it_elsewhere(
    tied: Contestation, elected: Person, colleague: Person
) -> None:
    other = proposals_of(tied.territory, a_case("dossier 2026-115"), run="run-2")[0]
    for elsewhere in (None, other):
        with pytest.raises(DecisionError, match="une autre personne change ce rapprochement"):
            contesting.tie(tied, elected, elsewhere)
    tied.refresh_from_db()
    assert tied.proposal and not FormerTie.objects.exists()
    refused_to(elected, tied)


def test_what_a_colleague_unties_is_remembered(
    tied: Contestation, elected: Person, colleague: Person
) -> None:
    contesting.tie(tied, colleague, None)
    assert [tie.proposal.case for tie in tied.former_ties.all()] == ["dossier 2026-114"]
    refused_to(elected, tied)
    contesting.answer(tied, colleague, "not", ANSWER, untied_reason=UNTIED)
    tied.refresh_from_db()
    assert not tied.answered_by_who_decided and tied.untied_reason == UNTIED
    measured = usage.measure(tied.territory)
    assert (measured.self_answered, measured.untied_answered) == (0, 1)
    payload = ledger.lines_of(tied.territory).get(act="contestation.answer").detail.payload
    assert (payload["tied"], payload["same_person"]) == (False, False)


def test_alone_who_decided_answers_and_it_is_told_though_a_colleague_had_untied_it(
    tied: Contestation, elected: Person, colleague: Person
) -> None:
    contesting.tie(tied, colleague, None)
    Person.objects.filter(pk=colleague.pk).update(is_active=False)
    contesting.answer(tied, elected, "not", ANSWER, untied_reason=UNTIED)
    tied.refresh_from_db()
    assert tied.answered_by_who_decided
    assert usage.measure(tied.territory).self_answered == 1


@pytest.mark.parametrize("named", ["decision", "file"])
def test_a_decision_that_the_contestation_names_counts_before_anybody_ties_it(
    decision: Decision, elected: Person, colleague: Person, named: str
) -> None:
    given = references.of(decision) if named == "decision" else f" {decision.proposal.case.upper()} "
    row = a_contestation(decision.territory, reference=given)
    if row.proposal_id:
        contesting.tie(row, colleague, None)
    refused_to(elected, row)
    other = proposals_of(decision.territory, a_case("dossier 2026-115"), run="run-2")[0]
    for elsewhere in (None, other):
        with pytest.raises(DecisionError, match="une autre personne change"):
            contesting.tie(row, elected, elsewhere)
    contesting.tie(row, elected, decision.proposal)
    contesting.tie(row, colleague, other)
    refused_to(elected, row)


def test_an_answer_is_about_a_decision_or_says_why_none_is_concerned(
    territory: Territory, colleague: Person
) -> None:
    row = a_contestation(territory)
    for reason in ("", "   ", "non", row.contested):
        with pytest.raises(DecisionError, match="Rapprochez d'abord") as told:
            contesting.answer(row, colleague, "not", ANSWER, untied_reason=reason)
        assert told.value.field == "untied_reason"
    contesting.answer(row, colleague, "not", ANSWER, untied_reason=UNTIED)


def test_who_read_it_over_does_not_answer_either(
    case: Proposal, elected: Person, reader: Person, colleague: Person
) -> None:
    prepared = second_reading.prepare(case, elected, Choice("refuse", None, "Rang 13", text=OWN_TEXT))
    row = a_contestation(case.territory)
    contesting.tie(row, colleague, case)
    refused_to(elected, row)  # who prepared what waits for its second reading
    second_reading.confirm(prepared, reader, "Rang et pièces vérifiés", version=1)
    for person in (elected, reader):
        refused_to(person, row)
        with pytest.raises(DecisionError, match="une autre personne change"):
            contesting.tie(row, person, None)
    contesting.answer(row, colleague, "not", ANSWER)


def test_who_corrected_the_case_does_not_answer_the_next_contestation(
    tied: Contestation, elected: Person, colleague: Person
) -> None:
    mayor = a_person(tied.territory, "decider", email="maire@example.org")
    contesting.answer(tied, colleague, "confirmed", ANSWER, "Le livret est relu.")
    half = proposals_of(tied.territory, a_case("dossier 2026-116"), run="run-3")[0]
    decision = decide(half, elected, "change", value=0.5, reason="Mi-temps", unfavourable=False)
    correct_case(decision, mayor, Choice("accept", None, "Une place entière"))
    again = a_contestation(tied.territory)
    contesting.tie(again, colleague, half)
    refused_to(mayor, again)


def test_correcting_the_case_after_ones_own_answer_makes_nobody_a_judge_of_themselves(
    case: Proposal, elected: Person
) -> None:
    decision = decide(case, elected, "change", value=0.5, reason="Mi-temps", unfavourable=False)
    mayor = a_person(case.territory, "decider", email="maire@example.org")
    row = a_contestation(case.territory)
    contesting.tie(row, mayor, case)
    contesting.answer(row, mayor, "confirmed", ANSWER, "Le livret est relu.")
    correct_case(decision, mayor, Choice("accept", None, "Une place entière"), row)
    row.refresh_from_db()
    assert not row.answered_by_who_decided and mayor.pk not in deciders.deciders_of(row)


def test_a_delegate_of_who_decided_does_not_answer_in_their_name(
    tied: Contestation, elected: Person, colleague: Person
) -> None:
    deputy = a_person(tied.territory, "agent", email="deputy@example.org")
    services.delegate(
        tied.territory, elected, deputy, subject="Crèches", legal_act=ORDER, term=Term(), by=None
    )
    refused_to(deputy, tied)
    assert str(deputy) not in deciders.who_answers_instead(tied, elected)
    assert str(colleague) in deciders.who_answers_instead(tied, elected)
    services.revoke(title_of(tied.territory, deputy).delegation, by=elected)
    mayor = a_person(tied.territory, "decider", email="maire@example.org")
    order = LegalAct("Arrêté n° 2026-035", ORDER.date)
    services.delegate(tied.territory, mayor, deputy, subject="Crèches", legal_act=order, term=Term(), by=None)
    assert str(deputy) in deciders.who_answers_instead(tied, elected), "under the mandate of another"


def test_no_tie_changes_once_the_answer_is_given(tied: Contestation, colleague: Person) -> None:
    proposal = tied.proposal
    for each in (None, proposal):
        contesting.tie(tied, colleague, each)
    contesting.answer(tied, colleague, "not", ANSWER)
    with pytest.raises(DecisionError, match="définitive"):
        contesting.tie(tied, colleague, None)
    assert "stays tied" in told_by_the_database(
        "UPDATE decisions_contestation SET proposal_id = NULL WHERE id = %s", tied.pk
    )


# Without the service.


def told_by_the_database(sql: str, *values: object) -> str:
    with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
    return str(caught.value)


TIE = "INSERT INTO decisions_formertie (territory_id, contestation_id, proposal_id, by_id, at) VALUES (%s, %s, %s, %s, CURRENT_TIMESTAMP)"
ANSWERED = (
    "UPDATE decisions_contestation SET state = 'answered', outcome = 'not', answer = %s, answered_by_id = %s,"
    " answered_at = %s, untied_reason = %s, answered_by_decider = %s WHERE id = %s"
)


def now() -> object:
    """Now, as the database takes it: on PostgreSQL its own clock stands still in a transaction, before the mandates begin."""
    return connection.ops.adapt_datetimefield_value(timezone.now())


def test_the_database_forgets_no_tie_and_lets_who_decided_undo_none(
    tied: Contestation, elected: Person, colleague: Person
) -> None:
    untie = "UPDATE decisions_contestation SET proposal_id = NULL WHERE id = %s"
    assert "former tie is kept" in told_by_the_database(untie, tied.pk)
    there = (tied.territory_id, tied.pk, tied.proposal_id)
    assert "does not untie" in told_by_the_database(TIE, *there, elected.pk)
    other = proposals_of(tied.territory, a_case("dossier 2026-115"), run="run-2")[0]
    assert "was tied to it" in told_by_the_database(TIE, *there[:2], other.pk, colleague.pk)
    contesting.tie(tied, colleague, None)
    for change in ("UPDATE decisions_formertie SET by_id = by_id", "DELETE FROM decisions_formertie"):
        assert "append-only" in told_by_the_database(change)


def test_the_database_takes_no_untied_answer_without_a_reason_nor_one_that_hides_who_decided(
    tied: Contestation, elected: Person, colleague: Person
) -> None:
    hidden = told_by_the_database(ANSWERED, ANSWER, elected.pk, now(), None, False, tied.pk)
    assert "took part in the decision says so" in hidden
    contesting.tie(tied, colleague, None)
    assert "or says why not" in told_by_the_database(
        ANSWERED, ANSWER, colleague.pk, now(), " ", False, tied.pk
    )
    assert "says so" in told_by_the_database(ANSWERED, ANSWER, elected.pk, now(), UNTIED, None, tied.pk)


# On the pages.


def test_the_page_of_who_decided_offers_neither_to_untie_nor_to_answer(
    tied: Contestation, elected: Person, colleague: Person
) -> None:
    here = f"/t/{tied.territory.slug}/decisions/contestations/{tied.pk}/"
    client = strongly(Client(), elected)
    shown = client.get(here).content.decode()
    assert f"{here}rapprocher/" not in shown and f"{here}repondre/" not in shown
    assert str(colleague) in shown
    reply = client.post(f"{here}rapprocher/", {"found": ""})
    assert reply.status_code == 422 and "une autre personne change" in reply.content.decode()
    reply = client.post(f"{here}repondre/", {"outcome": "not", "answer": ANSWER, "untied_reason": UNTIED})
    assert reply.status_code == 422
    assert Contestation.objects.get().open
    assert f"{here}rapprocher/" in strongly(Client(), colleague).get(here).content.decode()


def test_an_untied_answer_asks_its_reason_and_the_person_reads_it(
    territory: Territory, colleague: Person
) -> None:
    receipt = contesting.submit(territory, Submission("Ma place", "Refusée sans motif"), key="k" * 24)
    here = f"/t/{territory.slug}/decisions/contestations/{receipt.contestation.pk}/"
    client = strongly(Client(), colleague)
    assert 'name="untied_reason"' in client.get(here).content.decode()
    fields = {"outcome": "not", "answer": ANSWER, "untied_reason": ""}
    reply = client.post(f"{here}repondre/", fields)
    assert reply.status_code == 422 and "livret de famille" in reply.content.decode(), "nothing typed is lost"
    assert client.post(f"{here}repondre/", fields | {"untied_reason": UNTIED}).status_code == 302
    followed = Client().post(f"/p/{territory.slug}/contester/suivi/", {"code": receipt.code}).content.decode()
    for page in (followed, client.get(here).content.decode()):
        assert re.search("aucune décision prise par la commune", page)
