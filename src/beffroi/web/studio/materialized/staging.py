"""Staging of a released result as a table of the lake: column names, types and labels.

In: a released table and the deliveries it was read from. Out: an Arrow table and its columns.
"""

import pyarrow as pa

from beffroi.lake.readers.columns import identifiers
from beffroi.lake.tables import Column, ColumnType
from beffroi.recipes.model import Recipe
from beffroi.web.catalogue.models import Snapshot

from ..answers import StudioError
from ..labelling import figure_of


def stage_table(
    recipe: Recipe, table: pa.Table, snapshots: list[Snapshot], *, personal: bool
) -> tuple[pa.Table, tuple[Column, ...]]:
    """Table in the types of the lake; `personal`: its columns may be about people. Raises StudioError."""
    sources = {column["name"]: column for snapshot in snapshots for column in snapshot.columns}
    labels = figure_of(recipe).encodings.labels
    columns, values = [], []
    for name, unique in zip(table.column_names, identifiers(table.column_names), strict=True):
        known = sources.get(name, {})
        kind, arrow = _kind(name, table.schema.field(name).type, known.get("type", ""))
        values.append(_cast(table[name], arrow))
        if kind == "decimal" and _is_whole(values[-1].type):
            kind, values[-1] = _as_integers(values[-1])
        label = labels.get(name) or known.get("label") or name
        columns.append(Column(unique, label, kind, "declared" if personal else None))
    return pa.table(values, names=table.column_names), tuple(columns)


def _kind(name: str, found: pa.DataType, source_kind: str) -> tuple[ColumnType, pa.DataType]:
    t = pa.types
    if t.is_dictionary(found):
        found = found.value_type
    if t.is_string(found) or t.is_large_string(found) or t.is_null(found):
        text_kind: ColumnType = (
            "code" if source_kind == "code" else "geometry" if source_kind == "geometry" else "text"
        )
        return text_kind, pa.string()
    if t.is_boolean(found):
        return "boolean", pa.bool_()
    if t.is_integer(found):
        return "integer", pa.int64()
    if t.is_decimal(found):
        return "decimal", pa.decimal128(min(found.precision, 38), found.scale)
    if t.is_floating(found):
        return "number", pa.float64()
    if t.is_date(found):
        return "date", pa.date32()
    if t.is_timestamp(found):
        return "datetime", pa.timestamp("us")
    if t.is_time(found):
        return "time", pa.time64("us")
    raise StudioError(
        f"La colonne « {name} » n'est pas d'un type qui se garde. Le résultat n'est pas gardé. Retirez-la par l'étape "
        "« Choisir les colonnes »."
    )


def _cast(values: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    return values if values.type == kind else values.cast(kind)


def _is_whole(kind: pa.DataType) -> bool:
    return bool(pa.types.is_decimal(kind)) and kind.scale == 0


def _as_integers(values: pa.ChunkedArray) -> tuple[ColumnType, pa.ChunkedArray]:
    """A sum of whole numbers is one too, unless it is longer than the lake's integers."""
    try:
        return "integer", values.cast(pa.int64())
    except pa.ArrowInvalid:
        return "decimal", values
