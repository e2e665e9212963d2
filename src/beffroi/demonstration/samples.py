"""Invented tables of a system's own sample maker, written as files of the invented town: their days brought to today.

In come a system and a folder; out go CSV files whose names say that their rows are simulated.
"""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from beffroi.systems.contract import Tables
from beffroi.systems.runner import make_sample

from .demonstrated_systems import DemonstratedSystem
from .town import files

SEED = 2024
YEAR = 364  # days: the season and the day of the week stay


def write_sample(system: DemonstratedSystem, folder: Path, today: date) -> dict[str, str]:
    """Write the tables as a business application would export them; the name of each file."""
    manifest = system.manifest
    tables = _shift_to(make_sample(system.id, SEED), system.texts.until_today, today)
    named = {}
    for schema in manifest.inputs:
        if (table := tables.get(schema.name)) is None:
            continue
        name = f"{schema.title}, {manifest.title.lower()} (données simulées).csv"
        columns = [need for need in schema.columns if need.name in table.column_names]
        header = [(need.hints or (need.name,))[0] for need in columns]
        values = [table.column(need.name).to_pylist() for need in columns]
        rows = [[_text(value) for value in row] for row in zip(*values, strict=True)]
        files.write(folder, Path(name), files.csv_bytes(header, rows))
        named[schema.name] = name
    return named


def _shift_to(tables: Tables, until_today: tuple[str, ...], today: date) -> Tables:
    """Every day moved, so that the main tables reach today; what would be later is cut there."""
    days = [day for name in until_today for day in _days(tables.get(name))]
    if not days:
        return tables
    # A short sample keeps its days of the week only: whole years would leave nothing before today.
    step = timedelta(YEAR if max(days) - min(days) > timedelta(2 * YEAR) else 7)
    shift = step * -((max(days) - today) // step)
    moved = {name: _moved(table, shift) for name, table in tables.items()}
    return {name: _cut(table, today) if name in until_today else table for name, table in moved.items()}


def _day(value: Any) -> date | None:
    return value.date() if isinstance(value, datetime) else value


def _days(table: pa.Table | None) -> list[date]:
    name = _timed(table)
    if table is None or not name:
        return []
    return [day for value in table.column(name).to_pylist() if (day := _day(value)) is not None]


def _timed(table: pa.Table | None) -> str:
    """The first column of days or moments."""
    fields = table.schema if table is not None else ()
    return next((field.name for field in fields if pa.types.is_temporal(field.type)), "")


def _moved(table: pa.Table, shift: timedelta) -> pa.Table:
    for place, field in enumerate(table.schema):
        if pa.types.is_temporal(field.type):
            values = [None if value is None else value + shift for value in table.column(place).to_pylist()]
            table = table.set_column(place, field, pa.array(values, field.type))
    return table


def _cut(table: pa.Table, today: date) -> pa.Table:
    name = _timed(table)
    days = [_day(value) for value in table.column(name).to_pylist()]
    return table.filter(pa.array([day is None or day < today for day in days]))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, float):
        return repr(value).replace(".", ",")
    if isinstance(value, datetime):
        return value.strftime("%d/%m/%Y %H:%M:%S")
    return value.strftime("%d/%m/%Y") if isinstance(value, date) else str(value)
