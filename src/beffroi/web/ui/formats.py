"""French figures, dates, sizes and durations, for pages and for messages.

In: plain Python values. Out: text with no-break spaces and the decimal comma; nothing known gives a dash.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format

# The house's fonts draw U+202F at a tenth of an em, too tight to part the thousands, and their no-break
# space at a fifth: what printers call a thin space.
SPACE = "\u00a0"
NOTHING = "–"
_MARKS = ("(s)", "(e)", "(es)", "(x)")
# A number with its decimals, a mark, the end of a sentence; what is told aside, in brackets, counts nothing.
_COUNT_OR_MARK = re.compile(r"(\([^()]{4,}\)|\d+(?:\u00a0\d{3})*(?:,\d+)?|\([sex]s?\)|\. )")
INVARIABLE = frozenset(
    [
        "accès",
        "avis",
        "bois",
        "bras",
        "bus",
        "cas",
        "colis",
        "concours",
        "corps",
        "cours",
        "décès",
        "devis",
        "discours",
        "fois",
        "fonds",
        "jus",
        "logis",
        "mois",
        "parcours",
        "pas",
        "pays",
        "permis",
        "poids",
        "procès",
        "progrès",
        "puits",
        "refus",
        "repas",
        "secours",
        "souris",
        "surplus",
        "temps",
        "tiers",
        "travers",
        "univers",
    ]
)


def number(value: Any, decimals: int | None = None) -> str:
    """12345.6 → « 12 345,6 ». Without `decimals`: at most two, without trailing zeros."""
    if value is None or value == "" or isinstance(value, bool):
        return NOTHING
    try:
        exact = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    if not exact.is_finite():
        return NOTHING
    text = f"{exact:,.{2 if decimals is None else decimals}f}"
    if decimals is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    if text.strip("-0.,") == "":
        text = text.lstrip("-")
    return text.replace(",", SPACE).replace(".", ",").replace("-", "\u2212")


def counted(count: int, one: str, many: str = "") -> str:
    """« 0 jour », « 1 jour », « 1 204 jours »: nought is singular in French."""
    return f"{number(count)}{SPACE}{one if abs(count) < 2 else many or f'{one}s'}"


def joined(texts: Iterable[str]) -> str:
    """« a ; b. »: lines in one cell; of sentences, the last one keeps its full stop."""
    return " ; ".join(texts).replace(". ; ", " ; ")


def unit_of(value: Any, unit: str) -> str:
    """The unit as it is written beside this value: « 0 compteur », « 2 compteurs », « 1 repas ». Units come in the plural."""
    whole = unit.isalpha() and unit.endswith("s") and len(unit) > 2 and unit.casefold() not in INVARIABLE
    return unit[:-1] if whole and isinstance(value, int | float) and abs(value) < 2 else unit


def agreed(text: str) -> str:
    """« 84 ligne(s) laissée(s) » → « 84 lignes laissées »; of one or none the rest of a sentence may not follow, and it stays."""
    count, parts = 0, []
    for part in _COUNT_OR_MARK.split(text):
        if part[:1].isdecimal():  # « ³ » is a digit and counts nothing
            count = int(part.replace(SPACE, "").partition(",")[0])
        elif part == ". ":
            count = 0
        parts.append(part[1:-1] if part in _MARKS and count > 1 else part)
    return "".join(parts)


def percent(share: Any, decimals: int | None = None) -> str:
    """A share of one: 0.125 → « 12,5 % »."""
    if share is None or share == "":
        return NOTHING
    try:
        text = number(Decimal(str(share)) * 100, 1 if decimals is None else decimals)
    except InvalidOperation:
        return str(share)
    if text == NOTHING:
        return NOTHING
    if decimals is None:
        text = text.removesuffix(",0")
    return f"{text}{SPACE}%"


def french_date(value: Any, *, hour: bool = True) -> str:
    """« 3 mars 2026 », and « à 14 h 05 » when the value has an hour."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value) if len(value) > 10 else date.fromisoformat(value)
        except ValueError:
            return value or NOTHING
    if isinstance(value, datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        day = _day(local.date())
        return f"{day} à {local.hour}\u00a0h\u00a0{local.minute:02d}" if hour else day
    return _day(value) if isinstance(value, date) else NOTHING


def _day(day: date) -> str:
    first = "1er" if day.day == 1 else str(day.day)
    return f"{first} {_month(day.month)} {day.year}"


@cache
def _month(month: int) -> str:
    """A long table writes the same months thousands of times."""
    return date_format(date(2000, month, 1), "F").lower()


def size(octets: Any) -> str:
    """Bytes, in the units that people read: « 3,4 Mo »."""
    try:
        amount = float(octets)
    except (TypeError, ValueError):
        return NOTHING
    if abs(amount) < 1000:
        return f"{number(amount, 0)}\u00a0octet{'s' if abs(amount) >= 2 else ''}"
    for unit in ("Ko", "Mo", "Go"):
        amount /= 1000
        if abs(amount) < 1000:
            return f"{number(amount, 1).removesuffix(',0')}\u00a0{unit}"
    return f"{number(amount / 1000, 1).removesuffix(',0')}\u00a0To"


def duration(value: Any) -> str:
    """Seconds or a timedelta: « 45 s », « 3 min 20 s », « 2 h 05 min », « 4 jours »."""
    if isinstance(value, timedelta):
        value = value.total_seconds()
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        return NOTHING
    if seconds < 1:
        return "moins d'une seconde"
    if seconds < 10:
        return f"{number(seconds, 1).removesuffix(',0')}\u00a0s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}\u00a0s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}\u00a0min" + (f" {rest}\u00a0s" if rest else "")
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours}\u00a0h" + (f" {minutes:02d}\u00a0min" if minutes else "")
    return f"{hours // 24}\u00a0jours"


def spaced(text: str) -> str:
    """« oui » ? → the same words, with no-break spaces: quotation marks, high punctuation and signs never part from their word."""
    return re.sub(r"(?<=«) | (?=[»:;?!%€])|\u202f", SPACE, text)
