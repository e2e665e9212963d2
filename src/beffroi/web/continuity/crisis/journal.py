"""The journal of a crisis: lines appended and never changed, chained device by device; a decision leaves its hash in the ledger.

In: what a person writes. Out: rows in the order of the journal, corrections attached what they correct. This platform is one
device among the sticks: what is wrong with a chain is said, nothing is dropped.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from beffroi.lake.invisible_characters import strip_invisible
from beffroi.web.platform.acts import Recorded, act
from beffroi.web.platform.ledger import bulk_insert
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import require
from beffroi.web.ui.formats import counted

from ..errors import ContinuityError
from ..models import Crisis, JournalLine
from ..offline_pages.journal_lines import JournalFileError, Line, chain_faults, new_line, ordered

ANSWER: Final = "continuity.answer"
SOON = timedelta(minutes=10)
"""How far ahead of the platform's clock a fact may be dated: clocks of people differ."""
EARLIEST = timedelta(days=366)
KINDS = JournalLine.Kind


def require_open(crisis: Crisis) -> None:
    """Raises ContinuityError where the crisis is closed."""
    if not Crisis.objects.of(crisis.territory).filter(pk=crisis.pk, closed_at=None).exists():
        raise ContinuityError("Cette crise est close : rien n'a été changé. Son journal se lit toujours.")


def write_line(
    crisis: Crisis,
    by: Person,
    *,
    text: str,
    kind: str = KINDS.FACT,
    fact_at: datetime | None = None,
    author: str = "",
    role: str = "",
    corrects: JournalLine | None = None,
    one_time: UUID | None = None,
) -> JournalLine:
    """Write one line; a correction names the line that it corrects, and is the only one that a closed crisis takes.

    `one_time`: identifier that the form was given, so that the same form posted again finds the line that it wrote.
    """
    require(by, ANSWER, crisis.territory)
    if kind not in KINDS.values:
        raise ContinuityError("Choisissez la sorte de ligne.", "kind")
    if (kind == KINDS.CORRECTION) != (corrects is not None):
        raise ContinuityError("Une correction se fait depuis la ligne à corriger.", "kind")
    now = timezone.now()
    if fact_at is not None and not now - EARLIEST <= fact_at <= now + SOON:
        raise ContinuityError("Vérifiez l'heure du fait : elle est à venir, ou trop ancienne.", "fact_at")
    with transaction.atomic():
        Crisis.objects.of(crisis.territory).select_for_update(no_key=True).get(pk=crisis.pk)
        if corrects is None:
            require_open(crisis)
        earlier = crisis.lines.filter(uuid=one_time, person=by).first() if one_time is not None else None
        if earlier is not None and _is_the_same(earlier, text, kind, fact_at):
            return earlier
        taken = one_time is None or crisis.lines.filter(uuid=one_time).exists()
        return append_line(
            crisis, by, text=text, kind=kind, fact_at=fact_at, author=author, role=role, corrects=corrects,
            identifier=None if taken else one_time,
        )  # fmt: skip


def _is_the_same(row: JournalLine, text: str, kind: str, fact_at: datetime | None) -> bool:
    """Whether this says what the line says: a form that came back and was changed is a line of its own."""
    return (row.text, row.kind) == (_lines(text), kind) and fact_at in (None, row.fact_at)


def append_line(
    crisis: Crisis,
    by: Person,
    *,
    text: str,
    kind: str,
    fact_at: datetime | None = None,
    author: str = "",
    role: str = "",
    corrects: JournalLine | None = None,
    identifier: UUID | None = None,
) -> JournalLine:
    """The row, after the last one written here. Called in a transaction, by services that asked for the right."""
    now = timezone.now()
    bulk_insert.lock_chain(crisis.territory_id)
    last = (
        JournalLine.objects.of(crisis.territory)
        .filter(crisis=crisis, device=crisis.device, merge=None)
        .order_by("n")
        .last()
    )
    try:
        line = new_line(
            None if last is None else Line(**last.content),
            device=crisis.device,
            fact_at=written(fact_at or now),
            entered_at=written(now),
            author=_words(author or str(by)),
            role=_words(role),
            kind=kind,
            text=_lines(text),
            corrects=str(corrects.uuid) if corrects is not None else None,
            id=str(identifier) if identifier is not None else None,
        )
    except JournalFileError as error:
        raise ContinuityError("Écrivez ce qui s'est passé, en 4 000 signes au plus.", "text") from error
    store = _store_decision if kind == KINDS.DECISION else _store
    return store(crisis, by, line)


def _store(crisis: Crisis, by: Person, line: Line) -> JournalLine:
    row: JournalLine = JournalLine.objects.create(**columns(crisis, line), person=by)
    return row


@act("crisis.decision", "décision inscrite au journal de crise", right=ANSWER)
def _store_decision(crisis: Crisis, by: Person, line: Line) -> Recorded[JournalLine]:
    return Recorded(_store(crisis, by, line), {"line": line.id, "hash": line.hash})


def _lines(text: str) -> str:
    return strip_invisible(text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")).strip()


def _words(text: str) -> str:
    return strip_invisible(" ".join(text.split()))[:200]


def written(moment: datetime) -> str:
    """A moment as the journal writes it: to the second, with its offset."""
    return timezone.localtime(moment).isoformat(timespec="seconds")


def columns(crisis: Crisis, line: Line) -> dict[str, object]:
    """The columns of a row for this line."""
    return {
        "territory": crisis.territory,
        "crisis": crisis,
        "is_exercise": crisis.is_exercise,
        "uuid": line.id,
        "device": line.device,
        "n": line.n,
        "fact_at": line.fact_moment,
        "entered_at": line.entered_moment,
        "author": line.author,
        "role": line.role,
        "kind": line.kind,
        "text": line.text,
        "corrects": line.corrects,
        "previous": line.previous,
        "hash": line.hash,
        "content": line.as_dict(),
    }


@dataclass(frozen=True)
class JournalEntry:
    """A line with the lines that correct it, the oldest first."""

    row: JournalLine
    corrections: list[JournalLine] = field(default_factory=list)

    @property
    def words(self) -> str:
        """What is to be read: the last correction, or the line."""
        return (self.corrections or [self.row])[-1].text

    @property
    def changed_at(self) -> datetime:
        """When it was written here, or last corrected."""
        return max(each.at for each in (self.row, *self.corrections))


def stored_lines(crisis: Crisis) -> list[Line]:
    """Every line, as its hash is of it, in the order of the journal."""
    return ordered(Line(**content) for content in crisis.lines.values_list("content", flat=True))


def rows_in_order(crisis: Crisis) -> list[JournalLine]:
    """Every row: between devices by the hour of the fact, within a device as it was entered."""
    rows = {str(row.uuid): row for row in crisis.lines.select_related("merge", "person")}
    return [rows[line.id] for line in ordered(Line(**row.content) for row in rows.values())]


def entries(
    rows: Iterable[JournalLine], *, kinds: Sequence[str] = (), words: str = "", author: str = ""
) -> list[JournalEntry]:
    """Lines with their corrections; those that these filters leave. A correction of nothing known stands alone."""
    rows = list(rows)
    known = {row.uuid for row in rows}
    corrections: dict[object, list[JournalLine]] = {}
    for row in rows:
        if row.corrects in known and row.corrects != row.uuid:
            corrections.setdefault(row.corrects, []).append(row)
    attached = {row.uuid for several in corrections.values() for row in several}
    found = [
        JournalEntry(row, _all_corrections(row, corrections)) for row in rows if row.uuid not in attached
    ]
    listed = {row.uuid for entry in found for row in (entry.row, *entry.corrections)}
    found += [JournalEntry(row) for row in rows if row.uuid not in listed]  # a circle of corrections
    folded = words.casefold().strip()
    return [
        entry
        for entry in found
        if (not kinds or entry.row.kind in kinds)
        and (not author or entry.row.author == author)
        and (not folded or any(folded in row.text.casefold() for row in (entry.row, *entry.corrections)))
    ]


def latest_entries(rows: Sequence[JournalLine], most: int) -> list[JournalEntry]:
    """The last entries in the order of the journal, the newest first; one corrected since is as new as its correction."""
    ranks = {row.uuid: rank for rank, row in enumerate(rows)}
    found = sorted(
        entries(rows), key=lambda each: max(ranks[row.uuid] for row in (each.row, *each.corrections))
    )
    return found[::-1][:most]


def counted_lines(rows: Sequence[JournalLine]) -> str:
    """« 51 lignes, 2 corrections »."""
    whole = len(entries(rows))
    lines, more = counted(whole, "ligne"), len(rows) - whole
    return f"{lines}, {counted(more, 'correction')}" if more else lines


def _all_corrections(row: JournalLine, corrections: dict[object, list[JournalLine]]) -> list[JournalLine]:
    """Its corrections, and those of its corrections, each once."""
    found: list[JournalLine] = []
    waiting = [row]
    while waiting:
        new = [
            each for each in corrections.get(waiting.pop().uuid, ()) if each not in found and each is not row
        ]
        found += new
        waiting += new
    return sorted(found, key=lambda each: (each.entered_at, each.pk))


def faults(crisis: Crisis) -> list[str]:
    """What is wrong with the chains, in French, the device named."""
    return [
        f"{'Cette plateforme' if fault.device == crisis.device else f'Appareil {fault.device}'} : {fault.message}"
        for fault in chain_faults(stored_lines(crisis))
    ]


def decisions(crisis: Crisis, most: int) -> list[JournalEntry]:
    """The last decisions, the newest first."""
    return entries(rows_in_order(crisis), kinds=[KINDS.DECISION])[::-1][:most]
