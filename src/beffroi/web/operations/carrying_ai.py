"""What a territory decided about its AI, as open files: the life of each system, its law, the committee, the report, the drafts.

In: a territory and a folder. Out: one JSON file a subject, people by their name, things by the name that others have too.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.db.models import Model

from beffroi.web.decisions.models import (
    Deadline,
    Draft,
    DraftVersion,
    FormerTie,
    PreparedDecision,
    Replay,
    StaffConsultation,
)
from beffroi.web.platform.models import Territory
from beffroi.web.trust.models import (
    BodyDecision,
    Certificate,
    ImpactAssessment,
    Interest,
    LegalAnswer,
    Opinion,
    Publication,
    Recommendation,
    RecommendationStep,
    Seat,
    Session,
)
from beffroi.web.workshop.models import Examination, LifeStep, Option, Regression, SheetAnswer, Training

from .carrying import listed, write

type Tie = Callable[[Any], Any]
type Subjects = Mapping[str, Mapping[str, tuple[type[Model], Mapping[str, Tie]]]]
"""By file, then by kind of row: its model, and what its keys to other rows are written as."""


def _author(row: Any) -> str | None:
    return row.by.name if row.by is not None else None


def _person(row: Any) -> str | None:
    return row.person.name if row.person is not None else None


def _system(row: Any) -> str:
    return str(row.use.system)


SUBJECTS: Subjects = {
    "vies-ia.json": {
        "etapes": (LifeStep, {"system": _system, "person": _person}),
        "questionnaires": (SheetAnswer, {"system": _system, "by": _author}),
        "options": (Option, {"system": _system, "by": _author, "run": lambda o: o.run.key if o.run else None}),
        "formations": (Training, {"person": _person, "by": _author}),
        "examens": (Examination, {"system": _system, "by": _author}),
        "essais": (Regression, {"system": _system, "by": _author}),
    },
    "droit-ia.json": {
        "reponses": (LegalAnswer, {"system": _system, "person": _person}),
        "analyses-d-impact": (ImpactAssessment, {"system": _system, "person": _person}),
        "certificats": (Certificate, {"system": _system, "person": _person}),
    },
    "comite.json": {
        "sieges": (Seat, {"number": lambda s: s.pk, "by": _author}),
        "interets": (Interest, {"seat": lambda i: i.seat_id, "system": _system, "by": _author}),
        "seances": (Session, {"number": lambda s: s.pk, "by": _author}),
        "avis": (Opinion, {"number": lambda o: o.pk, "system": _system, "session": lambda o: o.session_id, "by": _author}),
        "deliberations": (BodyDecision, {"opinion": lambda d: d.opinion_id, "by": _author}),
    },
    "recommandations.json": {
        "recommandations": (Recommendation, {"by": _author}),
        "suites": (RecommendationStep, {"recommendation": lambda s: s.recommendation.number, "person": _person}),
    },
    "rapports-ia.json": {"publications": (Publication, {"person": _person})},
    "brouillons.json": {
        "brouillons": (Draft, {"number": lambda d: d.pk, "closed_by": lambda d: d.closed_by.name if d.closed_by else None}),
        "versions": (DraftVersion, {"draft": lambda v: v.draft_id, "by": _author}),
    },
    "preparations.json": {
        "decisions": (PreparedDecision, {"proposal": lambda p: p.proposal_id, "person": _person}),
        "rapprochements": (FormerTie, {"contestation": lambda t: t.contestation_id, "proposal": lambda t: t.proposal_id, "by": _author}),
        "recalculs": (Replay, {"contestation": lambda r: r.contestation_id, "by": _author}),
    },
    "heures-limites.json": {"heures": (Deadline, {"by": _author})},
    "usage.json": {"consultations": (StaffConsultation, {"by": _author})},
}  # fmt: skip


def write_all(territory: Territory, folder: Path) -> None:
    """Every subject, in the order of the rows."""
    write_subjects(territory, folder, SUBJECTS)


def write_subjects(territory: Territory, folder: Path, subjects: Subjects) -> None:
    for name, kinds in subjects.items():
        record = {
            kind: listed(model.objects.of(territory).order_by("pk"), **ties)  # type: ignore[attr-defined]
            for kind, (model, ties) in kinds.items()
        }
        write(folder / name, record)
