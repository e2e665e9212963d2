"""Comparison of the rows of two engines, or of an engine and plain Python, in the guaranteed order."""

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from recipes.engines.cases import ALL, Case

Rows = list[dict[str, Any]]


def alike(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return type(one) is type(other) and bool(one == other)


def equal(one: Any, other: Any) -> bool:
    """For plain Python, whose lists mix whole numbers with others: a column of a table holds one kind."""
    numbers = int | float | Decimal
    if isinstance(one, bool) or isinstance(other, bool) or not isinstance(one, numbers):
        return alike(one, other)
    return isinstance(other, numbers) and math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)


def _key(row: dict[str, Any]) -> list[str]:
    # Rounded: two sums of the same floats, made in two orders, must not change places.
    return [
        repr(round(float(v), 6) + 0.0) if isinstance(v, int | float | Decimal) else repr(v)
        for v in row.values()
    ]


def same(found: Rows, wanted: Rows, case: Case, alike: Callable[[Any, Any], bool] = alike) -> None:
    if case.sorted_by != (ALL,):
        for name in case.sorted_by:
            assert [row[name] for row in found] == [row[name] for row in wanted], (
                f"another order of « {name} »"
            )
        found, wanted = sorted(found, key=_key), sorted(wanted, key=_key)
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        assert list(one) == list(other)
        different = {name: (one[name], other[name]) for name in one if not alike(one[name], other[name])}
        assert not different, different
