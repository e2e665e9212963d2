"""Answering the questions of law: who may, what is asked, what is kept for good."""

import json
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from beffroi.systems import law
from beffroi.web.platform import evidence, ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.tenancy import tokens
from beffroi.web.trust.errors import AnswersRefused, TrustError
from beffroi.web.trust.legal import services
from beffroi.web.trust.models import Certificate, ImpactAssessment, LegalAnswer
from beffroi.web.trust.proofs import legal_papers
from beffroi.web.workshop.models import SystemUse
from places import a_person, a_territory, elsewhere

from .answering import POINTS, answers

pytestmark = pytest.mark.django_db


def test_answers_are_kept_with_their_justification_their_signature_and_what_the_rules_made_of_them(
    use: SystemUse, dpo: Person, territory: Territory
) -> None:
    kept = services.answer(use, dpo, answers(talks="yes"), signed_role="DPO")
    assert kept.risk_class == "transparency" and kept.settled and not kept.refused
    assert kept.rules_version == law.load_rules().version
    assert kept.as_of == timezone.localdate()
    assert kept.answers["talks"] == {"answer": "yes", "justification": "Vérifié avec le service concerné."}
    assert kept.frozen.risk == "transparency"
    last = ledger.lines_of(territory).last()
    assert (last.act, last.thing, last.actor) == ("legal.answer", "system:tiny", f"person:{dpo.pk}")


@pytest.mark.parametrize("role", ["agent", "supervisor", "decider", "auditor", "committee_member"])
def test_those_who_may_not_answer_are_refused(use: SystemUse, territory: Territory, role: str) -> None:
    person = a_person(territory, role, email=f"autre-{role}@example.org")
    for attempt in (
        lambda: services.answer(use, person, answers(), signed_role="Agent"),
        lambda: services.assess(use, person, POINTS),
        lambda: services.certify(use, person, text="n° 12-34", body="Organisme", day=date(2026, 1, 5)),
    ):
        with pytest.raises(PermissionDenied):
            attempt()
    assert not LegalAnswer.objects.exists()


def test_a_dpo_of_another_territory_answers_nothing_here(use: SystemUse) -> None:
    neighbour = a_territory("Ailleurs", code="99T02", fictional=False)
    theirs = a_person(neighbour, "dpo", email="voisin@example.org")
    with pytest.raises(PermissionDenied):
        services.answer(use, theirs, answers(), signed_role="DPO")
    with elsewhere(neighbour):
        assert not LegalAnswer.objects.of(neighbour).exists()


@pytest.mark.parametrize(
    ("key", "value", "why", "words"),
    [
        ("talks", "yes", "court", "10 caractères"),
        ("talks", "yes", "          ", "10 caractères"),
        ("talks", "maybe", "Une justification entière.", "Choisissez"),
        ("nothing", "yes", "Une justification entière.", "n'existe pas"),
    ],
)
def test_an_answer_without_reason_or_that_does_not_exist_is_refused_and_nothing_is_kept(
    use: SystemUse, dpo: Person, key: str, value: str, why: str, words: str
) -> None:
    given = answers() | {key: law.Answer(answer=value, justification=why)}
    with pytest.raises(AnswersRefused) as refused:
        services.answer(use, dpo, given, signed_role="DPO")
    assert words in refused.value.errors[key]
    assert not LegalAnswer.objects.exists()


def test_answers_are_signed_and_not_empty(use: SystemUse, dpo: Person) -> None:
    with pytest.raises(TrustError, match="qualité"):
        services.answer(use, dpo, answers(), signed_role=" ")
    with pytest.raises(TrustError, match="aucune question"):
        services.answer(use, dpo, {}, signed_role="DPO")


def test_some_questions_may_wait_and_the_class_is_then_not_known(use: SystemUse, dpo: Person) -> None:
    kept = services.answer(use, dpo, answers(only="interdits national"), signed_role="DPO")
    assert kept.risk_class == "undetermined" and not kept.settled
    assert "employment" in kept.frozen.open_questions


def test_an_assessment_has_its_six_points_and_a_certificate_its_reference(
    use: SystemUse, dpo: Person
) -> None:
    with pytest.raises(AnswersRefused) as refused:
        services.assess(use, dpo, POINTS | {"harm": "rien"})
    assert refused.value.errors.keys() == {"harm"}
    with pytest.raises(AnswersRefused):
        services.assess(use, dpo, POINTS | {"harm": "x" * 29})
    shortest = POINTS | {"harm": "x" * 30}
    assert services.assess(use, dpo, shortest).answers == shortest
    assert services.assess(use, dpo, POINTS).answers == POINTS
    tomorrow = timezone.localdate() + timedelta(days=1)
    for wrong, field in (
        ({"text": " "}, "text"),
        ({"body": ""}, "body"),
        ({"day": tomorrow}, "date"),
        ({"url": "javascript:alert(1)"}, "url"),
    ):
        given = {"text": "n° 2027-114", "body": "Organisme d'essai", "day": date(2026, 1, 5)} | wrong
        with pytest.raises(TrustError) as error:
            services.certify(use, dpo, **given)
        assert error.value.field == field
    kept = services.certify(use, dpo, text="n° 2027-114", body="Organisme d'essai", day=date(2026, 1, 5))
    assert str(kept) == "n° 2027-114, Organisme d'essai"


def test_what_was_written_can_neither_be_changed_nor_deleted_by_any_way(use: SystemUse, dpo: Person) -> None:
    services.answer(use, dpo, answers(), signed_role="DPO")
    services.assess(use, dpo, POINTS)
    services.certify(use, dpo, text="n° 2027-114", body="Organisme", day=date(2026, 1, 5))
    for model, column in (
        (LegalAnswer, "risk_class"),
        (ImpactAssessment, "rules_version"),
        (Certificate, "text"),
    ):
        table = model._meta.db_table
        for statement in (
            f"UPDATE {table} SET {column} = 'minimal'",
            f"DELETE FROM {table}",
            f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
        ):
            if "REPLACE" in statement and connection.vendor != "sqlite":
                continue
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
        row = model.objects.get()
        with pytest.raises(DatabaseError), transaction.atomic():
            row.save()
        with pytest.raises(DatabaseError), transaction.atomic():
            row.delete()
        assert model.objects.count() == 1


def test_a_program_never_signs_for_a_person(use: SystemUse, dpo: Person) -> None:
    keeper = a_person(use.territory, "administrator")
    program = tokens.create_service(use.territory, "Programme", "Déposer des fichiers", by=keeper).person
    with pytest.raises(DatabaseError), transaction.atomic():
        ImpactAssessment.objects.create(
            territory=use.territory, use=use, answers=POINTS, rules_version="x", person=program
        )


def test_an_auditor_takes_away_every_answer_and_the_papers(use: SystemUse, dpo: Person) -> None:
    services.answer(use, dpo, answers(talks="unknown"), signed_role="DPO")
    services.answer(use, dpo, answers(talks="yes"), signed_role="DPO")
    services.assess(use, dpo, POINTS)
    (paper,) = legal_papers(use.territory)
    told = json.loads(paper.content)
    assert paper.name == "droit/tiny.json"
    assert [row["classe"] for row in told["réponses"]] == [
        "obligation de transparence",
        "pas encore déterminée",
    ]
    assert told["analyses d'impact"][0]["points"] == POINTS
    assert legal_papers in evidence._makers
