"""Cells of one row as people write them, and the same as a file of one row: typed as the lake types its columns.

In: columns with their types and values as ISO texts. Out: a table of one row, or its Parquet file. Raises CatalogueError for
a value that is none of its type.
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


def to_table(row: Sequence[Cell]) -> pa.Table:
    """The row under the names of its columns."""
    return pa.Table.from_arrays([_array(cell) for cell in row], names=[cell.column for cell in row])


def to_file(row: Sequence[Cell]) -> bytes:
    """The row as a file, under its headings. Two columns may bear one heading: they are then named as the lake names them."""
    counts = Counter(cell.label for cell in row)
    names = [cell.label if counts[cell.label] == 1 else cell.column for cell in row]
    stream = io.BytesIO()
    parquet.write_table(to_table(row).rename_columns(names), stream)
    return stream.getvalue()


def _array(cell: Cell) -> pa.Array:
    arrow_type = _ARROW_TYPES.get(cell.kind, pa.string())
    try:
        value = None if cell.value is None else _typed(cell.value, cell.kind)
        if arrow_type is None and value is None:
            arrow_type = pa.decimal128(1, 0)
        return pa.array([value], type=arrow_type)
    except (ValueError, ArithmeticError, pa.ArrowException) as error:
        text = cell.value or ""
        text = text.replace(".", ",") if cell.kind in _NUMBERS else text
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
