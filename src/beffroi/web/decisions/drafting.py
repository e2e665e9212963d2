"""Drafts of answers: what a system wrote enters here with its passages found, and a person chooses, rewrites or sets aside.

A draft that quotes nothing found is refused and shown to nobody. Each text that a person saves is one more version and one
line of the ledger. Nothing is sent by the house. Raises ProposalError (systems) and DecisionError (people).
"""

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from beffroi.hashing import json_sha256, text_sha256
from beffroi.systems.answer_limits import ANSWER_LIMITS
from beffroi.systems.contract import Draft as Written
from beffroi.systems.contract import Tables
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require

from .errors import DecisionError, ProposalError
from .machines import by_a_person_only
from .models import Draft, DraftVersion
from .notices import notice_for
from .passages import Supported, supported

MOST_TEXT = 10_000  # characters
MOST_QUESTION = 1_000
_NOTHING_SAVED = "Rien n'a été enregistré."


def receive(
    territory: Territory,
    *,
    system: str,
    system_version: str,
    run: str,
    drafts: Sequence[Written],
    tables: Tables,
    read: dict[str, dict[str, Any]],
    by: Person | None = None,
) -> tuple[list[Draft], int]:
    """Keep the drafts whose passages stand in the tables `given`; how many do not. Once a run, however often it is taken.

    `read`: by table, the title of the dataset and the number of the delivery. An earlier draft of the same system on the
    same question gives way, unless somebody has begun to write; one already answered comes back only if its text changed.
    """
    _check(drafts)
    supported_drafts, refused = supported(drafts, tables)
    notice = notice_for(territory, system)
    with transaction.atomic():
        known = {row.rank for row in Draft.objects.of(territory).filter(run=run)}
        made: list[Draft] = []
        for rank, one in enumerate(supported_drafts, 1):
            if rank in known or not _gives_way(territory, system, one.draft):
                continue
            row = Draft(
                territory=territory,
                system=system,
                system_version=system_version,
                run=run,
                rank=rank,
                question=one.draft.question.strip(),
                subject=one.draft.subject.strip(),
                text=one.draft.text.strip(),
                passages=_passages(one, read),
                responsible=notice.responsible,
                contest=notice.contest,
            )
            row.save(force_insert=True)
            made.append(row)
        if made:
            details = [[row.question, row.subject, row.text, row.passages] for row in made]
            digest = json_sha256(details)
            payload = {"system": system, "version": system_version, "count": len(made), "refused": refused}
            ledger.append(territory, "draft.make", by, f"run:{run}", payload | {"sha256": digest})
    return made, refused


def refused_message(count: int) -> str:
    """What the run says of the drafts that were refused; their texts are in no place."""
    if count == 1:
        return "1 réponse sans passage à l'appui a été écartée."
    return f"{count} réponses sans passage à l'appui ont été écartées."


def _check(drafts: Sequence[Written]) -> None:
    if len(drafts) > ANSWER_LIMITS.drafts:
        raise ProposalError(
            f"Le système écrit {len(drafts)} brouillons en une fois, plus que des personnes ne peuvent en lire ({ANSWER_LIMITS.drafts}). "
            "Aucun n'a été gardé. Prévenez le superviseur du système."
        )
    for draft in drafts:
        if not draft.question.strip() or not draft.text.strip():
            raise ProposalError(
                "Le système écrit un brouillon sans question ou sans texte. Aucun n'a été gardé. Prévenez le superviseur du "
                "système."
            )
        if (
            len(draft.text) > MOST_TEXT
            or len(draft.question) > MOST_QUESTION
            or len(draft.subject.strip()) > 300
        ):
            raise ProposalError(
                f"Le système écrit un brouillon trop long ({MOST_TEXT} caractères au plus, {MOST_QUESTION} pour la question, "
                "300 pour l'objet). Aucun n'a été gardé. Prévenez le superviseur du système."
            )


def _gives_way(territory: Territory, system: str, draft: Written) -> bool:
    """Whether this one is new: what waits untouched on the same question gives way, the same text again does not come."""
    same = Draft.objects.of(territory).filter(system=system, question=draft.question.strip())
    last = same.filter(superseded_at__isnull=True).order_by("-pk").first()
    if last is not None and last.text == draft.text.strip():
        return False
    erase_texts(same)
    return True


def erase_texts(rows: QuerySet[Draft]) -> None:
    """Take away those that wait and that nobody has begun to rewrite."""
    untouched = rows.filter(state=Draft.State.WAITING, superseded_at__isnull=True, versions__isnull=True)
    Draft.objects.filter(pk__in=list(untouched.values_list("pk", flat=True))).update(
        superseded_at=timezone.now()
    )


def _passages(one: Supported, read: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "source": found.source[:300],
            "quote": found.quote,
            "dataset": str(read.get(found.table, {}).get("title", found.table)),
            "delivery": read.get(found.table, {}).get("number"),
            "column": found.column,
            "line": found.line,
        }
        for found in one.passages
    ]


# What people do


def listed(territory: Territory, state: str = "") -> QuerySet[Draft]:
    """The drafts that wait, the oldest first; or those that were answered, the last first."""
    rows: QuerySet[Draft] = Draft.objects.of(territory).select_related("closed_by")
    if state == "repondus":
        return rows.exclude(state=Draft.State.WAITING).order_by("-closed_at", "-pk")
    return rows.filter(state=Draft.State.WAITING, superseded_at__isnull=True)


def any_here(territory: Territory) -> bool:
    """Whether a system has ever written a draft here: without it, no page speaks of drafts."""
    return Draft.objects.of(territory).exists()


def save(draft: Draft, person: Person, text: str) -> DraftVersion:
    """One more version, with its digest in the ledger; the same text again adds none."""
    require(person, "draft.write", draft)
    by_a_person_only("Le brouillon attend une personne.")
    text = _required_text(text)
    with transaction.atomic():
        draft = _open(draft)
        last = draft.versions.order_by("-number").first()
        if last is not None and last.text == text and last.by_id == person.pk:
            return last
        version = DraftVersion(
            territory=draft.territory,
            draft=draft,
            number=last.number + 1 if last else 1,
            text=text,
            by=person,
        )
        version.save(force_insert=True)
        details = {"run": draft.run, "number": version.number, "sha256": text_sha256(text)}
        ledger.append(draft.territory, "draft.save", person, f"draft:{draft.pk}", details)
    return version


def retain(draft: Draft, person: Person, text: str) -> Draft:
    """Make this text the answer: its last version, frozen with the share that a person rewrote."""
    with transaction.atomic():
        version = save(draft, person, text)
        draft = _open(draft)
        draft.rewritten = share_rewritten(draft.text, version.text)
        details = {
            "number": version.number,
            "sha256": text_sha256(version.text),
            "rewritten": draft.rewritten,
        }
        return _close(draft, person, Draft.State.RETAINED, "", details)


def dismiss(draft: Draft, person: Person, reason: str) -> Draft:
    """Leave the draft, saying why; what was written meanwhile is kept."""
    require(person, "draft.write", draft)
    by_a_person_only("Le brouillon attend une personne.")
    if not (reason := reason.strip()):
        raise DecisionError(f"Dites en une phrase pourquoi vous l'écartez. {_NOTHING_SAVED}", "reason")
    with transaction.atomic():
        details = {"reason_sha256": text_sha256(reason)}
        return _close(_open(draft), person, Draft.State.DISMISSED, reason[:2_000], details)


def share_rewritten(written: str, retained: str) -> float:
    """How much of the retained text is a person's own (0: the draft word for word, 1: nothing of it), by words."""
    ratio = SequenceMatcher(None, written.split(), retained.split(), autojunk=False).ratio()
    return round(1 - ratio, 3)


def _required_text(text: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise DecisionError(
            f"Le texte est vide : écrivez votre réponse, ou reprenez le brouillon. {_NOTHING_SAVED}", "text"
        )
    if len(text) > MOST_TEXT:
        raise DecisionError(
            f"Ce texte compte {len(text)} caractères, {MOST_TEXT} au plus. {_NOTHING_SAVED} Raccourcissez-le.",
            "text",
        )
    return text


def _open(draft: Draft) -> Draft:
    """Read again inside the transaction: somebody may have answered meanwhile."""
    found: Draft = Draft.objects.of(draft.territory).select_for_update().get(pk=draft.pk)
    if found.superseded_at is not None:
        raise DecisionError(
            f"Un brouillon plus récent a remplacé celui-ci. {_NOTHING_SAVED} Ouvrez le plus récent."
        )
    if not found.waiting:
        raise DecisionError(
            f"{found.closed_by} a déjà {found.get_state_display()} ce brouillon. {_NOTHING_SAVED} Copiez votre texte si vous y tenez."
        )
    return found


def _close(draft: Draft, person: Person, state: str, reason: str, details: dict[str, Any]) -> Draft:
    draft.state, draft.closed_by, draft.closed_at, draft.reason = state, person, timezone.now(), reason
    draft.save(update_fields=["state", "closed_by", "closed_at", "reason", "rewritten"])
    act = "draft.retain" if state == Draft.State.RETAINED else "draft.set_aside"
    ledger.append(draft.territory, act, person, f"draft:{draft.pk}", {"run": draft.run} | details)
    return draft
