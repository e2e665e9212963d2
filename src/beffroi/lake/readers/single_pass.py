"""Single-pass reading of a long, regular text: read, typed and written at once, or not at all.

In: a `Source` whose rows are still in their file. Out: the `StagedTable` that `materialize` would give, or None at
the first surprise: nothing has changed then, and `materialize` reads the file thoroughly. A sample (the head, some
stretches, the first values of sparse columns) gives the verdict on each column and a `Promise` checked on every other
row as it is read.
"""

# ruff: noqa: S608 - names are ours, and a text of the file only enters through `quote_literal` or a parameter

import logging
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import duckdb

from beffroi.lake.engine import connect
from beffroi.lake.quoting import quote_identifier, quote_literal
from beffroi.lake.readers import projections
from beffroi.lake.readers.columns import identifiers
from beffroi.lake.readers.dialect import Dialect, records
from beffroi.lake.readers.encodings import to_utf8
from beffroi.lake.readers.infer import SAMPLE, annotate, count, proposals_of, sample
from beffroi.lake.readers.line_ranges import cores_for
from beffroi.lake.readers.materialize import (
    ROWS,
    build_staged_table,
    describe_columns,
    drop_unused_columns,
    last_row_kind,
    make_staged_folder,
    read_labels,
    repeats_header,
    write_parquet,
)
from beffroi.lake.readers.parquet_parts import NotAlike, concatenate
from beffroi.lake.readers.proposals import (
    BOOLEANS,
    CheckResults,
    Promise,
    Proposal,
    Typed,
    error_sql,
    is_missing,
)
from beffroi.lake.readers.source import (
    BLANKS,
    UNKNOWN_TRAITS,
    DelimitedText,
    Source,
    TextTraits,
    open_connection,
)
from beffroi.lake.readers.subtotals import FIRST_LETTERS, MAX_ROWS, starts_like_total
from beffroi.lake.readers.text_pieces import NotText, Piece, PieceReader
from beffroi.lake.tables import StagedTable

log = logging.getLogger(__name__)
# Below, two passes cost nothing that a person would notice.
MIN_SIZE = 8 << 20
# Above, the engine plans so many checks at once that it costs more than a second pass.
WIDEST = 100
HEAD_ROWS = 5_000
STRETCHES, STRETCH = 8, 1 << 16
_TAIL = 1 << 18


def read_in_one_pass(source: Source, staging: Path) -> StagedTable | None:
    """Staged table, or None when `materialize` must read the file."""
    text = source.text
    if text is None or source.corrections or source.width > WIDEST or text.path.stat().st_size < MIN_SIZE:
        return None
    # On a connection of its own: an internal error of DuckDB would invalidate that of the source.
    with closing(open_connection(source.work, threads=1)) as connection:
        draft = replace(
            source,
            connection=connection,
            labels=[*source.labels],
            hints={**source.hints},
            guesses=[*source.guesses],
            text=None,
        )
        draft.quarantine_table(source.connection.table("quarantine").to_arrow_table())
        try:
            return _read(draft, text, staging)
        except (_Surprise, NotAlike, NotText, duckdb.Error) as error:
            # The lines below the first one quote the file.
            log.info("%s is read the thorough way: %s", source.origin, str(error).partition("\n")[0])
            return None


class _Surprise(Exception):
    """Something that the sample did not promise, or that a single pass cannot follow."""


@dataclass(frozen=True)
class _SampledColumn:
    proposal: Proposal
    label: str
    found: CheckResults
    verdict: Typed


@dataclass(frozen=True)
class _Column(_SampledColumn):
    promise: Promise
    is_date: bool = False  # the cells come from the CSV reader as dates


def _read(draft: Source, text: DelimitedText, staging: Path) -> StagedTable:
    taken = _take_head(draft, text)
    whole = taken < HEAD_ROWS
    read_labels(draft)
    places = drop_unused_columns(draft)
    last = _last_row(text)
    if draft.width > 1 and last_row_kind([last[place] for place in places]):
        raise _Surprise("the last row may be a total or a note")
    unused = [f"c{place + 1}" for place in range(text.width) if place not in places]
    cells = ", ".join(f"c{old + 1} AS c{new}" for new, old in enumerate(places, 1))
    samples = [sample(draft, place) for place in range(draft.width)]
    if not whole:
        sparse = _sparse_columns(draft)
        if sparse:
            text = text.in_utf8()
            samples = _first_values(draft, f"SELECT {cells} FROM ({text.cells(text.path)})", samples, sparse)
        _take_stretches(draft, text, cells)
    names = identifiers(draft.labels)
    located = projections.find_coordinates(names, samples)
    if located and (located.makes_points or located.projection.code not in projections.DEGREES):
        raise _Surprise("a geometry is to be made of other columns")
    sampled = _sampled_columns(draft, names, samples)

    @cache
    def columns_of(traits: TextTraits) -> tuple[list[_Column], str]:
        return _dated(_columns(sampled, names, traits), traits)

    columns, _ = columns_of(UNKNOWN_TRAITS)

    def query(piece: Piece) -> str:
        columns, date_format = columns_of(piece.traits)
        dates = {places[place] for place, column in enumerate(columns) if column.is_date}
        chosen = ", ".join(
            f"{column.promise.sql} AS {quote_identifier(name)}"
            for column, name in zip(columns, names, strict=True)
        )
        number = f"row_number() OVER () + {piece.first - 1}"
        if unused:
            number = f"CASE WHEN coalesce({', '.join(unused)}) IS NULL THEN {number} ELSE {error_sql('unused')} END"
        read = text.cells(
            piece.path, traits=piece.traits, skip=piece.skip, dates=dates, date_format=date_format
        )
        line = _line(draft, columns, text.rows)
        return f"SELECT {chosen}, {line} AS _line FROM (SELECT {number} AS _line, {cells} FROM ({read}))"

    folder = make_staged_folder(draft, staging)
    try:
        written = _write(draft, text, query, folder / ROWS)
        if written != text.rows and (text.rows is not None or written <= MAX_ROWS):
            raise _Surprise(f"{text.rows or 'few'} lines, {written} rows")
        verdicts = [
            annotate(draft, place, names[place], verdict)
            for place, verdict in enumerate(_verdicts(draft, names, columns, folder / ROWS))
        ]
        described_columns, _, guesses = describe_columns(draft, names, samples, verdicts)
        (quarantined,) = draft.connection.execute("SELECT count(*) FROM quarantine").fetchone() or (0,)
        return build_staged_table(
            draft, folder, described_columns, guesses, accepted=written, read=written + quarantined
        )
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _write(draft: Source, text: DelimitedText, query: Callable[[Piece], str], target: Path) -> int:
    """Rows written by the queries of the pieces, on every free core."""
    cores = cores_for(text.path.stat().st_size)
    pieces = PieceReader(text, cores)
    written: dict[int, tuple[Path, int]] = {}

    def work(connection: duckdb.DuckDBPyConnection, scratch: Path) -> None:
        while piece := pieces.take(scratch):
            part = target.with_name(f"{piece.number}-{target.name}")
            rows = write_parquet(replace(draft, connection=connection), query(piece), part)
            if rows != piece.rows:
                raise _Surprise(f"{piece.rows} lines from line {piece.first}, {rows} rows")
            written[piece.number] = (part, rows)

    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(cores))
        connections = [stack.enter_context(closing(_connect(draft.work, cores))) for _ in range(cores)]
        working = []
        for number, connection in enumerate(connections):
            (scratch := draft.work / f"piece-{number}.csv").touch()
            working.append(pool.submit(work, connection, scratch))
        wait(working, return_when=FIRST_EXCEPTION)
        pieces.close()  # the surprise of one is that of all
        for each in working:
            each.result()
    parts = [written[number] for number in sorted(written)]
    concatenate([part for part, _ in parts], target)
    return sum(rows for _, rows in parts)


def _connect(work: Path, count: int) -> duckdb.DuckDBPyConnection:
    """Connection of a thread among so many."""
    connection = connect(temporary=work / "spill", memory_limit=f"{max(384, 1024 // count)}MB")
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def _take_head(draft: Source, text: DelimitedText) -> int:
    path = text.path if text.encoding == "utf-8" else _head_in_utf8(draft.work, text)
    draft.connection.execute(
        f"CREATE TABLE cells AS SELECT CAST(0 AS BIGINT) AS _line, * FROM ({text.cells(path)}) LIMIT {HEAD_ROWS}"
    )
    (taken,) = draft.connection.execute("SELECT count(*) FROM cells").fetchone() or (0,)
    return int(taken)


def _head_in_utf8(work: Path, text: DelimitedText) -> Path:
    """Copy of the lines from which the head is taken."""
    head = work / "head.csv"
    with text.path.open("rb") as file, head.open("wb") as out:
        lines = 0
        while lines < text.start + HEAD_ROWS and (part := file.readline(_TAIL)):
            lines += part.endswith(b"\n")
            out.write(to_utf8(part, text.encoding))
    return head


def _sparse_columns(draft: Source) -> list[int]:
    """Positions of the columns that are nearly empty in the head."""
    counts = draft.connection.execute(
        f"SELECT {', '.join(f'count(c{place + 1})' for place in range(draft.width))} FROM cells"
    ).fetchone()
    return [place for place, number in enumerate(counts or ()) if number < SAMPLE]


def _first_values(
    draft: Source, cells: str, samples: Sequence[list[str]], sparse: Sequence[int]
) -> list[list[str]]:
    """Samples, those of sparse columns taken from the whole file, in one more pass."""
    wanted = ", ".join(
        f"min_by(c{place + 1}, n, {SAMPLE}) FILTER (c{place + 1} IS NOT NULL)" for place in sparse
    )
    lists = draft.connection.execute(
        f"SELECT {wanted} FROM (SELECT row_number() OVER () AS n, * FROM ({cells}))"
    ).fetchone()
    values = dict(zip(sparse, lists or (), strict=True))
    # They also join the sample on which the verdicts are given; a value counted twice changes none.
    for place, some in values.items():
        draft.connection.execute(
            f"INSERT INTO cells (c{place + 1}) SELECT unnest(?::VARCHAR[])", [some or []]
        )
    return [
        [value for value in values[place] or [] if not is_missing(value)] if place in values else some
        for place, some in enumerate(samples)
    ]


def _take_stretches(draft: Source, text: DelimitedText, cells: str) -> None:
    """Sample rows across the file: what is usual but absent from its head is no surprise."""
    stretches = draft.work / "stretches.csv"
    size = text.path.stat().st_size
    with text.path.open("rb") as file, stretches.open("wb") as out:
        for number in range(1, STRETCHES + 1):
            file.seek(size * number // (STRETCHES + 1))
            part = file.read(STRETCH)
            sign = b"\n" if b"\n" in part else b"\r"
            part = part[part.find(sign) + 1 : part.rfind(sign) + 1]
            out.write(part if text.encoding == "utf-8" else to_utf8(part, text.encoding))
    draft.connection.execute(f"INSERT INTO cells SELECT 0, {cells} FROM ({text.cells(stretches, skip=0)})")


def _last_row(text: DelimitedText) -> list[str | None]:
    with text.path.open("rb") as file:
        file.seek(max(0, text.path.stat().st_size - _TAIL))
        tail = file.read().decode(text.encoding, errors="replace")
    line = tail.replace("\r", "\n").rstrip("\n").rpartition("\n")[2]
    (record,) = records([line], Dialect(text.separator, text.quote, 1.0))
    if record.broken or len(record.cells) != text.width:
        raise _Surprise("the last line is not a row")
    return [cell.strip(BLANKS) or None for cell in record.cells]


def _sampled_columns(
    draft: Source, names: Sequence[str], samples: Sequence[Sequence[str]]
) -> list[_SampledColumn]:
    proposals = proposals_of(draft, names, samples)
    checks = [proposal.checks(f"c{place + 1}") for place, proposal in enumerate(proposals)]
    columns = []
    for place, (proposal, found) in enumerate(
        zip(proposals, count(draft, proposals, checks, "cells"), strict=True)
    ):
        cell, label = f"c{place + 1}", draft.labels[place] or names[place]
        columns.append(_SampledColumn(proposal, label, found, proposal.decide(cell, label, found)))
    return columns


def _columns(sampled: Sequence[_SampledColumn], names: Sequence[str], traits: TextTraits) -> list[_Column]:
    """Columns with what they promise of a text that has these traits."""
    columns = []
    for place, one in enumerate(sampled):
        found = {**one.found, "lettered": int(traits.lettered)}
        promise = one.proposal.promise(f"c{place + 1}", found, one.verdict)
        if promise is None:
            raise _Surprise(f"the sample does not settle the type of {names[place]}")
        columns.append(_Column(one.proposal, one.label, one.found, one.verdict, promise))
    return columns


def _dated(columns: Sequence[_Column], traits: TextTraits) -> tuple[list[_Column], str]:
    """Columns whose dates DuckDB's CSV reader parses itself, twice as fast, and their format: it accepts one at a time."""
    formats = [column.promise.dated[0] for column in columns if column.promise.dated]
    if traits.padded or not formats:
        return [*columns], ""
    date_format = formats[0]
    return [
        replace(column, promise=Promise(dated[1], column.promise.counts), is_date=True)
        if (dated := column.promise.dated) and dated[0] == date_format
        else column
        for column in columns
    ], date_format


def _line(draft: Source, columns: Sequence[_Column], rows: int | None) -> str:
    """SQL: line number, if the row is neither blank, nor a repeated header, nor a subtotal."""
    filled = " OR ".join(f"c{place + 1} IS NOT NULL" for place in range(draft.width))
    cases = ""
    # What the reader made a date of is no label: a header there stops the pass by itself.
    repeated = repeats_header(draft, [place for place, column in enumerate(columns) if not column.is_date])
    # A label that its column could not hold stops the pass by itself; of the others, two must be there.
    header_tests = [
        f"c{place + 1} = {quote_literal(label)}"
        for place, (label, column) in enumerate(zip(draft.labels, columns, strict=True))
        if label
        and not column.is_date
        and (column.verdict.type in ("text", "code", "geometry") or _may_be_a_value(label))
    ]
    if repeated and len(header_tests) > 1:
        cases = f"WHEN ({' OR '.join(header_tests[1:])}) AND {repeated} THEN {error_sql('header')} "
    if draft.width > 1 and rows is not None and rows <= MAX_ROWS:
        # Sums are looked for in all rows at once: that one speaks of a total is enough to stop.
        letters = ", ".join(map(quote_literal, FIRST_LETTERS))
        speaks = " OR ".join(
            f"left(c{place}, 1) IN ({letters}) AND {starts_like_total(f'c{place}')}"
            for place, column in enumerate(columns, 1)
            if column.verdict.type in ("text", "code")
        )
        cases += f"WHEN {speaks} THEN {error_sql('total')} " if speaks else ""
    return f"CASE {cases}WHEN {filled} THEN _line ELSE {error_sql('blank')} END"


def _may_be_a_value(label: str) -> bool:
    return any(map(str.isdigit, label)) or label.lower() in BOOLEANS or is_missing(label)


def _verdicts(draft: Source, names: Sequence[str], columns: Sequence[_Column], rows: Path) -> list[Typed]:
    """Verdicts of the sample, with what had to be counted on all rows."""
    checks = [
        {key: sql for key, sql in column.proposal.checks(f"c{place}").items() if key in column.promise.counts}
        for place, column in enumerate(columns, 1)
    ]
    written = ", ".join(
        f"{quote_identifier(name)} AS c{place}" for place, name in enumerate(names, 1) if checks[place - 1]
    )
    if not written:
        return [column.verdict for column in columns]
    found = count(
        draft,
        [column.proposal for column in columns],
        checks,
        f"(SELECT {written} FROM read_parquet({quote_literal(str(rows))}))",
    )
    verdicts = []
    for place, (column, counted) in enumerate(zip(columns, found, strict=True)):
        cell = f"c{place + 1}"
        verdict = column.proposal.decide(cell, column.label, {**column.found, **counted})
        if column.promise.counts and verdict.sql != cell:
            raise _Surprise(f"all rows counted, {names[place]} is not a text")
        verdicts.append(verdict)
    return verdicts
