"""Reading plans of SQLite columns, whose values may be of any type whatever was declared: types are counted first.

In: the columns as declared. Out: a plan each, so that no value is lost: mixed columns are read as text.
"""

import re
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from beffroi.lake.sources.databases.source_columns import ColumnPlan, SourceColumn, bytes_note

_COUNTED = ("integer", "real", "text", "blob")


def plans(
    connection: sa.Connection, described: Sequence[SourceColumn], table: sa.TableClause
) -> tuple[list[ColumnPlan], list[str]]:
    if not described:
        return [], []
    counts = _counts(connection, described, table)
    made, notes = [], []
    for column in described:
        found = {word: counts[f"{column.name} {word}"] or 0 for word in _COUNTED}
        cell: Any = sa.type_coerce(table.c[column.name], sa.types.NullType())
        if found["blob"] and not (found["integer"] or found["real"] or found["text"]):
            notes.append(bytes_note(column.name))
            continue
        if found["blob"]:
            notes.append(
                f"{found['blob']} valeur(s) de « {column.name} » sont des octets : elles sont vides."
            )
            cell = sa.case((sa.func.typeof(cell) == "blob", None), else_=cell)
        declared = column.declared_type.upper()
        numbers = found["integer"] + found["real"]
        scale = _scale(declared)
        if found["text"] or not numbers:
            # A declared date is a text for SQLite: its reading is left to the readers. A declared text stays one.
            sure = bool(re.search(r"CHAR|TEXT|CLOB", declared)) and not re.search(r"DATE|TIME", declared)
            expression = cell if not numbers else sa.cast(cell, sa.Text)
            if numbers and found["text"] and not re.search(r"CHAR|TEXT|CLOB", declared):
                notes.append(f"« {column.name} » mêle des nombres et des textes : elle est reprise en texte.")
            made.append(ColumnPlan(column.name, expression, pa.string(), sure=sure))
        elif re.search(r"CHAR|TEXT|CLOB", declared):
            made.append(ColumnPlan(column.name, sa.cast(cell, sa.Text), pa.string(), sure=True))
        elif "BOOL" in declared and not found["real"] and not counts[f"{column.name} others"]:
            made.append(ColumnPlan(column.name, cell, pa.bool_()))
        elif scale is not None and not counts[f"{column.name} finer"]:
            made.append(ColumnPlan(column.name, cell, pa.decimal128(38, scale)))
        else:
            made.append(ColumnPlan(column.name, cell, pa.float64() if found["real"] else pa.int64()))
    return made, notes


def _scale(declared: str) -> int | None:
    """Scale of a declaration: DECIMAL(10,2), NUMERIC(5)."""
    match = re.fullmatch(r"(?:DECIMAL|NUMERIC|NUMBER)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)", declared)
    return int(match[2] or 0) if match and int(match[1]) <= 15 else None


def _counts(
    connection: sa.Connection, described: Sequence[SourceColumn], table: sa.TableClause
) -> dict[str, Any]:
    queries: dict[str, Any] = {}
    for column in described:
        cell = sa.type_coerce(table.c[column.name], sa.types.NullType())
        for word in _COUNTED:
            queries[f"{column.name} {word}"] = sa.func.sum(sa.func.typeof(cell) == word)
        queries[f"{column.name} others"] = sa.func.sum(cell.not_in((0, 1)))
        scale = _scale(column.declared_type.upper())
        if scale is not None:
            queries[f"{column.name} finer"] = sa.func.sum(cell != sa.func.round(cell, scale))
    labelled = [expression.label(f"f{place}") for place, expression in enumerate(queries.values())]
    row = connection.execute(sa.select(*labelled).select_from(table)).one()
    return dict(zip(queries, row, strict=True))
