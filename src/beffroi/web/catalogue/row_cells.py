"""Cells of rows as people write them, and the same as a file: typed as the lake types its columns.

In: rows of the same columns, with their types and values as ISO texts. Out: a table, or its Parquet file. Raises CatalogueError
for a value that is none of its type.
"""

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as parquet

from .errors import CatalogueError
from .labels import TYPES

# By the type of a column of the lake: how a value is written in it; None: as precise as the value.
_ARROW_TYPES: Final = {
    "date": pa.date32(),
    "datetime": pa.timestamp("us"),
    "time": pa.time64("us"),
    "boolean": pa.bool_(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "decimal": None,
}
_NUMBERS: Final = ("integer", "number", "decimal")


type Row = Sequence["Cell"]


@dataclass(frozen=True)
class Cell:
    """One column of the row: its name and type in the lake, its heading, its value as a text."""

    column: str
    label: str
    kind: str
    value: str | None


def iso_text(value: Any) -> str | None:
    """The value of a cell as a text: what `to_table` reads back."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date | time):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def to_table(*rows: Row) -> pa.Table:
    """The rows, one at least, under the names of their columns."""
    columns = [_array(cells) for cells in zip(*rows, strict=True)]
    return pa.Table.from_arrays(columns, names=[cell.column for cell in rows[0]])


def to_file(*rows: Row) -> bytes:
    """The rows as a file, under their headings. Two columns may bear one heading: they are then named as the lake names them."""
    counts = Counter(cell.label for cell in rows[0])
    names = [cell.label if counts[cell.label] == 1 else cell.column for cell in rows[0]]
    stream = io.BytesIO()
    parquet.write_table(to_table(*rows).rename_columns(names), stream)
    return stream.getvalue()


def _array(cells: Sequence[Cell]) -> pa.Array:
    """The cells of one column."""
    arrow_type = _ARROW_TYPES.get(cells[0].kind, pa.string())
    values = [_value(cell, arrow_type) for cell in cells]
    if arrow_type is None and all(value is None for value in values):
        arrow_type = pa.decimal128(1, 0)
    return pa.array(values, type=arrow_type)


def _value(cell: Cell, arrow_type: pa.DataType | None) -> Any:
    if cell.value is None:
        return None
    try:
        value = _typed(cell.value, cell.kind)
        pa.scalar(value, type=arrow_type)
        return value
    except (ValueError, ArithmeticError, pa.ArrowException) as error:
        text = cell.value.replace(".", ",") if cell.kind in _NUMBERS else cell.value
        raise CatalogueError(
            f"« {cell.label} » est de type « {TYPES.get(cell.kind, cell.kind)} » : « {text[:60]} » ne convient pas."
        ) from error


def _typed(value: str, kind: str) -> Any:
    """Raises ValueError, ArithmeticError where the text is no value of this type."""
    match kind:
        case "date":
            return date.fromisoformat(value[:10])
        case "datetime":
            return datetime.fromisoformat(value)
        case "time":
            return time.fromisoformat(value)
        case "boolean":
            return {"true": True, "false": False}[value] if value in ("true", "false") else bool(int(value))
        case "integer":
            return {"true": 1, "false": 0}[value] if value in ("true", "false") else _whole(value)
        case "number":
            return float(value)
        case "decimal":
            return Decimal(value)
        case _:
            return {"true": "oui", "false": "non"}.get(value, value)


def _whole(value: str) -> int:
    number = Decimal(value)
    if number != number.to_integral_value():
        raise ValueError(value)
    return int(number)
