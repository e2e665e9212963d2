"""What is known of a system's law on a day: the last answers evaluated anew, its papers, and why it may need new answers.

In comes a use and a day; out go frozen views for pages, gates and registers. Nothing here writes.
"""

from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from beffroi.systems import law
from beffroi.systems.law.answers import from_json
from beffroi.systems.manifest import Manifest
from beffroi.web.platform.models import Territory
from beffroi.web.platform.request_cache import cached_read
from beffroi.web.workshop import manifests
from beffroi.web.workshop.errors import WorkshopError
from beffroi.web.workshop.models import SystemUse

from ..models import Certificate, ImpactAssessment, LegalAnswer

LASTS = 12  # months after which answers are given again


def manifest(use: SystemUse) -> Manifest | None:
    """The manifest of a system, None when it is no longer installed."""
    try:
        return manifests.of(use)
    except WorkshopError:
        return None


def title(use: SystemUse) -> str:
    installed = manifest(use)
    return installed.title if installed else use.system


@cached_read
def last_answer(use: SystemUse) -> LegalAnswer | None:
    found: LegalAnswer | None = use.legal_answers.select_related("person").first()
    return found


def saved_answers(answer: LegalAnswer | None) -> dict[str, law.Answer]:
    return from_json(answer.answers) if answer else {}


def as_of(use: SystemUse, day: date, answer: LegalAnswer | None = None) -> law.LegalResult:
    """The last answers (or these) under the rules of this installation, as of a day. Nothing is kept."""
    return (
        _evaluated(use, day)
        if answer is None
        else law.evaluate(saved_answers(answer), day, manifest=manifest(use))
    )


@cached_read
def _evaluated(use: SystemUse, day: date) -> law.LegalResult:
    return law.evaluate(saved_answers(last_answer(use)), day, manifest=manifest(use))


def stale(answer: LegalAnswer, today: date) -> str:
    """Why these answers no longer do, in French; empty when they do."""
    if not law.load_rules().is_same_law_as(answer.rules_version):
        return (
            "Les règles de droit de Beffroi ont changé depuis ces réponses. Relisez les questions et répondez de nouveau : "
            "vos réponses sont gardées et déjà remplies."
        )
    at = timezone.localtime(answer.at).date()
    if months_between(at, today) >= LASTS:
        return (
            f"Ces réponses ont plus de {LASTS} mois. Relisez-les et répondez de nouveau : elles sont gardées et déjà "
            "remplies."
        )
    return ""


def months_between(first: date, last: date) -> int:
    """Whole months from one day to the other."""
    return (last.year - first.year) * 12 + last.month - first.month - (last.day < first.day)


@dataclass(frozen=True)
class Papers:
    """What a high-risk system must have beside its answers."""

    assessment: ImpactAssessment | None
    certificate: Certificate | None

    @property
    def missing(self) -> tuple[str, ...]:
        """What is not there, in French."""
        found = []
        if self.assessment is None:
            found.append("l'analyse d'impact sur les droits fondamentaux")
        if self.certificate is None:
            found.append("la référence d'un certificat")
        return tuple(found)


def papers(use: SystemUse) -> Papers:
    return Papers(
        use.impact_assessments.select_related("person").first(),
        use.certificates.select_related("person").first(),
    )


@dataclass(frozen=True)
class Line:
    """One system of the territory's register, as of a day."""

    use: SystemUse
    title: str
    state: str
    answer: LegalAnswer | None
    result: law.LegalResult
    again: str  # why it must be answered again; empty otherwise
    missing: tuple[str, ...]

    @property
    def next_duties(self) -> tuple[law.DutyDue, ...]:
        """What will be owed by the territory, the soonest first."""
        return tuple(duty for duty in self.result.next_dates if duty.yours)


def register(territory: Territory, day: date) -> list[Line]:
    """Every system in use, whatever its class, in the order of titles."""
    lines = []
    for use in SystemUse.objects.of(territory).select_related("territory", "supervisor", "processing"):
        answer = last_answer(use)
        result = as_of(use, day, answer)
        lines.append(
            Line(
                use=use,
                title=title(use),
                state=use.get_state_display(),
                answer=answer,
                result=result,
                again=stale(answer, timezone.localdate()) if answer else "",
                missing=papers(use).missing if result.needs_file else (),
            )
        )
    return sorted(lines, key=lambda line: line.title)
