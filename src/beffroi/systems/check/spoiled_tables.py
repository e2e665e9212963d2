"""Spoiled input tables: cells that nobody would type on purpose, empty or repeated rows, constant columns, in every table.

In come the tables of a sample and the schemas; out go trials by French name. `grouped_trials` spoil many columns at once, each in
a row of its own, so that a few executions try them all; `column_trials` spoil one column a trial.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from beffroi.systems.check.bench import with_column
from beffroi.systems.contract import Tables
from beffroi.systems.input_schema import ColumnNeed, InputSchema

type Trials = Iterator[tuple[str, Tables]]
type Spoiler = Callable[[Any, ColumnNeed], Any]

_HUGE = 1 << 40
_TWICE = "chaque ligne donnée deux fois"
BRIEF_TRIALS = (_TWICE, "une valeur impossible dans chaque colonne")
"""Of the grouped trials, those that an examination of a few seconds makes."""


def grouped_trials(tables: Tables, schemas: Iterable[InputSchema], main: str) -> Trials:
    """Few trials that together touch every table and every column. `main`: the table that teaches."""
    others = {name: table for name, table in tables.items() if name != main}
    yield _TWICE, {name: _twice(table) for name, table in tables.items()}
    yield "une ligne par table", {name: table.slice(0, 1) for name, table in tables.items()}
    if others:
        yield "autres tables vides", tables | {name: table.slice(0, 0) for name, table in others.items()}
        yield (
            "autres tables d’une ligne",
            tables | {name: table.slice(0, 1) for name, table in others.items()},
        )
        yield (
            "autres tables constantes",
            tables
            | {name: table.take([0] * table.num_rows) for name, table in others.items() if table.num_rows},
        )
    schemas = list(schemas)
    for words, spoil in _SPOILERS.items():
        yield f"{words} dans chaque colonne", _spoiled_in_turn(tables, schemas, spoil)


def column_trials(tables: Tables, schemas: Iterable[InputSchema]) -> Trials:
    """Each column of each table absent where it is optional, without a value, constant, and spoiled in one row in three."""
    for schema in schemas:
        if schema.name not in tables:
            continue
        table = tables[schema.name]
        for need in (need for need in schema.columns if need.name in table.column_names):
            name, values = f"« {schema.name}.{need.name} »", table.column(need.name).to_pylist()
            if not need.required:
                yield f"{name} absente", {**tables, schema.name: table.drop_columns([need.name])}
            yield f"{name} sans valeur", with_column(tables, schema.name, need.name, [None] * len(values))
            first = next((value for value in values if value is not None), None)
            yield f"{name} constante", with_column(tables, schema.name, need.name, [first] * len(values))
            for words, spoil in _SPOILERS.items():
                other = [spoil(value, need) if row % 3 == 1 else value for row, value in enumerate(values)]
                yield f"{words} dans {name}", with_column(tables, schema.name, need.name, other)


def _twice(table: pa.Table) -> pa.Table:
    return pa.concat_tables([table, table])


def _spoiled_in_turn(tables: Tables, schemas: Iterable[InputSchema], spoil: Spoiler) -> Tables:
    """Each column spoiled in a row of its own, from the second on: what one bad cell puts aside hides no other."""
    for schema in schemas:
        table = tables.get(schema.name)
        if table is None or not table.num_rows:
            continue
        for place, need in enumerate(need for need in schema.columns if need.name in table.column_names):
            values = table.column(need.name).to_pylist()
            row = (1 + place) % len(values)
            values[row] = spoil(values[row], need)
            tables = with_column(tables, schema.name, need.name, values)
    return tables


def _missing(value: Any, need: ColumnNeed) -> Any:
    return None


def _absurd(value: Any, need: ColumnNeed) -> Any:
    """Far beyond what can be: a huge number, the last day of the calendar, what is no geometry."""
    match need.type:
        case "integer":
            return _HUGE
        case "number":
            return float(_HUGE)
        case "date":
            return date.max
        case "datetime":
            return datetime(2261, 12, 31, tzinfo=_zone(value))
        case "boolean":
            return not value
        case "geometry":
            return "pas une géométrie"
        case _:
            return "???"


def _opposite(value: Any, need: ColumnNeed) -> Any:
    """Under what can be: a negative number, a day of another century, an empty text, a point at sea."""
    match need.type:
        case "integer":
            return -1
        case "number":
            return -1.5
        case "date":
            return date(1900, 1, 1)
        case "datetime":
            return datetime(1900, 1, 1, tzinfo=_zone(value))
        case "boolean":
            return None
        case "geometry":
            return '{"type": "Point", "coordinates": [0, 0]}'
        case _:
            return " "


def _zone(value: Any) -> Any:
    return value.tzinfo if isinstance(value, datetime) else UTC


_SPOILERS: dict[str, Spoiler] = {
    "une valeur absurde": _absurd,
    "une valeur impossible": _opposite,
    "une valeur manquante": _missing,
}
