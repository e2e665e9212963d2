"""Choices of the question form: what may be measured and grouped, and the question asked first.

In: the columns of one or two datasets, with their uses. Out: choices in French. No sum of years, codes, identifiers,
rates or coordinates; a date is offered by its parts.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

from .analysis_builder import ALL, DATE_PARTS, DATED, MEASURES, NUMERIC, Column, part_label
from .columns import header_words, vocabulary
from .proposing import generic

type Choices = list[tuple[str, str]]
type Side = tuple[str, Sequence[Column]]
"""The title of a dataset, and its columns."""

_TOTALS = ("sum", "mean", "min", "max")
_OPERATIONS = {"amount": _TOTALS, "unknown": _TOTALS, "rate": ("mean", "min", "max")}
_FEW_NUMBERS = 40
_NAMES = vocabulary("nom noms name libelle lib intitule designation")
ROWS = "rows"


def measures(columns: Iterable[Column]) -> Choices:
    """What may be added up or averaged, amounts first; of names, how many there are."""
    named: Choices = []
    counted: Choices = []
    for column in sorted(columns, key=lambda one: _nature(one) != "amount"):
        for operation in _OPERATIONS.get(_nature(column), ()):
            named.append((f"{operation}|{column.value}", f"{MEASURES[operation]} « {column.label} »"))
        if column.type in ("text", "code"):
            counted.append((f"count_distinct|{column.value}", f"Nombre de « {column.label} » différents"))
    return [*named, *counted]


def amounts(columns: Iterable[Column]) -> Choices:
    """What a measure may be divided by, or taken from."""
    found = sorted(
        (one for one in columns if _nature(one) in ("amount", "unknown")),
        key=lambda c: _nature(c) != "amount",
    )
    return [(column.value, column.label) for column in found]


def groups(columns: Sequence[Column], origin: str = "") -> Choices:
    """What an analysis may compare: names, codes, years, and the parts of dates; `origin`: the dataset that these are of."""
    found: Choices = []
    dates = [column for column in columns if column.type in DATED]
    for column in columns:
        if column.type in DATED:
            named = [*([column.label] if len(dates) > 1 else []), *([origin] if origin else [])]
            of = f" ({', '.join(named)})" if named else ""
            found += [(f"{column.value}|{part}", f"{part_label(part)}{of}") for part in DATE_PARTS]
            if column.type == "date":
                found.append((column.value, f"Jour{of}"))
        elif column.type not in NUMERIC or _may_group(column):
            found.append((column.value, column.label))
    return found


def other_amount(measure: str, offered: Sequence[Column]) -> str:
    """The amount that a measure is first compared to: in the same unit when there is one."""
    name = measure.partition("|")[2]
    chosen = next((column for column in offered if column.value == name), None)
    others = [c for c in offered if c.value != name and _nature(c) == "amount"]
    same = [c for c in others if chosen and c.use and chosen.use and c.use.unit == chosen.use.unit]
    return next((column.value for column in (*same, *others)), "")


def first_question(
    columns: Sequence[Column], joined: Sequence[Column] = (), key: Collection[str] = ()
) -> dict[str, str]:
    """The question that a table answers best: its main measure, over time or by category. `joined`: the columns of a second
    dataset, whose names stand for the codes of the `key` by which it is joined."""
    uses = {column.use: column for column in columns if column.use is not None}
    measure = generic.main_measure(list(uses))
    value = f"{measure.role}|{uses[measure].value}" if measure else ROWS
    return {"measure": value, "group": _first_group(columns, joined, key)}


def _first_group(columns: Sequence[Column], joined: Sequence[Column], key: Collection[str]) -> str:
    for column in columns:
        use = column.use
        if column.type in DATED and use and (low := use.counted.low) and (high := use.counted.high):
            return f"{column.value}|{_part(low, high)}"
    years = [column for column in columns if _nature(column) == "year"]
    names = _names(joined)
    own = {column.use: column for column in columns if column.use and not (names and column.name in key)}
    best = generic.best_category(list(own))
    return next((column.value for column in (*years, *([own[best]] if best else []), *names)), ALL)


def _names(columns: Sequence[Column]) -> list[Column]:
    """The columns that name things, those of few values first."""
    texts = [one for one in columns if one.type == "text" and one.use and one.use.counted.distinct >= 2]
    named = [one for one in texts if _NAMES & set(header_words(one.name, one.label))]
    return sorted(named, key=lambda one: one.use is None or one.use.role != "category")


def _part(low: Any, high: Any) -> str:
    """The part of a date that makes a readable curve of this period."""
    if isinstance(low, date) and isinstance(high, date) and (high.year - low.year) < generic.LONG:
        return "month"
    return "year"


def _nature(column: Column) -> str:
    return (column.use.nature if column.use else None) or ""


def _may_group(column: Column) -> bool:
    if _nature(column) in ("year", "calendar", "identifier"):
        return True
    few = column.use is not None and 2 <= column.use.counted.distinct <= _FEW_NUMBERS
    return few and column.type == "integer" and _nature(column) == "unknown"
