"""Kinds of formula values, and their common kind. In: the types of the engine's columns. Out: a `Kind`.

Integers have 64 bits; decimals preserve their digits (38 at most); "float" is the result of divisions and measures.
"""

from dataclasses import dataclass
from typing import Any, Literal

import ibis.expr.datatypes as dt

MAX_DIGITS = 38
WHOLE_DIGITS = 19
"""Digits of a 64-bit integer."""


@dataclass(frozen=True)
class Kind:
    """Kind of a value. `precision` and `scale` are those of a decimal: total digits, digits after the comma."""

    name: Literal["integer", "decimal", "float", "text", "date", "moment", "boolean"]
    precision: int = 0
    scale: int = 0

    @property
    def is_number(self) -> bool:
        return self.name in ("integer", "decimal", "float")

    @property
    def is_exact(self) -> bool:
        return self.name in ("integer", "decimal")

    @property
    def is_dated(self) -> bool:
        return self.name in ("date", "moment")

    @property
    def digits(self) -> tuple[int, int]:
        """Digits before and after the comma, of an exact number."""
        return (WHOLE_DIGITS, 0) if self.name == "integer" else (self.precision - self.scale, self.scale)

    @property
    def dtype(self) -> Any:
        if self.name == "decimal":
            return dt.Decimal(self.precision, self.scale)
        types = {
            "integer": dt.int64,
            "float": dt.float64,
            "text": dt.string,
            "date": dt.date,
            "moment": dt.timestamp,
            "boolean": dt.boolean,
        }
        return types[self.name]

    @property
    def french_name(self) -> str:
        """Name of the kind in French, as users call it."""
        words = {"text": "du texte", "date": "une date", "moment": "une date et une heure"}
        return words.get(self.name, "vrai ou faux" if self.name == "boolean" else "un nombre")


INTEGER, FLOAT, TEXT = Kind("integer"), Kind("float"), Kind("text")
DATE, MOMENT, BOOLEAN = Kind("date"), Kind("moment"), Kind("boolean")


def decimal(before: int, after: int) -> Kind:
    """Decimal with these digits, capped by the engine: a value that has more stops the query, it is never truncated."""
    return Kind("decimal", max(1, min(MAX_DIGITS, before + after)), after)


def kind_of(dtype: Any) -> Kind | None:
    """Kind of a type; None for what a formula cannot read (a time of day, a shape on the map)."""
    if dtype.is_decimal():
        known = dtype.precision is not None and dtype.scale is not None
        return Kind("decimal", dtype.precision, dtype.scale) if known else None
    if dtype.is_integer():
        return INTEGER
    if dtype.is_floating():
        return FLOAT
    if dtype.is_string():
        return TEXT
    if dtype.is_date():
        return DATE
    if dtype.is_timestamp():
        return MOMENT
    return BOOLEAN if dtype.is_boolean() else None


def common(one: Kind, other: Kind) -> Kind | None:
    """Kind that represents both, None when there is none."""
    if one == other:
        return one
    if one.is_exact and other.is_exact:
        (before, after), (before_too, after_too) = one.digits, other.digits
        return decimal(max(before, before_too), max(after, after_too))
    if one.is_number and other.is_number:
        return FLOAT
    return MOMENT if one.is_dated and other.is_dated else None
