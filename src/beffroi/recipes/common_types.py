"""The one type that values of several columns can share without loss. In: their types; out: that type, or nothing.

`alike` brings two columns of numbers to it where Ibis would not: decimals of which neither holds the other's digits.
"""

from collections.abc import Iterable
from typing import Any

import ibis.expr.datatypes as dt


def common(kinds: Iterable[Any]) -> Any | None:
    """Numbers go with numbers, dates with moments; a column that is always empty goes with anything."""
    found = {kind.copy(nullable=True) for kind in kinds if not kind.is_null()}
    if len(found) <= 1:
        return found.pop() if found else dt.string
    if all(kind.is_numeric() and not kind.is_boolean() for kind in found):
        if any(kind.is_floating() for kind in found):
            return dt.float64
        if any(kind.is_decimal() for kind in found):
            return dt.Decimal(38, max(kind.scale or 0 for kind in found if kind.is_decimal()))
        return dt.int64
    return dt.timestamp if all(kind.is_date() or kind.is_timestamp() for kind in found) else None


def alike(one: Any, other: Any) -> tuple[Any, Any]:
    """Two columns of numbers, with the same digits when both are decimals."""
    if one.type().is_decimal() and other.type().is_decimal() and one.type() != other.type():
        kind = common([one.type(), other.type()])
        return one.cast(kind), other.cast(kind)
    return one, other
