"""A confirmed error becomes a label or a rule, a regression case, and a list of past cases to look at again: the only writers.

In: the contestation that found the error, and what a person says. Out: append-only rows and ledger lines. A program teaches
nothing. Raises DecisionError.
"""

from dataclasses import asdict
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone

from beffroi.hashing import text_sha256
from beffroi.web.platform import jobs, ledger
from beffroi.web.platform.ledger import bulk_insert
from beffroi.web.platform.models import Job, Person
from beffroi.web.platform.rights import require

from . import corrections
from .errors import DecisionError
from .machines import by_a_person_only
from .models import Contestation, Correction, Proposal, RegressionCase, Replay

KIND = "decisions.replay"


def system_of(contestation: Contestation) -> str:
    """The system that a contestation is about: that of its proposal, or the one that was named."""
    return contestation.proposal.system if contestation.proposal else contestation.system


def add_label(
    contestation: Contestation,
    person: Person,
    *,
    input: str,
    keys: dict[str, Any],
    column: str,
    value: Any,
    reason: str,
) -> Correction:
    """The true value of some rows of an input, from now on."""
    if not input or not column or not keys:
        raise DecisionError("Dites quelle table, quelles lignes et quelle colonne. Rien n'a été enregistré.")
    content = {"input": input, "keys": keys, "column": column, "value": value}
    return _add(contestation, person, Correction.Kind.LABEL, content, reason)


def add_rule(
    contestation: Contestation,
    person: Person,
    *,
    where: dict[str, Any],
    action: str,
    value: float | None,
    reason: str,
) -> Correction:
    """Add a rule: what the system proposes, or proposes no more, where a condition holds, from now on."""
    if not where:
        raise DecisionError(
            "Dites à quelles propositions la règle s'applique. Rien n'a été enregistré.", "where_key"
        )
    if action not in corrections.ACTIONS:
        raise DecisionError("Choisissez ce que fait la règle. Rien n'a été enregistré.", "action")
    if (action == "never_propose") != (value is None):
        raise DecisionError(
            "Donnez une valeur, sauf pour « ne jamais proposer ». Rien n'a été enregistré.", "value"
        )
    content = {"where": where, "action": action, "value": value}
    return _add(contestation, person, Correction.Kind.RULE, content, reason)


def withdraw(correction: Correction, person: Person, reason: str) -> Correction:
    """A correction that was wrong in its turn: a further row says so, and it applies no more."""
    if correction.kind == Correction.Kind.WITHDRAWAL:
        raise DecisionError("Cette correction est déjà retirée. Rien n'a été enregistré.")
    require(person, "contestation.answer", correction)
    return _write(
        correction.contestation, correction.territory, person, correction.system, Correction.Kind.WITHDRAWAL, {}, reason,
        correction,
    )  # fmt: skip


def _add(
    contestation: Contestation, person: Person, kind: str, content: dict[str, Any], reason: str
) -> Correction:
    system = _after_an_error(contestation, person)
    return _write(contestation, contestation.territory, person, system, kind, content, reason, None)


def _after_an_error(contestation: Contestation, person: Person) -> str:
    require(person, "contestation.answer", contestation)
    by_a_person_only("Un système ne se corrige pas lui-même.")
    contestation = (
        Contestation.objects.of(contestation.territory).select_related("proposal").get(pk=contestation.pk)
    )
    if not contestation.error_found:
        raise DecisionError("L'erreur n'est pas confirmée : répondez d'abord à la contestation.")
    system = system_of(contestation)
    if not system:
        raise DecisionError("Cette contestation ne porte sur aucun système connu. Rapprochez-la d'abord.")
    return system


def _write(
    contestation: Contestation | None,
    territory: Any,
    person: Person,
    system: str,
    kind: str,
    content: dict[str, Any],
    reason: str,
    withdraws: Correction | None,
) -> Correction:
    by_a_person_only("Un système ne se corrige pas lui-même.")
    if not reason.strip():
        raise DecisionError("Dites pourquoi, en une phrase. Rien n'a été enregistré.", "reason")
    with transaction.atomic():
        # Two people may correct at once: the number is taken with the chain held, and what is withdrawn is looked at again.
        bulk_insert.lock_chain(territory.pk)
        if withdraws is not None and withdraws.withdrawals.exists():
            raise DecisionError("Cette correction est déjà retirée. Rien n'a été enregistré.")
        rows = Correction.objects.of(territory).filter(system=system)
        number = (rows.aggregate(last=Max("number"))["last"] or 0) + 1
        row = Correction(
            territory=territory,
            system=system,
            number=number,
            kind=kind,
            content=content,
            reason=reason.strip(),
            contestation=contestation,
            withdraws=withdraws,
            by=person,
            at=timezone.now(),
        )
        row.save(force_insert=True)
        details = {
            "number": number,
            "kind": kind,
            "contestation": contestation.pk if contestation else None,
            "withdraws": withdraws.number if withdraws else None,
            # Keys and values may name somebody.
            "sha256": text_sha256(repr((content, row.reason))),
        }
        act = "system.uncorrect" if withdraws else "system.correct"
        ledger.append(territory, act, person, f"system:{system}", details)
    return row


def add_regression(
    contestation: Contestation,
    person: Person,
    *,
    low: float | None = None,
    high: float | None = None,
) -> RegressionCase:
    """The contested case must come out right: between two values, or, without values, not at all."""
    system = _after_an_error(contestation, person)
    proposal = contestation.proposal
    if proposal is None:
        raise DecisionError("Rapprochez d'abord la contestation d'une proposition. Rien n'a été enregistré.")
    if proposal.offence and not hasattr(proposal, "decision"):
        raise DecisionError(
            "Une infraction supposée s'oublie si personne ne la confirme : elle ne devient pas un cas d'essai avant "
            "qu'une personne ait décidé. Rien n'a été enregistré."
        )
    if (low is None) != (high is None) or (low is not None and high is not None and low > high):
        raise DecisionError(
            "Donnez deux bornes, la plus basse d'abord, ou aucune. Rien n'a été enregistré.", "low"
        )
    expected: dict[str, Any] = {"kind": "not_proposed"}
    if low is not None:
        expected = {"kind": "between", "low": low, "high": high}
    with transaction.atomic():
        row = RegressionCase.objects.create(
            territory=contestation.territory,
            system=system,
            contestation=contestation,
            subject=proposal.subject,
            run_context=corrections.context_of_run(contestation.territory, proposal.run),
            expected=expected,
            by=person,
        )
        details = {"case": row.pk, "proposal": proposal.pk, "expected": expected}
        ledger.append(row.territory, "system.regression", person, f"system:{system}", details)
    return row


def withdraw_case(case: RegressionCase, person: Person, reason: str) -> RegressionCase:
    """A case that was wrong in its turn: a further row says so, and it stops no forecast any more."""
    require(person, "contestation.answer", case)
    by_a_person_only("Un système ne se corrige pas lui-même.")
    if not reason.strip():
        raise DecisionError("Dites pourquoi, en une phrase. Rien n'a été enregistré.", "reason")
    with transaction.atomic():
        rows = RegressionCase.objects.of(case.territory).select_for_update(of=("self",))
        case = rows.get(pk=case.pk)
        if case.withdraws_id or case.withdrawals.exists():
            raise DecisionError("Ce cas d'essai est déjà retiré. Rien n'a été enregistré.")
        row: RegressionCase = RegressionCase.objects.create(
            territory=case.territory,
            system=case.system,
            contestation=case.contestation,
            subject=case.subject,
            withdraws=case,
            reason=reason.strip(),
            by=person,
        )
        details = {"case": case.pk, "sha256": text_sha256(row.reason)}
        ledger.append(row.territory, "system.uncase", person, f"system:{row.system}", details)
    return row


def start_replay(contestation: Contestation, person: Person) -> Job:
    """Ask for the past runs to be computed again, in the background; once for the same corrections."""
    system = _after_an_error(contestation, person)
    if not corrections.can_replay():
        raise DecisionError("Recalcul non disponible : rien ici ne sait refaire les exécutions passées.")
    last = (
        Correction.objects.of(contestation.territory)
        .filter(system=system)
        .aggregate(last=Max("number"))["last"]
    )
    here = reverse("contestation-system", kwargs={"slug": contestation.territory.slug, "pk": contestation.pk})
    return jobs.start(
        contestation.territory,
        KIND,
        key=f"{KIND}:{contestation.pk}:{last or 0}",
        label="Cas passés à réexaminer : recalcul",
        person=person,
        arguments={"contestation": contestation.pk},
        back=here,
    )


def run_replay(progress: jobs.Progress) -> str:
    job = progress.job
    row = Contestation.objects.of(job.territory).filter(pk=job.arguments.get("contestation")).first()
    if row is None or job.started_by is None:
        raise jobs.JobError("Cette contestation n'est plus là. Rien n'a été fait.")
    progress.report(10, "Recalcul des exécutions passées")
    try:
        keep_replay(row, job.started_by, job.key)
    except (DecisionError, corrections.CorrectionError, PermissionDenied) as error:
        raise jobs.JobError(str(error)) from error
    return reverse("contestation-system", kwargs={"slug": job.territory.slug, "pk": row.pk})


def keep_replay(contestation: Contestation, person: Person, key: str) -> Replay:
    """Compute the past runs again and keep the list of what would come out otherwise; the same key takes effect once."""
    system = _after_an_error(contestation, person)
    territory = contestation.territory
    found: Replay | None = Replay.objects.of(territory).filter(key=key).first()
    if found is not None:
        return found
    affected = corrections.replay(system, territory)
    known = set(
        Proposal.objects.of(territory)
        .filter(system=system, pk__in=[one.proposal for one in affected])
        .values_list("pk", flat=True)
    )
    stored = [asdict(one) for one in affected if one.proposal in known]
    with transaction.atomic():
        row: Replay = Replay.objects.create(
            territory=territory, system=system, contestation=contestation, affected=stored, key=key, by=person
        )
        details = {"replay": row.pk, "affected": len(stored)}
        ledger.append(territory, "system.replay", person, f"system:{system}", details)
    return row
