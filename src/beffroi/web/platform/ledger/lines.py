"""Ledger lines: one chain a territory and one for the host, appended in the transaction of the act.

`append` and `append_many` are called by services only. Lines hold identifiers and a salted commitment; the detail
stands apart (`LedgerDetail`) and may be erased (`erase_detail`) without breaking the chain.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import Signal
from django.utils import timezone

from beffroi.ledger import chain, merkle

from .. import scope
from ..models import ERASURE, LedgerBlock, LedgerDetail, LedgerLine, Person, Territory, new_salt
from ..rights import require
from . import bulk_insert
from . import marks as ledger_marks
from .acts import ACTS

line_written = Signal()
"""Sent in the transaction of each line: `territory` (None: the host), `line` (a `NewLine`)."""

LINE_FIELDS = ("seq", "at", "act", "actor", "thing", "commitment", "previous", "hash")


class LedgerError(Exception):
    """A refusal told to a person, in French."""


@dataclass(frozen=True, slots=True)
class NewLine:
    """An act to write: who (None: the host), on which subject, and the detail that the line commits to."""

    act: str
    person: Person | None
    subject: str
    payload: dict[str, Any]


def actor_of(person: Person | None) -> str:
    return f"person:{person.pk}" if person is not None else "host"


def append(
    territory: Territory | None, act: str, person: Person | None, subject: str, payload: dict[str, Any]
) -> chain.Line:
    """Append one line to the chain, atomically with the caller's transaction. KeyError for an act without a name."""
    return append_many(territory, [NewLine(act, person, subject, payload)])[0]


def append_many(territory: Territory | None, lines: Iterable[NewLine]) -> list[chain.Line]:
    """Append lines in this order, all or none, atomically with the caller's transaction, in little time even for many."""
    lines = list(lines)
    if unnamed := {new.act for new in lines} - ACTS.keys():
        raise KeyError(f"declare this act with @act, or name it in platform/ledger/acts.py: {min(unnamed)}")
    if not lines:
        return []
    with opened(territory), transaction.atomic():
        owner = territory.pk if territory is not None else None
        bulk_insert.lock_chain(owner)
        at = timezone.now().isoformat()
        salts = [new_salt() for _ in lines]
        entries = (
            chain.Entry(at, new.act, actor_of(new.person), new.subject, chain.commit(new.payload, salt))
            for new, salt in zip(lines, salts, strict=True)
        )
        sealed = list(chain.seal_all(entries, after=bulk_insert.last(owner)))
        bulk_insert.insert(owner, sealed, salts, [new.payload for new in lines])
        _close_blocks(territory, sealed[0].seq, sealed[-1].seq)
        for new in lines:
            line_written.send(sender=None, territory=territory, line=new)
        mark = partial(ledger_marks.record_chain, territory, sealed[-1].seq, sealed[-1].hash)
        transaction.on_commit(partial(mark, first=sealed[0].seq == 1))
    return sealed


def _close_blocks(territory: Territory | None, first: int, last: int) -> None:
    """Keep the root of each block that these new lines filled."""
    ranks = range((first - 1) // LedgerBlock.SIZE, last // LedgerBlock.SIZE)
    roots = ((rank, _root(hashes_of(territory, rank))) for rank in ranks)
    # A block whose lines were harmed has no root: the verification says so, and work goes on.
    LedgerBlock.objects.bulk_create(
        LedgerBlock(territory=territory, rank=rank, root=root) for rank, root in roots if root
    )


def hashes_of(territory: Territory | None, rank: int) -> list[str]:
    """The hashes of the lines of one block, fewer than a block's at the chain's end."""
    start = rank * LedgerBlock.SIZE
    rows = lines_of(territory).filter(seq__gt=start, seq__lte=start + LedgerBlock.SIZE)
    return list(rows.values_list("hash", flat=True))


def opened(territory: Territory | None) -> AbstractContextManager[None]:
    """The scope in which a chain is read and written: the territory's, or the host's."""
    return scope.inside(territory) if territory is not None else scope.host()


def lines_of(territory: Territory | None) -> Any:
    """The chain's rows in order."""
    return LedgerLine.objects.filter(territory=territory).order_by("seq")


def sealed_lines(territory: Territory | None) -> Iterator[chain.Line]:
    """The chain as the library's lines, ready to verify or export, a block at a time."""
    start = 0
    while True:
        with opened(territory):
            rows = list(_block(territory, start).values_list(*LINE_FIELDS))
        if not rows:
            return
        yield from (chain.Line(*row) for row in rows)
        start += len(rows)


def _block(territory: Territory | None, start: int) -> Any:
    # By rank, not by a cursor kept open: the same on both databases, and no long transaction.
    return lines_of(territory).filter(seq__gt=start)[: LedgerBlock.SIZE]


def verify(territory: Territory | None, *, checkpoint_sizes: Collection[int] = ()) -> chain.Verification:
    """Recompute the whole chain, each detail still kept against its commitment, each missing one against its erasure."""
    with opened(territory):
        unlike: list[int] = []
        result = chain.verify(_valid_lines(territory, unlike), checkpoint_sizes=checkpoint_sizes)
    if result.ok and unlike:
        return replace(result, ok=False, first_bad=unlike[0])
    return result


@dataclass(frozen=True)
class ChangedLines:
    """How many lines are not, each by itself, what was written; `digest`: of which ones, and of what they say now."""

    count: int
    digest: str


def changed_lines(territory: Territory | None, *, after: int) -> ChangedLines:
    """Read on beyond the first bad line, after `after` good ones: each line's seal, its link to the one before, its detail."""
    count, digest, start = 0, hashlib.sha256(), after
    with opened(territory):
        previous = lines_of(territory).filter(seq__lte=after).values_list("hash", flat=True).last()
        previous = previous or chain.GENESIS
        while rows := _rows(_block(territory, start)):
            erased = _erased(territory, [row[0] for row in rows if row[8] is None])
            for row in rows:
                line, (salt, payload) = chain.Line(*row[:8]), row[8:]
                is_due = line.seq in erased if salt is None else _is_committed(payload, salt, line.commitment)
                if not (is_due and chain.follows(line, line.seq, previous)):
                    count += 1
                    digest.update(f"{line!r}\n".encode("utf-8", "replace"))
                previous = line.hash
            start = rows[-1][0]
    return ChangedLines(count, digest.hexdigest())


def _valid_lines(territory: Territory | None, unlike: list[int]) -> Iterator[chain.Line]:
    """The lines, up to the first whose detail or block is not what was written: its rank goes to `unlike`."""
    blocks = dict(LedgerBlock.objects.filter(territory=territory).values_list("rank", "root"))
    start = 0
    while rows := _rows(_block(territory, start)):
        lines = [chain.Line(*row[:8]) for row in rows]
        erased = _erased(territory, [row[0] for row in rows if row[8] is None])
        for line, row in zip(lines, rows, strict=True):
            salt, payload = row[8:]
            if line.seq not in erased if salt is None else not _is_committed(payload, salt, line.commitment):
                unlike.append(line.seq)
                return
            yield line
        stored_root = blocks.get(start // LedgerBlock.SIZE)
        if stored_root is not None and stored_root != _root([line.hash for line in lines]):
            unlike.append(start + 1)
            return
        start += len(rows)


def _rows(block: Any) -> list[Any]:
    """The lines of a block with their details; a payload that is no longer JSON becomes one that no line commits to."""
    try:
        return list(block.values_list(*LINE_FIELDS, "detail__salt", "detail__payload"))
    except ValueError:
        rows = list(block.values_list(*LINE_FIELDS, "detail__salt"))
        return [(*row, _payload(block, row[0])) for row in rows]


def _payload(block: Any, seq: int) -> Any:
    try:
        return (
            LedgerDetail.objects.filter(line__in=block.filter(seq=seq))
            .values_list("payload", flat=True)
            .first()
        )
    except ValueError:
        return float("nan")


def _is_committed(payload: Any, salt: bytes, commitment: str) -> bool:
    try:
        return chain.commit(payload, bytes(salt)) == commitment
    except (ValueError, TypeError):
        return False  # a salt cut short, a payload that JSON does not hold: not what was written


def _root(hashes: list[str]) -> str:
    try:
        return merkle.root(hashes)
    except (ValueError, TypeError):
        return ""


def _erased(territory: Territory | None, seqs: list[int]) -> set[int]:
    if not seqs:
        return set()
    subjects = LedgerLine.objects.filter(
        territory=territory, act=ERASURE, thing__in=[f"line:{seq}" for seq in seqs]
    )
    return {int(subject.partition(":")[2]) for subject in subjects.values_list("thing", flat=True)}


def erasure_of(line: LedgerLine) -> LedgerLine | None:
    """The line that says that this one's detail was erased."""
    return (
        LedgerLine.objects.filter(territory=line.territory, act=ERASURE, thing=f"line:{line.seq}")
        .order_by("seq")
        .first()
    )


def erase_detail(territory: Territory, person: Person, seq: int, reason: str) -> chain.Line:
    """Erase what a line commits to, salt included, so that nobody can find it again from the line. Cannot be undone.

    The chain still verifies, and this act is a line itself. PermissionDenied, or LedgerError told to the person.
    """
    require(person, ERASURE, territory)
    reason = reason.strip()
    if not reason:
        raise LedgerError("Dites pourquoi ce détail doit être effacé. Rien n'a été effacé.")
    with opened(territory), transaction.atomic():
        details = LedgerDetail.objects.select_related("line")
        detail = details.filter(line__territory=territory, line__seq=seq).first()
        if detail is None:
            raise LedgerError("Cette ligne n'a pas, ou n'a plus, de détail à effacer.")
        if detail.line.act == chain.RENEWAL:
            raise LedgerError(
                "Ce détail dit quelle clé signe les empreintes du registre : sans lui, celles d'avant ne se vérifieraient plus, et "
                "il ne contient aucune donnée personnelle. Rien n'a été effacé."
            )
        # The line first: the database refuses to erase a detail that no line says erased.
        line = append(territory, ERASURE, person, f"line:{seq}", {"seq": seq, "reason": reason})
        detail.delete()
    return line
