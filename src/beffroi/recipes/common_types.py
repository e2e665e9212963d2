"""Common type of several columns, without loss. In: their types. Out: that type, or None.

`alike` casts two columns of numbers to it where Ibis would not: decimals of incompatible scales.
"""

from collections.abc import Iterable
from typing import Any

import ibis.expr.datatypes as dt


def common(kinds: Iterable[Any]) -> Any | None:
    """Common type: numbers with numbers, dates with timestamps; an all-null column fits any."""
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
    """Two columns of numbers, cast to the same scale when both are decimals."""
    if one.type().is_decimal() and other.type().is_decimal() and one.type() != other.type():
        kind = common([one.type(), other.type()])
        return one.cast(kind), other.cast(kind)
    return one, other
