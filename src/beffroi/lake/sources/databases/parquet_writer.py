"""Writer of a table's rows to one Parquet file, by batches, whatever the size of the table.

In: a connection with a consistent snapshot, the column plans. Out: the file, whose rows are compared with the database's count.
"""

import contextlib
import datetime
import decimal
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import sqlalchemy as sa

from beffroi.lake.readers.parquet import TEXTS
from beffroi.lake.sources.databases.source_columns import ColumnPlan
from beffroi.lake.sources.errors import SourceError
from beffroi.lake.sources.network import Egress
from beffroi.lake.sources.offers import ProgressCallback
from beffroi.text import format_number

BATCH = 10_000
# A row group of the file: so many rows, or so many bytes, whichever comes first.
GROUP, HEAVY = 120_000, 64 << 20


class Spoilt:
    """Count, by column, of values that no date or number type can represent; they are written empty and reported."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def add(self, name: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1

    def notes(self) -> list[str]:
        return [
            f"{count} valeur(s) de « {name} » ne sont pas de vraies dates : elles sont vides."
            for name, count in self.counts.items()
        ]


def write(
    connection: sa.Connection,
    query: sa.Select[Any],
    plans: Sequence[ColumnPlan],
    path: Path,
    egress: Egress,
    on_progress: ProgressCallback,
) -> tuple[int, list[str]]:
    """Write the query to the file; row count, and notes."""
    schema = pa.schema(
        [pa.field(plan.name, plan.arrow) for plan in plans],
        metadata={TEXTS: json.dumps([plan.name for plan in plans if plan.sure]).encode()},
    )
    rows, spoilt = 0, Spoilt()
    waiting: list[pa.RecordBatch] = []
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for part in _parts(connection, query):
            arrays = [
                _array(plan, values, spoilt)
                for plan, values in zip(plans, zip(*part, strict=True), strict=True)
            ]
            batch = pa.record_batch(arrays, schema=schema)
            egress.count_received(batch.nbytes)
            waiting.append(batch)
            if sum(one.num_rows for one in waiting) >= GROUP or sum(one.nbytes for one in waiting) >= HEAVY:
                writer.write_table(pa.Table.from_batches(waiting))
                waiting.clear()
            before, rows = rows, rows + len(part)
            if rows // 100_000 != before // 100_000:
                on_progress(f"{format_number(rows, ',')} lignes reçues.")
        if waiting:
            writer.write_table(pa.Table.from_batches(waiting))
    return rows, spoilt.notes()


def _parts(connection: sa.Connection, query: sa.Select[Any]) -> Iterator[Sequence[Any]]:
    streaming = connection.execution_options(stream_results=True, max_row_buffer=BATCH)
    with streaming.execute(query) as result:
        yield from result.partitions(BATCH)


def _array(plan: ColumnPlan, values: Sequence[Any], spoilt: Spoilt) -> pa.Array:
    """Arrow array of a batch of one column: fast conversions first, value by value when one does not fit."""
    for way in (_as_is, _from_texts, _from_floats):
        with contextlib.suppress(pa.ArrowException, OverflowError):
            return way(values, plan.arrow)
    return pa.array([_value(plan, value, spoilt) for value in values], plan.arrow)


def _as_is(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    return pa.array(values, kind)


def _from_texts(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Dates and decimals that the driver returns as the database's text (MariaDB)."""
    if not (pa.types.is_temporal(kind) or pa.types.is_decimal(kind)):
        raise pa.ArrowNotImplementedError
    texts = pa.array(values, pa.string())
    if pa.types.is_timestamp(kind) and kind.tz:
        return pc.assume_timezone(texts.cast(pa.timestamp(kind.unit)), kind.tz)
    return texts.cast(kind)


def _from_floats(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Decimals stored as floats (SQLite), known to have no more digits than declared."""
    if not pa.types.is_decimal(kind):
        raise pa.ArrowNotImplementedError
    return pa.array(values, pa.float64()).cast(kind)


def _value(plan: ColumnPlan, value: Any, spoilt: Spoilt) -> Any:
    kind = plan.arrow
    if value is None:
        return None
    if pa.types.is_string(kind):
        return value_text(value)
    if pa.types.is_boolean(kind):
        return bool(int.from_bytes(value)) if isinstance(value, bytes) else bool(value)
    if pa.types.is_decimal(kind):
        return decimal.Decimal(repr(value) if isinstance(value, float) else value).quantize(
            decimal.Decimal(1).scaleb(-kind.scale), context=decimal.Context(prec=76)
        )
    if pa.types.is_temporal(kind) and isinstance(value, str):
        return _moment(plan, value, spoilt)
    if pa.types.is_date(kind) and isinstance(value, datetime.datetime):
        return value.date()
    if pa.types.is_floating(kind):
        return float(value)
    if pa.types.is_integer(kind):
        return int(value)
    return value


def _moment(plan: ColumnPlan, value: str, spoilt: Spoilt) -> datetime.date | None:
    """Date of a text, None for « 0000-00-00 » and the like."""
    try:
        found = datetime.datetime.fromisoformat(value)
    except ValueError:
        spoilt.add(plan.name)
        return None
    if pa.types.is_date(plan.arrow):
        return found.date()
    return found.replace(tzinfo=datetime.UTC) if plan.arrow.tz else found


def value_text(value: Any) -> str:
    """Round-trippable text of a value: JSON for documents, ISO for dates and times."""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, datetime.timedelta):
        seconds = int(value.total_seconds())
        sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
        return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def parse_cursor(kind: pa.DataType, since: str, column: str) -> Any:
    """Cursor's text as a value of its column. Raises SourceError when the column is no longer of that type."""
    try:
        if pa.types.is_integer(kind):
            return int(since)
        if pa.types.is_decimal(kind):
            return decimal.Decimal(since)
        if pa.types.is_floating(kind):
            return float(since)
        if pa.types.is_timestamp(kind):
            return datetime.datetime.fromisoformat(since)
        if pa.types.is_date(kind):
            return datetime.date.fromisoformat(since)
    except (ValueError, decimal.InvalidOperation) as error:
        raise SourceError(
            f"La colonne « {column} » a changé de nature : la reprise ne peut pas continuer d'où elle en était. Ce que vous "
            "avez déjà est gardé. Refaites une reprise entière de cette source."
        ) from error
    return since
