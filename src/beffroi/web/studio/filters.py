"""Filters of a board: columns chosen once, a value chosen by each reader, applied to every figure that has the column.

In: a query string, a recipe and its opened sources. Out: the narrowed recipe, and the filters that apply. Protected
data are never filtered by a reader: two figures that differ by one value could identify somebody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from beffroi.recipes.french import format_date
from beffroi.recipes.model import Condition, Derive, Filter, Group, Measure, Order, Recipe, Sort, Source
from beffroi.recipes.release import floors_of
from beffroi.web.catalogue.models import Dataset, Snapshot

from .columns import is_year_header

PREFIX = "f."
MAX_FILTERS = 4
MAX_VALUES = 200
_DATED = ("date", "datetime")
_PLAIN = ("text", "code", "boolean")


@dataclass(frozen=True)
class FilterColumn:
    """A column that can filter; `figure_count`: how many figures of the board have it."""

    name: str
    label: str
    type: str
    figure_count: int = 1


def parse_query(query: Mapping[str, str]) -> dict[str, str]:
    """The values chosen in an address; those left empty choose nothing."""
    chosen = {
        key.removeprefix(PREFIX): value
        for key, value in query.items()
        if key.startswith(PREFIX) and value and len(value) <= 200
    }
    return dict(sorted(chosen.items())[:MAX_FILTERS])


def filterable_columns(snapshot: Snapshot) -> dict[str, FilterColumn]:
    """The columns of a delivery by which a reader may filter: names, codes, yes or no, dates (by year), years."""
    return {
        c["name"]: FilterColumn(c["name"], c["label"] or c["name"], c["type"])
        for c in snapshot.columns
        if not c.get("personal") and (c["type"] in (*_PLAIN, *_DATED) or _is_year(c))
    }


def applicable(
    recipe: Recipe, grants: Mapping[str, Any], snapshots: Mapping[str, Snapshot], chosen: Mapping[str, str]
) -> dict[str, str]:
    """What of `chosen` narrows this recipe: its first source has the column, and nothing that it reads is protected."""
    first = recipe.steps[0]
    if not isinstance(first, Source) or floors_of(grants):
        return {}
    columns = filterable_columns(snapshots[first.source])
    return {
        name: value
        for name, value in chosen.items()
        if name in columns and name in grants[first.source].columns and _condition(columns[name], value)
    }


def narrow_recipe(recipe: Recipe, snapshots: Mapping[str, Snapshot], applied: Mapping[str, str]) -> Recipe:
    """The recipe on the rows of its first source that have these values."""
    first = recipe.steps[0]
    if not applied or not isinstance(first, Source):
        return recipe
    columns = filterable_columns(snapshots[first.source])
    found = [_condition(columns[name], value) for name, value in applied.items()]
    conditions = tuple(condition for condition in found if condition)
    return recipe.model_copy(update={"steps": (first, Filter(conditions=conditions), *recipe.steps[1:])})


def describe_filters(
    recipe: Recipe, snapshots: Mapping[str, Snapshot], applied: Mapping[str, str]
) -> tuple[str, ...]:
    """« Site : LE BAC » for each filter that was applied."""
    first = recipe.steps[0]
    if not applied or not isinstance(first, Source):
        return ()
    columns = filterable_columns(snapshots[first.source])
    return tuple(f"{columns[name].label} : {value}" for name, value in applied.items())


def values_recipe(dataset: Dataset, column: FilterColumn) -> Recipe:
    """The recipe of the values to choose from: names and codes by their order, years for dates."""
    source = Source(source="jeu")
    if column.type in _DATED:
        steps: tuple[Any, ...] = (source, Derive(name="_annee", operation="year", column=column.name))
        by = "_annee"
    else:
        steps, by = (source,), column.name
    grouped = Group(by=(by,), measures=(Measure(name="_lignes", operation="count"),))
    return Recipe(
        title=f"Valeurs de {column.label}"[:200],
        sources={"jeu": dataset.slug},
        steps=(*steps, grouped, Sort(by=(Order(column=by, descending=column.type in _DATED),))),
    )


def format_choices(values: Iterable[Any]) -> list[tuple[str, str]]:
    """(value in the address, words) of each value that a reader may choose."""
    found = []
    for value in values:
        if value is None or value == "":
            continue
        if isinstance(value, bool):
            found.append(("oui" if value else "non", "oui" if value else "non"))
        else:
            found.append((str(value), format_date(value) if isinstance(value, date) else str(value)))
    return found[:MAX_VALUES]


def _is_year(column: Mapping[str, Any]) -> bool:
    return column["type"] == "integer" and is_year_header(column["name"], column["label"] or "")


def _condition(column: FilterColumn, value: str) -> Condition | None:
    if column.type in _DATED:
        if not (value.isdigit() and len(value) == 4):
            return None
        return Condition(column=column.name, op="between", value=(f"{value}-01-01", f"{value}-12-31"))
    if column.type == "integer":
        return (
            Condition(column=column.name, op="=", value=int(value)) if value.lstrip("-").isdigit() else None
        )
    if column.type == "boolean":
        return (
            Condition(column=column.name, op="=", value=value == "oui") if value in ("oui", "non") else None
        )
    return Condition(column=column.name, op="=", value=value)
