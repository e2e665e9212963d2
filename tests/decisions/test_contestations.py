"""Contesting without an account, the clock, the answer of a person, the texts that are erased in time."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from beffroi.web.decisions import cards, contest_reading, contesting, references
from beffroi.web.decisions.contesting import Submission
from beffroi.web.decisions.errors import DecisionError
from beffroi.web.decisions.models import Contestation, Proposal
from beffroi.web.decisions.services import decide, machine_at_work
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Membership, Person, Territory
from beffroi.web.platform.storage import usage
from beffroi.web.tenancy import tokens
from decisions.conftest import ANSWER, GIVEN, UNTIED, a_case, a_contestation, proposals_of
from places import a_person, a_territory, elsewhere
from support.clock import PARIS, on

pytestmark = pytest.mark.django_db
LEARNED = "Le quotient d'octobre n'était pas repris : la date est maintenant vérifiée à chaque livraison."


def test_a_contestation_is_a_row_a_code_and_a_line_without_words(territory: Territory) -> None:
    receipt = contesting.submit(territory, GIVEN, key="k" * 24)
    assert len(receipt.code.replace("-", "")) == 16
    assert receipt.code not in str(Contestation.objects.values()), "only its hash is kept"
    assert contesting.find(territory, receipt.code.lower().replace("-", " ")) == receipt.contestation
    payload = ledger.lines_of(territory).get(act="contestation.receive").detail.payload
    assert "Léa" not in str(payload) and "crèche" not in str(payload)


def test_the_same_form_sent_twice_makes_one_contestation_and_tells_the_same_code(
    territory: Territory,
) -> None:
    first, again = (contesting.submit(territory, GIVEN, key="k" * 24) for _ in range(2))
    assert (first.code, first.contestation.pk) == (again.code, again.contestation.pk)
    assert Contestation.objects.count() == 1
    assert contesting.submit(territory, GIVEN, key="other" * 5).code != first.code


def test_a_code_of_one_territory_opens_nothing_in_another(territory: Territory) -> None:
    code = contesting.submit(territory, GIVEN, key="k" * 24).code
    other = a_territory("Ailleurs", code="99T02", fictional=False)
    with elsewhere(other):
        assert contesting.find(other, code) is None


@pytest.mark.parametrize("code", ["", "x", "AAAA-AAAA-AAAA-AAAA", "é" * 16, "0" * 16, "A" * 400])
def test_a_wrong_code_finds_nothing(territory: Territory, code: str) -> None:
    contesting.submit(territory, GIVEN, key="k" * 24)
    assert contesting.find(territory, code) is None


def test_the_answer_is_due_in_two_months(territory: Territory) -> None:
    agent = a_person(territory, "administrator")
    long_ago = datetime(2025, 1, 1, tzinfo=PARIS)
    Membership.objects.of(territory).filter(person=agent).update(since=long_ago)
    for received, due in ((date(2025, 11, 26), date(2026, 1, 26)), (date(2025, 12, 31), date(2026, 2, 28))):
        with on(received + timedelta(days=10)):
            written = contesting.write_down(
                territory, agent, GIVEN, channel="letter", received=received, key=f"{received:%Y%m%d}" * 3
            )
        assert written.contestation.due_on == due
    row = a_contestation(territory)
    assert not row.late and not row.to_remind


def test_one_that_came_by_letter_keeps_its_own_date(territory: Territory) -> None:
    agent = a_person(territory, "administrator")
    long_ago = timezone.localdate() - timedelta(days=70)
    receipt = contesting.write_down(
        territory, agent, GIVEN, channel="letter", received=long_ago, key="k" * 24
    )
    row = receipt.contestation
    assert row.late and row.to_remind and row.recorded_by == agent
    assert contest_reading.clock(territory).late == 1
    for channel, day in (("web", long_ago), ("letter", timezone.localdate() + timedelta(days=1))):
        with pytest.raises(DecisionError):
            contesting.write_down(territory, agent, GIVEN, channel=channel, received=day, key="o" * 24)


def test_a_reference_finds_its_decision_and_a_wrong_one_nothing(case: Proposal, elected: Person) -> None:
    decision = decide(case, elected, "accept", reason="Bon")
    reference = references.of(decision)
    assert references.find(case.territory, reference.lower()) == decision
    for wrong in ("", "D1", f"D{decision.pk}-AAAA", reference + "X", "D" + "9" * 30):
        assert references.find(case.territory, wrong) is None
    row = a_contestation(case.territory, reference=reference)
    assert row.proposal == case


def test_a_person_answers_in_their_own_words_and_for_good(territory: Territory) -> None:
    agent, row = a_person(territory, "data_officer"), a_contestation(territory)
    contesting.take_in_hand(row, agent)
    contesting.answer(row, agent, "confirmed", ANSWER, LEARNED, untied_reason=UNTIED)
    row.refresh_from_db()
    assert (row.state, row.answered_by, row.handler) == ("answered", agent, agent)
    for act in (
        lambda: contesting.answer(row, agent, "not", ANSWER, untied_reason=UNTIED),
        lambda: contesting.take_in_hand(row, agent),
        lambda: contesting.tie(row, agent, None),
    ):
        with pytest.raises(DecisionError, match="définitive"):
            act()
    assert ledger.verify(territory).ok


def test_who_decided_leaves_the_answer_to_another_person_where_there_is_one(
    case: Proposal, elected: Person
) -> None:
    decide(case, elected, "accept", reason="Première de la liste, dossier complet.")
    row = a_contestation(case.territory)
    contesting.tie(row, elected, case)
    contesting.answer(row, elected, "not", ANSWER)
    row.refresh_from_db()
    assert row.answered_by_who_decided
    assert ledger.lines_of(case.territory).get(act="contestation.answer").detail.payload["same_person"]
    other = a_person(case.territory, "data_officer", email="autre@example.org")
    again = a_contestation(case.territory)
    contesting.tie(again, elected, case)
    with pytest.raises(DecisionError, match=f"une autre personne répond. {other}"):
        contesting.answer(again, elected, "not", ANSWER)
    contesting.answer(again, other, "not", ANSWER)
    again.refresh_from_db()
    assert not again.answered_by_who_decided
    assert usage.measure(case.territory).self_answered == 1  # what the host is told


@pytest.mark.parametrize(
    ("outcome", "text", "learned"),
    [
        ("", ANSWER, ""),
        ("auto", ANSWER, ""),
        ("not", "", ""),
        ("not", "Non.", ""),
        ("not", " " * 90, ""),
        ("not", "copied", ""),
        ("confirmed", ANSWER, " "),
        ("partly", ANSWER, ""),
    ],
)
def test_what_is_no_answer_is_refused(case: Proposal, outcome: str, text: str, learned: str) -> None:
    agent, row = a_person(case.territory, "data_officer"), a_contestation(case.territory)
    contesting.tie(row, agent, case)
    text = case.reasons[0] if text == "copied" else text
    with pytest.raises(DecisionError):
        contesting.answer(row, agent, outcome, text, learned)
    assert Contestation.objects.get().open


def test_no_machine_answers(territory: Territory) -> None:
    agent, row = a_person(territory, "administrator"), a_contestation(territory)
    with machine_at_work(), pytest.raises(DecisionError, match="système est en cours"):
        contesting.answer(row, agent, "not", ANSWER)
    robot = tokens.create_service(territory, "Robot", "Répondre", by=agent).person
    for nobody in (robot, None, "canteen"):
        with pytest.raises(PermissionDenied):
            contesting.answer(row, nobody, "not", ANSWER)  # type: ignore[arg-type]


@pytest.mark.parametrize("role", ["agent", "dpo", "auditor", "security_officer", "committee_member"])
def test_no_other_role_answers(territory: Territory, role: str) -> None:
    row = a_contestation(territory)
    with pytest.raises(PermissionDenied):
        contesting.answer(row, a_person(territory, role), "not", ANSWER)


@pytest.mark.requirement("R38")
def test_the_clock_tells_medians_and_lateness_of_the_whole(territory: Territory) -> None:
    agent = a_person(territory, "administrator")
    for days in (10, 20, 90):
        received = timezone.localdate() - timedelta(days=days)
        row = contesting.write_down(
            territory, agent, GIVEN, channel="desk", received=received, key=f"{days}" * 12
        ).contestation
        contesting.answer(row, agent, "not", ANSWER, untied_reason=UNTIED)
    a_contestation(territory)
    clock = contest_reading.clock(territory)
    assert (clock.open, clock.answered, clock.answered_late, clock.median_days) == (1, 3, 1, 20)


def answered_long_ago(territory: Territory, agent: Person) -> Contestation:
    row = a_contestation(territory, name="Léa Martin", contact="12 rue du Lac")
    contesting.answer(row, agent, "confirmed", ANSWER, LEARNED, untied_reason=UNTIED)
    return row


def test_a_year_after_the_answer_texts_go_and_the_lesson_stays(
    territory: Territory, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = answered_long_ago(territory, a_person(territory, "administrator"))
    assert contesting.erase_old.__name__ and erase_from_outside() == 0
    monkeypatch.setattr(contesting, "RETENTION", timedelta(0))
    assert erase_from_outside() == 1
    row.refresh_from_db()
    assert (row.contested, row.answer, row.name, row.contact) == ("", "", "", "")
    assert row.untied_reason is None
    assert row.learned == LEARNED and row.outcome == "confirmed" and row.erased_at
    assert ledger.lines_of(territory).filter(act="contestation.erase").count() == 1
    assert erase_from_outside() == 0


def erase_from_outside() -> int:
    from beffroi.web.platform import scope

    with scope.nowhere():
        return contesting.erase_old()


# Without the service.


def refused(sql: str, *values: Any) -> str:
    with pytest.raises(DatabaseError) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
    return str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        "contested = 'autre'",
        "about = ''",
        "due_on = '2030-01-01'",
        "received_at = CURRENT_TIMESTAMP",
        "digest = 'x'",
        "name = 'Autre'",
        "erased_at = CURRENT_TIMESTAMP",
        "erased_at = CURRENT_TIMESTAMP, about = '', contested = '', requested_remedy = '', name = '', contact = '', "
        "reference = '', answer = ''",
        "state = 'answered'",
        "state = 'answered', outcome = 'not', answer = 'court', answered_by_id = recorded_by_id, "
        "answered_at = CURRENT_TIMESTAMP",
    ],
)
def test_the_database_freezes_what_was_received(territory: Territory, change: str) -> None:
    row = a_contestation(territory)
    refused(f"UPDATE decisions_contestation SET {change} WHERE id = %s", row.pk)
    refused("DELETE FROM decisions_contestation WHERE id = %s", row.pk)


def test_the_database_freezes_an_answer(territory: Territory) -> None:
    row = a_contestation(territory)
    contesting.answer(row, a_person(territory, "administrator"), "not", ANSWER, untied_reason=UNTIED)
    for change in (
        "untied_reason = 'autre'",
        "answered_by_decider = NULL",
        "answer = 'autre'",
        "outcome = 'confirmed'",
        "state = 'received'",
        "learned = 'x'",
    ):
        refused(f"UPDATE decisions_contestation SET {change} WHERE id = %s", row.pk)


def test_the_database_takes_no_answer_of_who_may_not_or_of_a_program(territory: Territory) -> None:
    row, keeper = a_contestation(territory), a_person(territory, "administrator")
    robot = tokens.create_service(territory, "Robot", "Répondre", by=keeper).person
    for person in (a_person(territory, "agent"), robot):
        told = refused(
            "UPDATE decisions_contestation SET state = 'answered', outcome = 'not', answer = %s,"
            " untied_reason = 'Aucune', answered_by_id = %s, answered_at = %s WHERE id = %s",
            ANSWER,
            person.pk,
            timezone.now(),
            row.pk,
        )
        assert "who may answer" in told


def test_an_agent_ties_it_to_a_file_and_the_wrong_territory_is_refused(case: Proposal) -> None:
    agent, row = a_person(case.territory, "supervisor"), a_contestation(case.territory)
    seen = Proposal.objects.of(case.territory)
    for text in ("dossier 2026-114", str(case.pk)):
        assert contest_reading.proposal_named(seen, case.territory, text) == case
    assert contest_reading.proposal_named(seen, case.territory, "rien") is None
    other = a_territory("Ailleurs", code="99T02", fictional=False)
    with elsewhere(other):
        foreign = proposals_of(other, a_case())[0]
    with pytest.raises(DecisionError, match="pas de ce territoire"):
        contesting.tie(row, agent, foreign)


def test_nothing_is_written_without_what_is_contested(territory: Territory) -> None:
    for given in (Submission("", "x"), Submission("x", " ")):
        with pytest.raises(DecisionError):
            contesting.submit(territory, given, key="k" * 24)
    assert not Contestation.objects.exists()


@pytest.mark.parametrize(
    ("ages", "said"),
    [
        ((1,), "à laquelle une personne doit répondre."),
        ((70,), "à laquelle une personne doit répondre (1 en retard)."),
        ((1, 2), "auxquelles une personne doit répondre."),
        ((1, 40, 70), "auxquelles une personne doit répondre (1 en retard, 1 à mi-délai ou plus)."),
    ],
)
def test_the_card_of_who_answers_counts_those_that_wait_and_those_that_are_late(
    territory: Territory, ages: tuple[int, ...], said: str
) -> None:
    agent = a_person(territory, "administrator")
    for days in ages:
        received = timezone.localdate() - timedelta(days=days)
        contesting.write_down(territory, agent, GIVEN, channel="desk", received=received, key=f"{days:024}")
    card = cards.contestations_card(agent, territory)
    assert card is not None
    assert (card.count, card.text) == (len(ages), said)
