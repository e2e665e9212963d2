"""French formatting of numbers, dates and lists. In: a value. Out: its text, or its plain JSON value."""

from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from beffroi.recipes.text_folding import fold
from beffroi.text import MONTHS, WEEKDAYS

THOUSANDS = "\u00a0"
"""No-break space that groups thousands: the narrow one is too thin to be seen in our typefaces."""


def humanize_number(value: int | float | Decimal, *, decimals: int | None = None) -> str:
    """1234.5 → « 1 234,5 ». Without `decimals`: 2 at most, none for whole numbers, 3 significant digits below 1."""
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not exact.is_finite():
        return "non calculable"
    if decimals is None:
        small = 0 < abs(exact) < 1
        decimals = min(max(2, 2 - exact.adjusted()), 8) if small else 2
        rounded = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP).normalize()
        text = f"{rounded:,f}"
    else:
        text = f"{exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):,f}"
    text = "0" if text in ("-0", "0") else text
    return text.replace(",", THOUSANDS).replace(".", ",").replace("-", "\u2212")


def format_date(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%d/%m/%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return f"{value:%H:%M}" if isinstance(value, time) else str(value)


def format_value(value: Any) -> str:
    """Value inside a sentence: texts between guillemets, numbers and dates plain."""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, (int, float, Decimal)):
        return humanize_number(value)
    return format_date(value) if isinstance(value, (date, time)) else f"« {value} »"


def to_json_value(value: Any) -> Any:
    """JSON value: decimals as floats, dates as ISO 8601 texts, NaN and infinities as null."""
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    return value


def join_words(words: Iterable[str], last: str = "et") -> str:
    """« a, b et c »."""
    items = list(words)
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}"


_ENGLISH_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ENGLISH_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_SHORT_DAYS = ("lun", "mar", "mer", "jeu", "ven", "sam", "dim")
_SHORT_MONTHS = ("janv", "fevr", "mars", "avr", "mai", "juin", "juil", "aout", "sept", "oct", "nov", "dec")
_CALENDARS = tuple(
    {fold(name): rank for rank, name in enumerate(names)}
    for names in (WEEKDAYS, MONTHS, _SHORT_DAYS, _SHORT_MONTHS, _ENGLISH_DAYS, _ENGLISH_MONTHS)
)


def natural_order(values: Iterable[Any]) -> list[Any] | None:
    """Days and months in calendar order, however they are written; None for anything else."""
    present = list(dict.fromkeys(value for value in values if value is not None))
    if not present or not all(isinstance(value, str) for value in present):
        return None
    folded = {value: fold(value).strip(" .") for value in present}
    for ranks in _CALENDARS:
        if set(folded.values()) <= ranks.keys():
            return sorted(present, key=lambda value: ranks[folded[value]])
    return None
