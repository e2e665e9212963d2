"""Entries of a register: saved, removed, imported from a table, begun from the guide's own list, reported by a machine.

Every change is a revision. An import changes nothing until it is applied, and says what it would do.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from beffroi.guides import Register
from beffroi.guides.questionnaire import AnswersError, Fault
from beffroi.guides.register import read_entry, read_table
from beffroi.hashing import json_sha256
from beffroi.web.platform import ledger
from beffroi.web.platform.ledger import bulk_insert
from beffroi.web.platform.models import Person, Territory

from ..errors import FaultsError, GuideError
from ..models import EntryRevision, RegisterEntry
from .access import require_answer

MOST_ROWS = 20_000
Origin = RegisterEntry.Origin


def entries_of(territory: Territory, register: Register) -> list[RegisterEntry]:
    """The entries as they stand, by identity."""
    return list(RegisterEntry.objects.of(territory).filter(register=register.id, removed_at=None))


def save_entry(
    territory: Territory,
    by: Person,
    register: Register,
    values: Mapping[str, Any],
    *,
    entry: RegisterEntry | None = None,
) -> RegisterEntry:
    """Add an entry, or change this one. Raises FaultsError; GuideError where another entry has the same name."""
    require_answer(by, register, territory)
    read = _read(register, values)
    with transaction.atomic():
        bulk_insert.lock_chain(territory.pk)
        other = _live(territory, register, read).exclude(pk=entry.pk if entry else None).first()
        if other is not None:
            label = next(each.label for each in register.fields if each.key == register.identity[0])
            raise GuideError(
                f"Une ligne du registre porte déjà ce nom. Changez « {label} », ou corrigez l'autre ligne.",
                register.identity[0],
            )
        saved = _write(territory, by, register, read, entry, Origin.TYPED)
        _append(saved, "register.save", by, read)
    return saved


def remove_entry(entry: RegisterEntry, by: Person, register: Register) -> None:
    """Take an entry out of the register; its revisions stay."""
    require_answer(by, register, entry.territory)
    with transaction.atomic():
        bulk_insert.lock_chain(entry.territory_id)
        entry.removed_at = timezone.now()
        _save_revision(entry, by, None)
        _append(entry, "register.remove", by, {})


def put_back(entry: RegisterEntry, by: Person, register: Register) -> RegisterEntry:
    """Undo a removal: the entry comes back as it was."""
    return save_entry(entry.territory, by, register, entry.values, entry=entry)


@dataclass(frozen=True)
class ImportReport:
    """What a table brings: entries by what happens to them, faults by row (from 1 under the heading), columns left out."""

    created: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    same: int = 0
    faults: list[tuple[int, Fault]] = field(default_factory=list)
    unknown_columns: list[str] = field(default_factory=list)


def import_table(
    territory: Territory,
    by: Person,
    register: Register,
    heading: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    apply: bool,
) -> ImportReport:
    """Read a table of texts into the register: what is new, what changes. `apply`: write it; otherwise only say it.

    An entry that exists keeps the fields that the table does not have. Raises FaultsError where the table cannot be read.
    """
    require_answer(by, register, territory)
    rows = list(rows)
    if len(rows) > MOST_ROWS:
        raise GuideError(
            f"Ce fichier a {len(rows)} lignes, plus que les {MOST_ROWS} d'un registre. Coupez-le."
        )
    try:
        table = read_table(register, heading, rows, timezone.localdate())
    except AnswersError as error:
        raise FaultsError(error.faults) from error
    with transaction.atomic():
        bulk_insert.lock_chain(territory.pk)
        existing = {entry.identity: entry for entry in entries_of(territory, register)}
        report = ImportReport(faults=table.faults, unknown_columns=table.unknown_columns)
        same = 0
        for values in table.entries:
            entry = existing.get(_identity(register, values))
            merged = {**entry.values, **values} if entry else values
            if entry and merged == entry.values:
                same += 1
                continue
            (report.changed if entry else report.created).append(merged)
            if apply:
                _write(territory, by, register, merged, entry, Origin.FILE)
        if apply and (report.created or report.changed):
            ledger.append(
                territory,
                "register.import",
                by,
                f"register:{register.id}",
                {"created": len(report.created), "changed": len(report.changed)}
                | _commit([*report.created, *report.changed]),
            )
    return ImportReport(report.created, report.changed, same, report.faults, report.unknown_columns)


def begin_with_rows(territory: Territory, by: Person, register: Register) -> int:
    """Add the entries that the guide brings and that are not there; how many."""
    require_answer(by, register, territory)
    with transaction.atomic():
        bulk_insert.lock_chain(territory.pk)
        # An entry of the list that was removed stays so.
        existing = set(
            RegisterEntry.objects.of(territory)
            .filter(register=register.id)
            .values_list("identity", flat=True)
        )
        added = []
        for row in register.rows:
            values = _read(register, row)
            if _identity(register, values) not in existing:
                added.append(values)
                _write(territory, by, register, values, None, Origin.GUIDE)
        if added:
            ledger.append(
                territory,
                "register.import",
                by,
                f"register:{register.id}",
                {"created": len(added)} | _commit(added),
            )
    return len(added)


def report_entry(territory: Territory, register: Register, values: Mapping[str, Any]) -> RegisterEntry | None:
    """What a machine reports of itself: added, or changed where people wrote nothing else; None when nothing changed.

    What a person typed wins over what a machine says. No ledger line: nobody acted.
    """
    with transaction.atomic():
        bulk_insert.lock_chain(territory.pk)
        entry = _live(territory, register, values).first()
        written = set(entry.values) if entry is not None and entry.origin != Origin.MACHINE else set()
        fresh = {key: value for key, value in values.items() if key not in written}
        read = _read(register, {**(entry.values if entry else {}), **fresh})
        if entry is not None and read == entry.values:
            return None
        return _write(territory, None, register, read, entry, Origin.MACHINE)


def _read(register: Register, values: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return read_entry(register, values, timezone.localdate())
    except AnswersError as error:
        raise FaultsError(error.faults) from error


def _identity(register: Register, values: Mapping[str, Any]) -> str:
    return " | ".join(register.identity_of(values))[:300]


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
    entry.save()
    EntryRevision.objects.create(
        territory=entry.territory, entry=entry, revision=entry.revision, values=values, by=by, at=entry.at
    )


def _append(entry: RegisterEntry, act: str, by: Person, values: Mapping[str, Any]) -> None:
    about = {"register": entry.register, "revision": entry.revision}
    ledger.append(entry.territory, act, by, f"entry:{entry.pk}", about | _commit(values))


def _commit(values: Any) -> dict[str, str]:
    return {"sha256": json_sha256(values)}
