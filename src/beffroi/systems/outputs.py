"""Validation of output tables against the manifest: each table with its description, its declared columns only.

In come a manifest and an outcome; out go `(OutputTable, table)` in the manifest's order. Raises `UndeclaredOutput`, in French.
"""

import pyarrow as pa
import pyarrow.types as kinds

from beffroi.systems.contract import Outcome
from beffroi.systems.manifest import Manifest, OutputColumn, OutputTable

# Roles of columns by their name, for a table without description.
ROLES_BY_NAME = {
    "place": "place",
    "date": "day",
    "day": "day",
    "value": "value",
    "low": "low",
    "high": "high",
    "reference": "reference",
}


class UndeclaredOutput(ValueError):
    """The tables are not those that the manifest describes; the message is French."""


def match_declared_tables(manifest: Manifest, outcome: Outcome) -> list[tuple[OutputTable, pa.Table]]:
    """Tables of this outcome with their descriptions; an absent one is left out. Without descriptions, roles come from column names."""
    if not manifest.outputs:
        return [(_describe_by_name(outcome.table), outcome.table)]
    found = []
    for place, output in enumerate(manifest.outputs):
        table = outcome.layers.get(output.name) if place else outcome.table
        if table is not None:
            found.append((output, _declared_columns(output, table)))
    unknown = sorted(set(outcome.layers) - {output.name for output in manifest.outputs[1:]})
    if unknown:
        raise UndeclaredOutput(f"le tableau « {unknown[0]} » n’est pas annoncé par la fiche du système")
    return found


def _declared_columns(output: OutputTable, table: pa.Table) -> pa.Table:
    for column in output.columns:
        if table.column_names.count(column.name) > 1:
            raise UndeclaredOutput(f"le tableau « {output.title} » a deux colonnes « {column.name} »")
        if column.name not in table.column_names:
            raise UndeclaredOutput(
                f"le tableau « {output.title} » n’a pas la colonne annoncée « {column.name} »"
            )
        actual = table.schema.field(column.name).type
        if not _has_declared_type(column, actual):
            raise UndeclaredOutput(
                f"la colonne « {column.name} » de « {output.title} » n’a pas le type annoncé ({column.type})"
            )
    return table.select([column.name for column in output.columns])


def _has_declared_type(column: OutputColumn, actual: pa.DataType) -> bool:
    if kinds.is_null(actual):  # a column of this run without a value
        return True
    match column.type:
        case "integer":
            return bool(kinds.is_integer(actual))
        case "number":
            return bool(kinds.is_integer(actual) or kinds.is_floating(actual) or kinds.is_decimal(actual))
        case "boolean":
            return bool(kinds.is_boolean(actual))
        case "date":
            return bool(kinds.is_date(actual))
        case _:
            return bool(
                kinds.is_string(actual) or kinds.is_large_string(actual) or kinds.is_dictionary(actual)
            )


def _describe_by_name(table: pa.Table) -> OutputTable:
    # Whatever its columns are called: nobody declared them.
    columns = tuple(
        OutputColumn.model_construct(
            name=name, label=name, type="text", role=ROLES_BY_NAME.get(name, "fact"), unit="", levels=()
        )
        for name in table.column_names
    )
    return OutputTable.model_construct(
        name="table",
        lead="",
        title="Le détail",
        columns=columns,
        views=("series",) if {"day", "value"} <= {column.role for column in columns} else (),
        adds_up=True,
    )
