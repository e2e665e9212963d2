"""A case decided wrongly is put right by a line beside the decision, which a person signs; it never takes anything away."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from beffroi.web.decisions import contesting
from beffroi.web.decisions.case_corrections import correct_case
from beffroi.web.decisions.errors import DecisionError
from beffroi.web.decisions.judging import Choice
from beffroi.web.decisions.models import CaseCorrection, Decision, Proposal
from beffroi.web.decisions.services import decide, machine_at_work
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Membership, Person, Territory
from decisions.conftest import ANSWER, a_case, a_contestation, proposals_of
from places import a_person, strongly

pytestmark = pytest.mark.django_db
HALF = Choice("change", 0.5, "Mi-temps accordé à tort", True, False)


@pytest.fixture
def decision(case: Proposal, elected: Person) -> Decision:
    return decide(case, elected, "change", value=0.5, reason="Mi-temps", unfavourable=False)


ACCEPT = Choice("accept", None, "Trois enfants, et non un : une place entière")


def test_a_correction_stands_and_the_decision_stays_as_written(decision: Decision, elected: Person) -> None:
    row = correct_case(decision, elected, ACCEPT)
    assert (row.verdict, row.value, row.mandate.person) == ("accept", 1.0, elected)
    again = Decision.objects.get(pk=decision.pk)
    assert (again.verdict, again.value) == ("change", 0.5)
    assert again.in_force == ("accept", 1.0)
    assert Proposal.objects.get().attribution == "décidée : acceptée"
    line = ledger.lines_of(decision.territory).get(act="decision.correct")
    assert "enfants" not in str(line.detail.payload)


def test_a_second_correction_stands_over_the_first(decision: Decision, elected: Person) -> None:
    correct_case(decision, elected, Choice("change", 0.8, "Quatre jours", True, False))
    correct_case(decision, elected, ACCEPT)
    assert Decision.objects.get().in_force == ("accept", 1.0)


def test_a_correction_takes_nothing_from_the_person(decision: Decision, elected: Person) -> None:
    for choice in (Choice("refuse", None, "Non"), Choice("change", 0.1, "Moins", True, True)):
        with pytest.raises(DecisionError, match="répare"):
            correct_case(decision, elected, choice)
    assert not CaseCorrection.objects.exists()


def test_a_value_worse_than_what_stands_is_refused_whatever_is_said_of_it(
    decision: Decision, elected: Person
) -> None:
    with pytest.raises(DecisionError, match="moins à la personne"):
        correct_case(decision, elected, Choice("change", 0.1, "Moins", True, False))
    with pytest.raises(DatabaseError, match="takes nothing"):
        raw(decision, elected, verdict="change", value=0.1)


def test_what_stands_is_the_last_correction(decision: Decision, elected: Person) -> None:
    correct_case(decision, elected, ACCEPT)
    with pytest.raises(DecisionError, match="moins à la personne"):
        correct_case(decision, elected, Choice("change", 0.8, "Quatre jours", True, False))
    with pytest.raises(DatabaseError, match="takes nothing"):
        raw(decision, elected, verdict="change", value=0.8)


def test_accepting_gives_no_less_than_what_stands(territory: Territory, elected: Person) -> None:
    more = proposals_of(territory, a_case(case="dossier 2026-115"), run="run-2")[0]
    more = decide(more, elected, "change", value=3.0, reason="Trois", confirmed=True, unfavourable=False)
    with pytest.raises(DecisionError, match="moins à la personne"):
        correct_case(more, elected, ACCEPT)
    with pytest.raises(DatabaseError, match="takes nothing"):
        raw(more, elected)


def test_against_somebody_less_is_better_and_nothing_is_best(territory: Territory, elected: Person) -> None:
    told = a_case(case="trop-perçu 12", effect="unfavourable", value=300.0, high=300.0, unit="euros")
    fine = proposals_of(territory, told, run="run-2")[0]
    decision = decide(fine, elected, "change", value=100.0, reason="Remise", unfavourable=False)
    with pytest.raises(DecisionError, match="moins à la personne"):
        correct_case(decision, elected, Choice("change", 120.0, "Plus", True, False))
    correct_case(decision, elected, Choice("change", 80.0, "Moins", True, False))
    correct_case(decision, elected, Choice("refuse", None, "Rien n'était dû"))
    with pytest.raises(DecisionError, match="moins à la personne"):
        correct_case(decision, elected, Choice("change", 10.0, "Un peu", True, False))
    for value in (10.0, 80.0):
        with pytest.raises(DatabaseError, match="takes nothing"):
            raw(decision, elected, verdict="change", value=value)


def test_a_contestation_corrects_only_once_its_error_is_confirmed(
    decision: Decision, elected: Person
) -> None:
    row = a_contestation(decision.territory)
    contesting.tie(row, elected, decision.proposal)
    client = strongly(Client(), elected)
    here = f"/t/{decision.territory.slug}/decisions/contestations/{row.pk}/corriger/"
    fields = {"verdict": "accept", "value": "", "reason": "Une place entière"}
    for outcome in ("", "not"):
        if outcome:
            contesting.answer(row, elected, outcome, ANSWER)
        assert "pas confirmée" in client.post(here, fields, follow=True).content.decode()
        with pytest.raises(DatabaseError, match="confirmed error"):
            raw(decision, elected, contestation_id=row.pk)
    assert not CaseCorrection.objects.exists()


def test_what_is_already_decided_is_no_correction(decision: Decision, elected: Person) -> None:
    with pytest.raises(DecisionError, match="rien à corriger"):
        correct_case(decision, elected, HALF)


@pytest.mark.parametrize("role", ["agent", "administrator", "supervisor", "data_officer"])
def test_only_who_decides_corrects(decision: Decision, role: str) -> None:
    with pytest.raises(PermissionDenied):
        correct_case(decision, a_person(decision.territory, role), ACCEPT)


def test_no_machine_corrects(decision: Decision, elected: Person) -> None:
    with machine_at_work(), pytest.raises(DecisionError, match="système est en cours"):
        correct_case(decision, elected, ACCEPT)


def test_a_contestation_of_another_case_is_refused(decision: Decision, elected: Person) -> None:
    with pytest.raises(DecisionError, match="autre proposition"):
        correct_case(decision, elected, ACCEPT, a_contestation(decision.territory))


def raw(decision: Decision, person: Person, **changes: Any) -> None:
    row = {
        "territory_id": decision.territory_id,
        "decision_id": decision.pk,
        "verdict": "accept",
        "value": 1.0,
        "reason": "Erreur",
        "person_id": person.pk,
        "mandate_id": Membership.objects.filter(person=person).values_list("pk", flat=True).first(),
        "authority": "{}",
        "at": timezone.now(),
    } | changes
    holes = ", ".join(["%s"] * len(row))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO decisions_casecorrection ({', '.join(row)}) VALUES ({holes})", list(row.values())
        )


def test_the_database_takes_what_the_service_writes_and_nothing_else(
    decision: Decision, elected: Person
) -> None:
    for changes in (
        {"reason": " "},
        {"verdict": "refuse", "value": None},
        {"value": None},
        {"decision_id": 999},
        {"person_id": a_person(decision.territory, "agent").pk},
    ):
        with pytest.raises(DatabaseError):
            raw(decision, elected, **changes)
    supervisor = a_person(decision.territory, "supervisor")
    with pytest.raises(DatabaseError, match="not in force"):
        raw(decision, supervisor)
    raw(decision, elected)
    for sql in ("UPDATE decisions_casecorrection SET value = 2", "DELETE FROM decisions_casecorrection"):
        with (
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)


@pytest.mark.requirement("R40")
def test_from_the_contestation_to_the_history_the_export_and_the_api(
    territory: Territory, elected: Person
) -> None:
    case = proposals_of(territory, a_case())[0]
    decision = decide(case, elected, "change", value=0.5, reason="Mi-temps", unfavourable=False)
    row = a_contestation(territory)
    client, slug = strongly(Client(), elected), territory.slug
    here = f"/t/{slug}/decisions/contestations/{row.pk}/"
    assert client.post(f"{here}rapprocher/", {"found": "dossier 2026-114"}).status_code == 302
    posted = {"outcome": "confirmed", "answer": ANSWER, "learned": "Compter les enfants du livret."}
    assert client.post(f"{here}repondre/", posted).status_code == 302
    page = client.get(here).content.decode()
    assert "Corriger le cas" in page and "Les preuves" in page
    assert (
        client.post(f"{here}corriger/", {"verdict": "accept", "value": "", "reason": ""}).status_code == 422
    )
    fields = {"verdict": "accept", "value": "", "reason": "=Trois enfants"}
    assert client.post(f"{here}corriger/", fields).status_code == 302
    assert decision.corrections.get().contestation == row
    assert "Trois enfants" in client.get(f"/t/{slug}/decisions/{case.pk}/").content.decode()
    assert "corrigée" in client.get(f"/t/{slug}/decisions/historique/").content.decode()
    export = b"".join(client.get(f"/t/{slug}/decisions/historique.csv").streaming_content).decode()
    assert "acceptée;1,0;'=Trois enfants" in export
