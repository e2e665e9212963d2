"""Temporary Parquet extract of a grant, for an engine that reads no lake (Spark, Sail).

In: a grant. Out: a folder of plain Parquet files; deletions, column names and masks are applied, and none of the
lake's own files is exposed. Removed after use, or at the next extract if the process is killed. Results of that
engine still leave through `recipes.release`, floor and groups included.
"""

import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from beffroi.lake import files
from beffroi.lake.errors import LakeError
from beffroi.lake.grants import Grant
from beffroi.lake.store import Lake

ROWS_A_FILE: Final = 5_000_000
ROWS_A_BATCH: Final = 100_000
PREFIX: Final = "extrait-"
_MARK: Final = ".en-cours"
_YOUNG: Final = 60.0  # seconds
_WIDEST: Final = pa.decimal128(38, 0)


@dataclass(frozen=True)
class Extract:
    """Folder of plain Parquet files. `columns`: their names and Arrow types, as written."""

    folder: Path
    files: tuple[Path, ...]
    columns: tuple[tuple[str, str], ...]
    rows: int
    grant: Grant

    @property
    def glob(self) -> str:
        """Pattern of all files, for another engine."""
        return str(self.folder / "*.parquet")


@contextmanager
def temporary_extract(
    grant: Grant,
    snapshot: int | None = None,
    *,
    within: Path | None = None,
    unit_as: str | None = None,
    row_as: str | None = None,
) -> Iterator[Extract]:
    """Rows and columns of the grant at `snapshot` (a version of the lake; by default the grant's own).

    `within`: parent of the temporary folder (by default the system's). Extracts of killed processes found there are
    removed first. `unit_as`, `row_as`: see `granted_table`. Raises GrantExpired, LakeError.
    """
    grant.check()
    if snapshot is not None and snapshot != grant.version:
        raise LakeError(
            f"L'accès à « {grant.dataset} » porte sur une autre version que celle demandée. Aucun extrait n'a été fait. "
            "Demandez un accès à cette version."
        )
    parent = Path(within or tempfile.gettempdir())
    parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    remove_stale_extracts(parent)
    with _private(parent) as folder:
        try:
            with Lake(Path(grant.lake), read_only=True) as lake:
                made, columns, rows = _write(lake.relation(grant, unit_as=unit_as, row_as=row_as), folder)
        except (OSError, duckdb.Error) as error:
            raise files.explain(error) from error
        grant.check()  # a long extract does not outlive its grant
        yield Extract(folder, made, columns, rows, grant)


def remove_stale_extracts(parent: Path) -> int:
    """Remove the extracts of dead processes; their number. One in use is locked by its process."""
    count = 0
    for folder in [*parent.glob(f"{PREFIX}*"), *parent.glob(f".{PREFIX}*")] if parent.is_dir() else ():
        try:
            status = folder.lstat()
        except FileNotFoundError:
            continue  # its owner has just ended
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
            continue
        if folder.name.startswith(".") and status.st_mtime > time.time() - _YOUNG:
            continue  # not held yet by who makes it
        with _try_lock(folder) as free:
            if free:
                shutil.rmtree(folder, ignore_errors=True)
                count += 1
    return count


@contextmanager
def _private(parent: Path) -> Iterator[Path]:
    # The folder gets its name once locked: the removal of stale extracts never deletes it.
    draft = Path(tempfile.mkdtemp(prefix=f".{PREFIX}", dir=parent))
    folder = parent / draft.name.removeprefix(".")
    try:
        with (draft / _MARK).open("wb") as mark:
            fcntl.flock(mark, fcntl.LOCK_EX)
            draft.rename(folder)
            yield folder
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _try_lock(folder: Path) -> Iterator[bool]:
    """Lock the folder; False when another process holds it."""
    try:
        handle = os.open(folder / _MARK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        yield False
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(handle)


def _write(relation: Any, folder: Path) -> tuple[tuple[Path, ...], tuple[tuple[str, str], ...], int]:
    batches = relation.to_pyarrow_batches(chunk_size=ROWS_A_BATCH)
    schema = pa.schema([pa.field(field.name, _plain(field.type)) for field in batches.schema])
    made: list[Path] = []
    writer: pq.ParquetWriter | None = None
    rows = total = 0
    try:
        for batch in batches:
            if writer is None or rows >= ROWS_A_FILE:
                if writer is not None:
                    writer.close()
                made.append(folder / f"part-{len(made):05}.parquet")
                writer, rows = _writer(made[-1], schema), 0
            writer.write_table(pa.Table.from_batches([batch]).cast(schema))
            rows += batch.num_rows
            total += batch.num_rows
        if writer is None:  # no row: a file that still tells the columns
            made.append(folder / "part-00000.parquet")
            writer = _writer(made[-1], schema)
    finally:
        if writer is not None:
            writer.close()
    return tuple(made), tuple((field.name, str(field.type)) for field in schema), total


def _writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.close(descriptor)
    return pq.ParquetWriter(path, schema, compression="zstd", version="2.6")


def _plain(kind: pa.DataType) -> pa.DataType:
    """Nearest type that Spark and Sail read alike: dates and amounts exact, timestamps to the microsecond."""
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", tz="UTC" if kind.tz else None)
    if pa.types.is_unsigned_integer(kind):
        return _WIDEST if kind.bit_width == 64 else pa.int64()
    if pa.types.is_time(kind):
        return pa.string()  # Spark has no time of day
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_null(kind):
        return pa.string()
    return kind
