"""French words of a system: numbers, plurals, days, lists, shares. One place for all.

>>> fr(1234.5, 1), plural(3, "conduite", "conduites"), share(0.125)
('1\\u202f234,5', '3 conduites', '12,5\\xa0%')
"""

import math
from collections.abc import Iterable, Sequence
from datetime import date

from beffroi.text import MONTHS, WEEKDAYS, format_number


def fr(value: float, digits: int | None = None) -> str:
    """A number the French way; without `digits`, as many decimals as it has, six at most. « inconnu » for what is no number."""
    if not math.isfinite(value):
        return "inconnu"
    if digits is not None:
        return format_number(value, f",.{digits}f")
    return format_number(round(value, 6), ",.6f").rstrip("0").rstrip(",")


def two_figures(value: float) -> str:
    """A number with as much as one reads: one decimal under ten, none above."""
    return fr(value, 1).removesuffix(",0") if abs(value) < 10 else fr(value, 0)


def plural(count: float, one: str, many: str) -> str:
    """« 1 conduite », « 3 conduites »: in French what is under two is singular."""
    return f"{fr(count)} {one if abs(count) < 2 else many}"


def share(value: float, digits: int | None = 1) -> str:
    """A share of one in percent: « 12,5 % »; without `digits`, as many decimals as it has."""
    return f"{fr(100 * value, digits).removesuffix(',0')}\N{NO-BREAK SPACE}%"


def change(value: float, digits: int = 0) -> str:
    """A change of a share of one, with its sign, in percent: « +12 % », « −3 % »."""
    return f"{'−' if value < 0 else '+'}{share(abs(value), digits)}"


def between(low: float | None, high: float | None) -> str:
    """« entre 1 et 2,5 », « au moins 1 », « au plus 8 »; empty where neither side is bounded."""
    if low is not None and high is not None:
        return f"entre {fr(low)} et {fr(high)}"
    if low is not None:
        return f"au moins {fr(low)}"
    return "" if high is None else f"au plus {fr(high)}"


def day(value: date) -> str:
    """« jeudi 11 janvier »."""
    number = "1er" if value.day == 1 else str(value.day)
    return f"{WEEKDAYS[value.weekday()]} {number} {MONTHS[value.month - 1]}"


def short_day(value: date) -> str:
    """« 03/02/2025 »."""
    return f"{value:%d/%m/%Y}"


def listed(names: Iterable[str], most: int = 4) -> str:
    """« a, b et c »; beyond `most`, « a, b, c, d et 3 autres »."""
    names = list(names)
    if len(names) > most:
        names = [*names[:most], f"{len(names) - most} autre{'s' if len(names) - most > 1 else ''}"]
    return _joined(names)


def _joined(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} et {names[-1]}" if names else ""
