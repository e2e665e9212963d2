"""Maintenance of a lake: small files merged, deleted rows dropped, expired versions forgotten, orphan files removed.

In: a lake's folder and a retention policy. Out: a report. Each step is one commit under the writers' lock, released between two
steps; interrupted anywhere, nothing is lost.
"""

# Names are DuckLake's own and ours; values are numbers or parameters: no text of a user becomes SQL.
# ruff: noqa: S608

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path
from typing import Final

import duckdb

from beffroi.lake import catalogues, files, inventory
from beffroi.lake.errors import LakeError
from beffroi.lake.quoting import quote_identifier, quote_literal
from beffroi.lake.store import QUARANTINE, Lake

GRACE: Final = timedelta(hours=1)
"""How long a file that no version needs any more stays: no query lasts as long (they are stopped after a minute)."""
SMALL: Final = 32 << 20  # bytes: a file as large as this is left as it is
DELETED: Final = 0.3  # the share of deleted rows from which a file is written again
BREATH: Final = 0.02  # seconds between two steps: a writer that waits for the lock gets it
AT_A_TIME: Final = 100  # versions forgotten in one commit

type ProgressCallback = Callable[[str], None]


@dataclass(frozen=True)
class RetentionPolicy:
    """What a lake must retain.

    `keep`: promised versions. Of the others, those made before `before` are forgotten (None: none is). `erase`:
    deleted rows are also dropped from the files, however few (personal data). `quarantined`: (table, delivery) whose
    quarantined rows are erased too.
    """

    keep: Collection[int] = ()
    before: datetime | None = None
    erase: bool = False
    quarantined: Collection[tuple[str, int]] = ()
    grace: timedelta = GRACE


@dataclass
class MaintenanceReport:
    """Report of one run. Sizes in bytes."""

    files_before: int = 0
    files_after: int = 0
    size_before: int = 0
    size_after: int = 0
    merged: int = 0
    rewritten: int = 0
    forgotten: list[int] = field(default_factory=list)  # versions
    removed: int = 0  # files that no version needed
    orphans: int = 0  # files that a stop left behind
    set_aside: int = 0  # rows set aside, erased

    @property
    def changed(self) -> bool:
        return bool(self.merged or self.rewritten or self.forgotten or self.removed or self.orphans)


def run_maintenance(
    folder: Path,
    policy: RetentionPolicy,
    *,
    known: Collection[str] = (),
    on_progress: ProgressCallback = lambda _: None,
    now: datetime | None = None,
) -> MaintenanceReport:
    """Run all steps. Raises LakeError; completed steps stay, and the rest is done by the next run.

    `known`: lost files (paths in the folder) already known to a person. They are never read nor rewritten: once
    merged, a damaged file would look intact.
    """
    report = MaintenanceReport()
    if not inventory.exists(folder):
        return report
    with Lake(folder) as lake:
        on_progress("relecture des fichiers")
        lake.record_inventory()
        # Written again, a damaged file would pass for a good one.
        faults = inventory.faults(folder, full=True)
        if found := [each for each in faults if each.path not in known]:
            raise LakeError(damaged(folder, found))
        lost = {_name(each.path) for each in faults}
        data_files = _data_files(folder)
        report.files_before, report.size_before = (
            len(data_files),
            sum(path.stat().st_size for path in data_files),
        )
        try:
            on_progress("fichiers laissés par un arrêt")
            report.orphans = _remove_orphans(lake)
            on_progress("lignes écartées échues")
            report.set_aside = _erase_quarantined(lake, policy.quarantined, lost)
            on_progress("versions échues")
            for some in batched(expired_versions(lake, policy), AT_A_TIME):
                report.forgotten += _forget(lake, some)
            on_progress("petits fichiers")
            _flush(lake)
            report.rewritten = _repeat(lake, lambda: _rewrite(lake, 0.0 if policy.erase else DELETED, lost))
            report.merged = _repeat(lake, lambda: _merge(lake, lost))
            on_progress("fichiers devenus inutiles")
            report.removed = _remove_old(lake, (now or datetime.now(UTC)) - policy.grace)
            lake.record_inventory(anew=True)
        except (duckdb.Error, OSError) as error:
            raise files.explain(error) from error
        data_files = _data_files(folder)
        report.files_after, report.size_after = (
            len(data_files),
            sum(path.stat().st_size for path in data_files),
        )
    return report


def damaged(folder: Path, faults: Sequence[inventory.Fault]) -> str:
    """French reason why the maintenance of a lake stops."""
    first = faults[0]
    more = f" (et {len(faults) - 1} autre{'s' if len(faults) > 2 else ''})" if len(faults) > 1 else ""
    return (
        f"« {folder.parent.name}/{folder.name}/{first.path} » manque ou est abîmé{more}. L'entretien de ces données s'arrête, "
        "rien n'a été modifié. Lancez « beffroi doctor --full » : il dit quelle sauvegarde garde encore ce qui manque."
    )


def remove_orphans(folder: Path) -> int:
    """Remove only the orphan files; their number."""
    if not catalogues.has_catalogue(folder):
        return 0
    with Lake(folder) as lake:
        try:
            return _remove_orphans(lake)
        except (duckdb.Error, OSError) as error:
            raise files.explain(error) from error


def version_dates(lake: Lake) -> dict[int, datetime]:
    """Creation date of each stored version."""
    rows = lake.query_rows("SELECT snapshot_id, snapshot_time FROM ducklake_snapshots('lake')")
    return {int(version): _moment(at) for version, at in rows}


def expired_versions(lake: Lake, policy: RetentionPolicy) -> list[int]:
    """Versions expired under this policy, oldest first; never the latest."""
    if policy.before is None:
        return []
    latest, promised = lake.version(), set(policy.keep)
    dated = sorted(version_dates(lake).items())
    return [v for v, at in dated if v != latest and v not in promised and at < policy.before]


# Steps: each takes the writers' lock, makes one commit, releases it


@contextmanager
def _write_step(lake: Lake) -> Iterator[None]:
    with files.write_lock(lake.path):
        if catalogues.catalogue_of(lake.path) != lake.catalogue:
            raise LakeError(
                "Le catalogue de ces données vient d'être déplacé. Rien n'a été perdu. Recommencez."
            )
        yield
        inventory.record(lake.path, lake.version())
    time.sleep(BREATH)


def _forget(lake: Lake, versions: tuple[int, ...]) -> list[int]:
    with _write_step(lake):
        listed = ", ".join(str(int(version)) for version in versions)
        rows = lake.query_rows(f"CALL ducklake_expire_snapshots('lake', versions => [{listed}])")
    return [int(row[0]) for row in rows]


def _flush(lake: Lake) -> None:
    """Write the rows inlined in the catalogue to files, where they can be merged."""
    with _write_step(lake):
        lake.execute("CALL ducklake_flush_inlined_data('lake')")


def _rewrite(lake: Lake, threshold: float, lost: Collection[str]) -> int:
    """Rewrite the files with deleted rows; tables where such a file is among the `lost` are skipped."""
    untouched = {table for table, _, deleted in _of_lost(lake, lost) if deleted}
    options = f"delete_threshold => {float(threshold)}"
    return sum(
        _compact(lake, "ducklake_rewrite_data_files", table, options)
        for table in _tables(lake)
        if table not in untouched
    )


def _merge(lake: Lake, lost: Collection[str]) -> int:
    """Merge the small files of each table, between the sizes of the lost ones: DuckLake cannot exclude a file by name."""
    sizes: dict[str, set[int]] = {}
    for table, size, _ in _of_lost(lake, lost):
        sizes.setdefault(table, set()).add(size)
    count = 0
    for table in _tables(lake):
        least = 0
        for most in (*sorted(size for size in sizes.get(table, ()) if size < SMALL), SMALL):
            options = f"max_compacted_files => 1, min_file_size => {least}, max_file_size => {most}"
            count += _compact(lake, "ducklake_merge_adjacent_files", table, options)
            least = most + 1
    return count


def _tables(lake: Lake) -> list[str]:
    return [
        name
        for (name,) in lake.query_rows("SELECT table_name FROM duckdb_tables() WHERE database_name = 'lake'")
    ]


def _compact(lake: Lake, function: str, table: str, options: str) -> int:
    """Call a compaction function of DuckLake on a table; number of files replaced."""
    with _write_step(lake):
        if not lake.has_table(table):
            return 0
        return sum(
            int(row[2])
            for row in lake.query_rows(f"CALL {function}('lake', {quote_literal(table)}, {options})")
        )


def _of_lost(lake: Lake, lost: Collection[str]) -> list[tuple[str, int, bool]]:
    """Data files that are lost, or whose delete file is: table, size in bytes, whether rows of it were deleted."""
    if not lost:
        return []
    place = _metadata(lake)
    rows = lake.query_rows(
        f"SELECT t.table_name, f.file_size_bytes, f.path, d.path FROM {place}.ducklake_data_file f "
        f"JOIN {place}.ducklake_table t USING (table_id) LEFT JOIN {place}.ducklake_delete_file d USING (data_file_id)"
    )
    return [
        (table, int(size), of_deleted is not None)
        for table, size, path, of_deleted in rows
        if _name(path) in lost or (of_deleted is not None and _name(of_deleted) in lost)
    ]


def _repeat(lake: Lake, step: Callable[[], int], most: int = 1000) -> int:
    total = 0
    for _ in range(most):
        done = step()
        total += done
        if not done:
            break
    return total


def _erase_quarantined(lake: Lake, expired: Collection[tuple[str, int]], lost: Collection[str]) -> int:
    """Erase quarantined rows; those in a lost file wait until the version that needs it expires."""
    if not expired:
        return 0
    with _write_step(lake):
        if not lake.has_table(QUARANTINE):
            return 0
        place, count = lake.table_sql(QUARANTINE), 0
        harmed = any(table == QUARANTINE for table, *_ in _of_lost(lake, lost))
        for table, delivery in sorted(expired):
            where = f"FROM {place} WHERE table_name = ? AND delivery = ?"
            try:
                if found := int(lake.query_rows(f"SELECT count(*) {where}", [table, delivery])[0][0]):
                    lake.execute(f"DELETE {where}", [table, delivery])
                    count += found
            except LakeError:
                if not harmed:
                    raise
        return count


def _remove_old(lake: Lake, before: datetime) -> int:
    """Remove files that no version has needed since `before`. The date is compared here: DuckLake 1.5.5 fails to on SQLite."""
    waiting = f"{_metadata(lake)}.ducklake_files_scheduled_for_deletion"
    with _write_step(lake):
        rows = lake.query_rows(f"SELECT data_file_id, path, schedule_start FROM {waiting}")
        due = [(int(number), _name(path)) for number, path, at in rows if _moment(at) <= before]
        if not due:
            return 0
        on_disk = {path.name: path for path in _data_files(lake.path)}
        needed = _needed(lake)
        for _, name in due:
            if name in on_disk and name not in needed:
                on_disk[name].unlink(missing_ok=True)
        # The files first: interrupted here, the next run finds them missing and only drops their names.
        numbers = ", ".join(str(number) for number, _ in due)
        lake.execute(f"DELETE FROM {waiting} WHERE data_file_id IN ({numbers})")
    return len(due)


def _remove_orphans(lake: Lake) -> int:
    """Remove files unknown to the catalogue: under the lock no writer is active, so no one needs them."""
    with _write_step(lake):
        known = _needed(lake) | {
            _name(path)
            for (path,) in lake.query_rows(
                f"SELECT path FROM {_metadata(lake)}.ducklake_files_scheduled_for_deletion"
            )
        }
        left = [path for path in _data_files(lake.path) if path.name not in known]
        for path in left:
            path.unlink(missing_ok=True)
    return len(left)


def _needed(lake: Lake) -> set[str]:
    """Names of the files needed by some version (random, hence unique)."""
    place = _metadata(lake)
    rows = lake.query_rows(
        f"SELECT path FROM {place}.ducklake_data_file UNION ALL SELECT path FROM {place}.ducklake_delete_file"
    )
    return {_name(path) for (path,) in rows}


def _metadata(lake: Lake) -> str:
    return f"__ducklake_metadata_lake.{quote_identifier(lake.catalogue.schema)}"


def _data_files(folder: Path) -> list[Path]:
    return [path for path in (folder / files.DATA).rglob("*") if path.is_file()]


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _moment(value: object) -> datetime:
    """Timestamp of the catalogue: PostgreSQL returns one, SQLite its text."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return found if found.tzinfo else found.replace(tzinfo=UTC)
