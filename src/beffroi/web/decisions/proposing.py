"""What a system suggests enters the inbox here, frozen with its reasons, its evidence, who answers for it and how to contest.

In: acts that a run gave. Out: proposals, once a run and subject. Nothing here decides. Raises ProposalError.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from beffroi.hashing import json_sha256
from beffroi.systems.contract import ProposedAct
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.models import Person, Territory

from . import drafting
from .errors import ProposalError
from .models import Draft, Proposal
from .notices import Notice, notice_for
from .words import plain

OFFENCE_DAYS = 7  # an offence that nobody authorised has confirmed by then is forgotten, evidence first


@dataclass(frozen=True)
class DatedAct:
    """A proposed act with the day and the place that it is about."""

    act: ProposedAct
    due: date | None = None
    place: str = ""

    @classmethod
    def of(cls, act: ProposedAct) -> "DatedAct":
        """Where its evidence says « date » and « site », as the systems of the house do."""
        try:
            due = date.fromisoformat(str(act.evidence.get("date", "")))
        except ValueError:
            due = None
        return cls(act, due, str(act.evidence.get("site", ""))[:200])


def withdraw(territory: Territory, system: str) -> int:
    """What waits of a system that stops goes away, drafts too; what was decided stays. Returns how many proposals went."""
    drafting.erase_texts(Draft.objects.of(territory).filter(system=system))
    waiting = Proposal.objects.of(territory).filter(
        system=system, decision__isnull=True, superseded_at__isnull=True
    )
    return int(waiting.update(superseded_at=timezone.now()))


def _of_nobody(rows: QuerySet[Proposal]) -> QuerySet[Proposal]:
    """What waits and concerns nobody in particular: that alone may go without a person."""
    waiting = rows.filter(decision__isnull=True, superseded_at__isnull=True).exclude(offence=True)
    return waiting.filter(Q(case=None) | Q(case="")).filter(Q(effect=None) | Q(effect=Proposal.Effect.NONE))


def expire_overdue_proposals() -> int:
    """What waited for a day that has passed leaves the inbox, in every territory, but what concerns a person; how many.

    A trial on old data proposes for days already past: what it proposes stays, to be looked at.
    """
    with scope.host():
        territories = list(Territory.objects.all())
    count, today = 0, timezone.localdate()
    for territory in territories:
        with scope.inside(territory):
            waiting = _of_nobody(Proposal.objects.of(territory))
            passed = waiting.filter(due__lt=today, created_at__date__lte=F("due"))
            count += passed.update(superseded_at=timezone.now())
    return count


def propose(
    territory: Territory,
    *,
    system: str,
    system_version: str,
    run: str,
    acts: Sequence[DatedAct],
    by: Person | None = None,
    replaces: bool = False,
) -> list[Proposal]:
    """Put proposals in the inbox, once a run and subject; earlier undecided ones on the same subjects give way.

    A subject already decided comes back only if the proposed value has changed since. `replaces`: what waits of earlier
    runs of this system and is not said again gives way too, but what concerns a person.
    """
    _check(acts)
    with transaction.atomic():
        made: list[Proposal] = []
        known = {p.subject: p for p in Proposal.objects.of(territory).filter(run=run)}
        notice = notice_for(territory, system)
        for dated in acts:
            earlier = Proposal.objects.of(territory).filter(system=system, subject=dated.act.subject)
            if dated.act.subject in known:
                made.append(known[dated.act.subject])  # the same run again, after a worker died
                continue
            last = earlier.filter(decision__isnull=False).order_by("-decision__at").first()
            earlier.filter(decision__isnull=True, superseded_at__isnull=True).update(
                superseded_at=timezone.now()
            )
            if last is not None and last.value == dated.act.value:
                continue
            made.append(_create(territory, system, system_version, run, dated, notice))
        if replaces:
            waiting = _of_nobody(Proposal.objects.of(territory).filter(system=system)).exclude(run=run)
            waiting.exclude(subject__in=[dated.act.subject for dated in acts]).update(
                superseded_at=timezone.now()
            )
        if len(made) > len(known):
            digest = json_sha256([_summary(p) for p in made])
            ledger.append(
                territory,
                "proposal.make",
                by,
                f"run:{run}",
                {"system": system, "version": system_version, "count": len(made), "sha256": digest},
            )
    return made


def _check(acts: Sequence[DatedAct]) -> None:
    seen: set[str] = set()
    for dated in acts:
        if fault := _fault(dated.act, seen):
            raise ProposalError(
                f"{fault} Aucune proposition n'a été gardée. Prévenez le superviseur du système."
            )
        seen.add(dated.act.subject)


def _fault(act: ProposedAct, seen: set[str]) -> str:
    """What keeps an act from being shown to a person; empty when nothing does."""
    if not all(math.isfinite(number) for number in (act.value, act.low, act.high)) or act.low > act.high:
        return f"Le système propose pour « {act.subject} » une valeur qui n'est pas un nombre utilisable."
    if not act.subject.strip() or not act.reasons:
        return (
            "Le système fait une proposition sans objet ou sans raison : on ne peut pas la soumettre à une "
            "personne."
        )
    if act.subject in seen:
        return f"Le système fait deux propositions pour « {act.subject} »."
    if act.confidence is not None and not 0 <= act.confidence <= 1:
        return f"Le système donne pour « {act.subject} » une confiance qui n'est pas entre 0 et 1."
    if act.effect not in Proposal.Effect.values:
        return f"Le système donne pour « {act.subject} » un effet inconnu : « {act.effect} »."
    if len(act.case) > 120:
        return f"La référence du dossier de « {act.subject} » est trop longue (120 caractères au plus)."
    if act.case.strip() and act.explanation is None:
        return (
            f"Le système propose pour le dossier « {act.case} » sans explication (article R311-3-1-2 du code des "
            "relations entre le public et l'administration)."
        )
    return ""


def _create(
    territory: Territory, system: str, version: str, run: str, dated: DatedAct, notice: Notice
) -> Proposal:
    act, now = dated.act, timezone.now()
    proposal = Proposal(
        territory=territory,
        system=system,
        system_version=version,
        run=run,
        subject=act.subject,
        due=dated.due,
        place=dated.place,
        value=act.value,
        low=act.low,
        high=act.high,
        unit=act.unit,
        reasons=list(act.reasons),
        plain_reasons=plain(" ".join(act.reasons)),
        evidence=act.evidence,
        confidence=act.confidence,
        case=act.case.strip() or None,
        effect=act.effect,
        offence=act.offence,
        explanation=asdict(act.explanation) if act.explanation else None,
        responsible=notice.responsible,
        contest=notice.contest,
        created_at=now,
        expires_at=now + timedelta(days=OFFENCE_DAYS) if act.offence else None,
    )
    proposal.save(force_insert=True)
    return proposal


def _summary(proposal: Proposal) -> list[object]:
    return [
        proposal.subject,
        proposal.due.isoformat() if proposal.due else None,
        proposal.value,
        proposal.low,
        proposal.high,
        proposal.reasons,
        proposal.evidence,
        proposal.confidence,
        proposal.case,
        proposal.effect,
        proposal.offence,
        proposal.explanation,
        proposal.responsible,
        proposal.contest,
    ]
