"""Keeping what people answer about a system, and the training of those who supervise: append-only, one ledger line each."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction

from beffroi.hashing import json_sha256
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require

from .. import sheets
from ..errors import WorkshopError
from ..models import SheetAnswer, SystemUse, Training

LONGEST_TRAINING_DAYS = 3 * 366  # what was learnt three years ago is learnt again


def answer(use: SystemUse, person: Person, kind: str, values: Mapping[str, Any]) -> SheetAnswer:
    """Keep the answers to a questionnaire; they replace the earlier ones, which stay. Raises `sheets.AnswersError`."""
    require(person, "system.bind", use)
    if kind not in sheets.KINDS:
        raise WorkshopError(f"Aucun questionnaire ne s'appelle « {kind} ».")
    answers = sheets.read(kind, values)
    with transaction.atomic():
        created: SheetAnswer = SheetAnswer.objects.create(
            territory=use.territory, use=use, kind=kind, answers=answers, by=person
        )
        digest = json_sha256(answers)
        ledger.append(
            use.territory,
            "system.answer",
            person,
            f"system:{use.system}",
            {"sheet": created.pk, "kind": kind, "sha256": digest},
        )
    return created


def train(
    territory: Territory,
    person: Person,
    trained: Person,
    *,
    title: str,
    trainer: str,
    proof: str,
    passed_on: date,
    until: date,
    system: str = "",
) -> Training:
    """Record that a supervisor was trained: by who answers for roles, never by the person themselves."""
    require(person, "member.invite", territory)
    if person.pk == trained.pk:
        raise WorkshopError("Nul n'inscrit sa propre formation : demandez à un autre administrateur.")
    if not all(text.strip() for text in (title, trainer, proof)):
        raise WorkshopError("Il manque le nom de la formation, qui l'a donnée, ou sa preuve.")
    if not 0 < (until - passed_on).days <= LONGEST_TRAINING_DAYS:
        raise WorkshopError("Une formation vaut de un jour à trois ans : corrigez une des deux dates.")
    with transaction.atomic():
        created: Training = Training.objects.create(
            territory=territory,
            person=trained,
            system=system,
            title=title.strip()[:200],
            trainer=trainer.strip()[:200],
            proof=proof.strip()[:200],
            passed_on=passed_on,
            until=until,
            by=person,
        )
        ledger.append(
            territory,
            "supervisor.train",
            person,
            f"person:{trained.pk}",
            {"training": created.pk, "system": system, "until": until.isoformat()},
        )
    return created
