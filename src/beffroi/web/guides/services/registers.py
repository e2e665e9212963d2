"""Entries of a register: saved, removed, imported from a table, begun from the guide's own list, reported by a machine.

Every change is a revision. An import changes nothing until it is applied, and says what it would do.
"""

import itertools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from beffroi.guides import Register
from beffroi.guides.questionnaire import AnswersError, Fault
from beffroi.guides.register import read_entry, read_table
from beffroi.hashing import json_sha256
from beffroi.web.platform import ledger
from beffroi.web.platform.ledger import bulk_insert
from beffroi.web.platform.models import Person, Territory

from .. import search_documents
from ..errors import FaultsError, GuideError, RowsError, StaleEntryError
from ..library import library
from ..models import EntryRevision, RegisterEntry
from .access import require_answer

MOST_ROWS = 20_000
Origin = RegisterEntry.Origin
_CHANGING = ("identity", "values", "revision", "by", "at", "removed_at")


def entries_of(territory: Territory, register: Register) -> list[RegisterEntry]:
    """The entries as they stand, by identity."""
    return list(RegisterEntry.objects.of(territory).filter(register=register.id, removed_at=None))


def names_people(territory: Territory) -> bool:
    """Whether a register here says who somebody is."""
    personal = {
        guide.id: [one.key for one in guide.fields if one.personal]
        for guide in library().guides.values()
        if isinstance(guide, Register)
    }
    # A field of one register may bear the name of another's: each is asked for its own.
    named = (Q(register=key, values__has_any_keys=fields) for key, fields in personal.items() if fields)
    return bool(RegisterEntry.objects.of(territory).filter(reduce(or_, named, Q(pk__in=()))).exists())


def save_entry(
    territory: Territory,
    by: Person,
    register: Register,
    values: Mapping[str, Any],
    *,
    entry: RegisterEntry | None = None,
    seen: int | None = None,
) -> RegisterEntry:
    """Add an entry, or change this one; the same values are no change.

    `seen`: the revision that the person read, where it matters. Raises FaultsError; StaleEntryError where somebody changed
    the entry since; GuideError where another entry has the same name.
    """
    require_answer(by, register, territory)
    read = _read(register, values)
    with transaction.atomic():
        bulk_insert.lock_chain(territory.pk)
        if entry is not None:
            entry.refresh_from_db()
            if entry.removed_at is None and read == entry.values:
                return entry
            if seen not in (None, entry.revision):
                raise StaleEntryError
        if _live(territory, register, read).exclude(pk=entry.pk if entry else None).exists():
            raise GuideError(_taken(register), register.identity[0])
        saved = _write(territory, by, register, read, entry, Origin.TYPED)
        search_documents.refresh(territory, [saved])
        _append(saved, "register.save", by, read)
    return saved


def add_entries(
    territory: Territory, by: Person, register: Register, rows: Sequence[Mapping[str, Any]]
) -> list[RegisterEntry]:
    """Add several entries in one act: all of them, or none. Raises RowsError with every fault by row, from 0."""
    require_answer(by, register, territory)
    entries: list[dict[str, Any]] = []
    faults: list[tuple[int, Fault]] = []
    with transaction.atomic():
        bulk_insert.lock_chain(territory.pk)
        taken = set(_live_identities(territory, register))
        for number, row in enumerate(rows):
            try:
                values = _read(register, row)
            except FaultsError as error:
                faults += [(number, fault) for fault in error.faults]
                continue
            if (identity := _identity(register, values)) in taken:
                faults.append((number, Fault(register.identity[0], _taken(register))))
            taken.add(identity)
            entries.append(values)
        if faults:
            raise RowsError(faults)
        saved = [_write(territory, by, register, values, None, Origin.TYPED) for values in entries]
        if saved:
            search_documents.refresh(territory, saved)
            _append_import(territory, by, register, created=entries)
    return saved


def confirm_entry(entry: RegisterEntry, by: Person, register: Register) -> RegisterEntry:
    """Say that an entry which nobody typed is right as it stands; no change where somebody already did."""
    require_answer(by, register, entry.territory)
    with transaction.atomic():
        bulk_insert.lock_chain(entry.territory_id)
        entry.refresh_from_db()
        if entry.removed_at is None and entry.is_unconfirmed:
            _save_revision(entry, by, entry.values)
            _append(entry, "register.save", by, entry.values)
    return entry


def remove_entry(entry: RegisterEntry, by: Person, register: Register) -> None:
    """Take an entry out of the register; its revisions stay."""
    require_answer(by, register, entry.territory)
    with transaction.atomic():
        bulk_insert.lock_chain(entry.territory_id)
        entry.refresh_from_db()
        if entry.removed_at is not None:
            return
        entry.removed_at = timezone.now()
        _save_revision(entry, by, None)
        search_documents.refresh(entry.territory, [entry])
        _append(entry, "register.remove", by, {})


def put_back(entry: RegisterEntry, by: Person, register: Register) -> RegisterEntry:
    """Undo a removal: the entry comes back as it was."""
    return save_entry(entry.territory, by, register, entry.values, entry=entry)


@dataclass
class ImportReport:
    """What a table brings: new entries, entries changed (before, after), how many stay as they are.

    `faults`: by line, from 1 under the heading where the lines are not known; `unknown_columns`: those left out.
    """

    created: list[dict[str, Any]] = field(default_factory=list)
    changed: list[tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=list)
    same: int = 0
    faults: list[tuple[int, Fault]] = field(default_factory=list)
    unknown_columns: list[str] = field(default_factory=list)

    @property
    def sha256(self) -> str:
        """Hash of what it would write, and over what."""
        return json_sha256([self.created, self.changed])


def import_table(
    territory: Territory,
    by: Person,
    register: Register,
    heading: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    apply: bool,
    expected: str = "",
    lines: Iterable[int] = (),
) -> ImportReport:
    """Read a table of texts into the register: what is new, what changes. `apply`: write it; otherwise only say it.

    An entry that exists keeps the fields that the table does not have. `lines`: of the rows in what was brought. `expected`: the hash of the report that the person
    read, where nothing else may be written. Raises FaultsError where the table cannot be read, StaleEntryError where the
    register changed since that report.
    """
    require_answer(by, register, territory)
    rows = list(rows)
    if len(rows) > MOST_ROWS:
        raise GuideError(
            f"Ce fichier a {len(rows)} lignes, plus que les {MOST_ROWS} d'un registre. Coupez-le."
        )
    try:
        table = read_table(register, heading, rows, timezone.localdate(), lines or itertools.count(1))
    except AnswersError as error:
        raise FaultsError(error.faults) from error
    report = merge_entries(territory, by, register, table.entries, apply=apply, expected=expected)
    report.faults, report.unknown_columns = table.faults, table.unknown_columns
    return report


def merge_entries(
    territory: Territory,
    by: Person,
    register: Register,
    entries: Iterable[dict[str, Any]],
    *,
    apply: bool = True,
    expected: str = "",
) -> ImportReport:
    """Add entries that were read, or change those of the same name: the fields that they do not have stay. See `import_table`."""
    require_answer(by, register, territory)
    with transaction.atomic():
        bulk_insert.lock_chain(territory.pk)
        existing = {entry.identity: entry for entry in entries_of(territory, register)}
        report = ImportReport()
        writes: list[tuple[dict[str, Any], RegisterEntry | None]] = []
        for values in entries:
            entry = existing.get(_identity(register, values))
            if entry is None:
                report.created.append(values)
            elif (merged := {**entry.values, **values}) == entry.values:
                report.same += 1
                continue
            else:
                report.changed.append((entry.values, merged))
                values = merged
            writes.append((values, entry))
        if len(existing) + len(report.created) > MOST_ROWS:
            raise GuideError(f"Un registre a {MOST_ROWS} lignes au plus. Rien n'a été enregistré.")
        if not apply:
            return report
        if expected and expected != report.sha256:
            raise StaleEntryError
        written = [_write(territory, by, register, values, entry, Origin.FILE) for values, entry in writes]
        if writes:
            search_documents.refresh(territory, written)
            _append_import(territory, by, register, report.created, [after for _, after in report.changed])
    return report


type LocalRows = Callable[[Territory], Mapping[str, Mapping[str, Any]]]
"""What is known of the rows of a guide in the place of a territory: fields by the name of the row."""
_local_rows: dict[str, LocalRows] = {}


def register_local_rows(register: str, rows: LocalRows) -> None:
    """Have the rows that this guide brings completed by a room that knows the place. `register`: the identifier of the guide."""
    _local_rows[register] = rows


def local_rows(territory: Territory, register: Register) -> Mapping[str, Mapping[str, Any]]:
    """What is known here of the rows of this guide, by the name of the row."""
    return _local_rows[register.id](territory) if register.id in _local_rows else {}


def new_rows(territory: Territory, register: Register) -> dict[int, dict[str, Any]]:
    """The entries that the guide brings and that were never here, by their rank in the guide, with what is known of the place."""
    every = RegisterEntry.objects.of(territory).filter(register=register.id)
    # An entry of the list that was removed stays so.
    known = set(every.values_list("identity", flat=True))
    local = local_rows(territory, register)
    rows = {
        rank: _read(register, row | local.get(str(row[register.identity[0]]), {}))
        for rank, row in enumerate(register.rows)
    }
    return {rank: values for rank, values in rows.items() if _identity(register, values) not in known}


def begin_with_rows(
    territory: Territory, by: Person, register: Register, chosen: Collection[int] | None = None
) -> int:
    """Add the entries that the guide brings and that are not there; how many. `chosen`: the ranks of those wanted, or all."""
    require_answer(by, register, territory)
    with transaction.atomic():
        bulk_insert.lock_chain(territory.pk)
        added = [
            _write(territory, by, register, values, None, Origin.GUIDE)
            for rank, values in new_rows(territory, register).items()
            if chosen is None or rank in chosen
        ]
        if added:
            search_documents.refresh(territory, added)
            _append_import(territory, by, register, [entry.values for entry in added])
    return len(added)


def report_entry(
    territory: Territory, register: Register, values: Mapping[str, Any], entry: RegisterEntry | None = None
) -> RegisterEntry:
    """What a machine reports of itself: added, or changed in the fields that no person wrote; the entry as it stands.

    `entry`: the machine's own, whatever people named it since; without one, that of the same name. One that was removed comes
    back: the machine is still there. No ledger line: nobody acted. Raises FaultsError.
    """
    with transaction.atomic():
        bulk_insert.lock_chain(territory.pk)
        if entry is not None:
            entry.refresh_from_db()
        else:
            entry = _live(territory, register, values).first()
        typed = _typed_fields(entry) if entry is not None else set()
        known = entry.values if entry is not None else {}
        read = _read(register, known | {key: value for key, value in values.items() if key not in typed})
        if entry is not None and _live(territory, register, read).exclude(pk=entry.pk).exists():
            if entry.removed_at is not None:
                return entry  # somebody wrote another one in its place
            read |= {key: known[key] for key in register.identity}  # another entry has the machine's new name
        if entry is not None and entry.removed_at is None and read == entry.values:
            return entry
        reported = _write(territory, None, register, read, entry, Origin.MACHINE)
        search_documents.refresh(territory, [reported])
    return reported


def is_reported_only(entry: RegisterEntry) -> bool:
    """Whether nobody ever wrote or confirmed anything of it."""
    return not entry.revisions.exclude(by=None).exists()


def _typed_fields(entry: RegisterEntry) -> set[str]:
    """The fields that a person was the last to change, emptied ones too."""
    authors: dict[str, int | None] = {}
    before: dict[str, Any] = {}
    for values, by in entry.revisions.order_by("revision").values_list("values", "by_id"):
        if values is not None:
            changed = (key for key in values | before if values.get(key) != before.get(key))
            authors |= dict.fromkeys(changed, by)
            before = values
    return {key for key, by in authors.items() if by is not None}


def _read(register: Register, values: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return read_entry(register, values, timezone.localdate())
    except AnswersError as error:
        raise FaultsError(error.faults) from error


def _identity(register: Register, values: Mapping[str, Any]) -> str:
    return " | ".join(register.identity_of(values))[:300]


def _taken(register: Register) -> str:
    label = next(each.label for each in register.fields if each.key == register.identity[0])
    return f"Une ligne du registre porte déjà ce nom. Changez « {label} », ou corrigez l'autre ligne."


def _live_identities(territory: Territory, register: Register) -> Any:
    live = RegisterEntry.objects.of(territory).filter(register=register.id, removed_at=None)
    return live.values_list("identity", flat=True)


def _live(territory: Territory, register: Register, values: Mapping[str, Any]) -> Any:
    identity = _identity(register, values)
    return RegisterEntry.objects.of(territory).filter(
        register=register.id, identity=identity, removed_at=None
    )


def _write(
    territory: Territory,
    by: Person | None,
    register: Register,
    values: dict[str, Any],
    entry: RegisterEntry | None,
    origin: str,
) -> RegisterEntry:
    """The entry with these values, new or changed, and its revision."""
    if entry is None:
        entry = RegisterEntry(territory=territory, register=register.id, origin=origin, revision=0)
    entry.values, entry.identity, entry.removed_at = values, _identity(register, values), None
    _save_revision(entry, by, values)
    return entry


def _save_revision(entry: RegisterEntry, by: Person | None, values: dict[str, Any] | None) -> None:
    entry.revision += 1
    entry.by, entry.at = by, timezone.now()
    # The database refuses to write again what an entry is of: its register, its origin.
    entry.save(update_fields=_CHANGING if entry.pk else None)
    EntryRevision.objects.create(
        territory=entry.territory, entry=entry, revision=entry.revision, values=values, by=by, at=entry.at
    )


def _append(entry: RegisterEntry, act: str, by: Person, values: Mapping[str, Any]) -> None:
    about = {"register": entry.register, "revision": entry.revision}
    ledger.append(entry.territory, act, by, f"entry:{entry.pk}", about | _commit(values))


def _append_import(
    territory: Territory,
    by: Person,
    register: Register,
    created: Sequence[Mapping[str, Any]],
    changed: Sequence[Mapping[str, Any]] = (),
) -> None:
    counts = {"created": len(created), "changed": len(changed)}
    ledger.append(
        territory,
        "register.import",
        by,
        f"register:{register.id}",
        counts | _commit([*created, *changed]),
    )


def _commit(values: Any) -> dict[str, str]:
    return {"sha256": json_sha256(values)}
