"""What a system suggests enters the inbox here, frozen with its reasons, its evidence, who answers for it and how to contest.

In: acts that a run gave. Out: proposals, once a run and subject. Nothing here decides. Raises ProposalError.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from beffroi.hashing import json_sha256
from beffroi.systems.contract import ProposedAct
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.models import Person, Territory

from . import drafting
from .errors import ProposalError
from .models import Deadline, Draft, Proposal
from .notices import Notice, notice_for
from .words import plain

OFFENCE_DAYS = 7  # an offence that nobody authorised has confirmed by then is forgotten, evidence first


def withdraw(territory: Territory, system: str) -> int:
    """What waits of a system that stops goes away, drafts too; what was decided stays. Returns how many proposals went."""
    drafting.erase_texts(Draft.objects.of(territory).filter(system=system))
    waiting = Proposal.objects.of(territory).filter(
        system=system, decision__isnull=True, superseded_at__isnull=True
    )
    return _close(waiting, Proposal.Closure.WITHDRAWN)


def _close(waiting: QuerySet[Proposal], closure: Proposal.Closure) -> int:
    """Take these waiting proposals out of the inbox; how many."""
    return int(waiting.update(superseded_at=timezone.now(), closed_as=closure))


def _of_nobody(rows: QuerySet[Proposal]) -> QuerySet[Proposal]:
    """What waits and concerns nobody in particular: that alone may go without a person."""
    waiting = rows.filter(closed_as__isnull=True, decision__isnull=True, superseded_at__isnull=True)
    waiting = waiting.exclude(offence=True)
    return waiting.filter(Q(case=None) | Q(case="")).filter(Q(effect=None) | Q(effect=Proposal.Effect.NONE))


def expire_overdue_proposals() -> int:
    """What waited for a day, or a deadline, that has passed leaves the inbox, but what concerns a person; how many.

    A trial on old data proposes for days already past: what it proposes stays, to be looked at.
    """
    with scope.host():
        territories = list(Territory.objects.all())
    count, now, today = 0, timezone.now(), timezone.localdate()
    for territory in territories:
        with scope.inside(territory):
            waiting = _of_nobody(Proposal.objects.of(territory))
            waiting = waiting.filter(created_at__date__lte=F("due"))
            count += _close(waiting.filter(due__lt=today), Proposal.Closure.OVERDUE)
            for deadline in Deadline.objects.of(territory):
                late = waiting.filter(system=deadline.system, due__lte=deadline.last_closed_day(now))
                count += _close(late, Proposal.Closure.OVERDUE)
    return count


def propose(
    territory: Territory,
    *,
    system: str,
    system_version: str,
    run: str,
    acts: Sequence[ProposedAct],
    by: Person | None = None,
    replaces: bool = False,
) -> list[Proposal]:
    """Put proposals in the inbox, once a run and identity; earlier undecided ones of the same identities give way.

    One already decided comes back only if what would be done has changed since (`ProposedAct.digest`). `replaces`: what waits
    of earlier runs of this system and is not proposed again gives way too, but what concerns a person.
    """
    _check(acts)
    with transaction.atomic():
        made: list[Proposal] = []
        known = {p.identity: p for p in Proposal.objects.of(territory).filter(run=run)}
        notice = notice_for(territory, system)
        for act in acts:
            if act.identity in known:
                made.append(known[act.identity])  # the same run again, after a worker died
                continue
            same = Proposal.has_identity(act.identity, act.subject)
            earlier = Proposal.objects.of(territory).filter(same, system=system)
            last = earlier.filter(decision__isnull=False).order_by("-decision__at").first()
            _close(
                earlier.filter(decision__isnull=True, superseded_at__isnull=True), Proposal.Closure.REPLACED
            )
            if last is not None and _is_same(last, act):
                continue
            made.append(_create(territory, system, system_version, run, act, notice))
        if replaces:
            waiting = _of_nobody(Proposal.objects.of(territory).filter(system=system)).exclude(run=run)
            _close(waiting.exclude(key__in=[act.identity for act in acts]), Proposal.Closure.REPLACED)
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


def _is_same(last: Proposal, act: ProposedAct) -> bool:
    """Whether what would be done is what was decided on; of what is older than digests, whether its value is."""
    return last.digest == act.digest if last.digest else last.value == act.value


def _check(acts: Sequence[ProposedAct]) -> None:
    seen: set[str] = set()
    for act in acts:
        if fault := _fault(act, seen) or _plan_fault(act):
            raise ProposalError(
                f"{fault} Aucune proposition n'a été gardée. Prévenez le superviseur du système."
            )
        seen |= {act.subject, act.identity}


def _fault(act: ProposedAct, seen: set[str]) -> str:
    """What keeps an act from being shown to a person; empty when nothing does."""
    if not all(math.isfinite(number) for number in (act.value, act.low, act.high)) or act.low > act.high:
        return f"Le système propose pour « {act.subject} » une valeur qui n'est pas un nombre utilisable."
    if not act.subject.strip() or not act.reasons:
        return (
            "Le système fait une proposition sans objet ou sans raison : on ne peut pas la soumettre à une "
            "personne."
        )
    if act.subject in seen or act.identity in seen:
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


def _plan_fault(act: ProposedAct) -> str:
    """What keeps the parts of an act from being shown, reordered and stored."""
    parts = [*act.items, *act.spare]
    if act.spare and not act.items:
        return f"Le système donne pour « {act.subject} » des étapes à ajouter à aucune liste."
    if any(not part.key.strip() or not part.label.strip() for part in parts):
        return f"Le système donne pour « {act.subject} » une étape sans nom."
    if len({part.key for part in parts}) < len(parts):
        return f"Le système donne pour « {act.subject} » deux fois la même étape."
    if parts and act.case.strip():
        return f"Le système propose pour le dossier « {act.case} » une liste d'étapes : un dossier se décide seul."
    return ""


def _create(
    territory: Territory, system: str, version: str, run: str, act: ProposedAct, notice: Notice
) -> Proposal:
    now = timezone.now()
    proposal = Proposal(
        territory=territory,
        system=system,
        system_version=version,
        run=run,
        subject=act.subject,
        due=act.day,
        place=act.place,
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
        key=act.identity,
        about=act.about,
        items=[asdict(item) for item in act.items] or None,
        spare=[asdict(item) for item in act.spare] or None,
        digest=act.digest,
        evidence_keys={name: key.model_dump(exclude_defaults=True) for name, key in notice.evidence.items()},
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
        proposal.digest,
    ]
