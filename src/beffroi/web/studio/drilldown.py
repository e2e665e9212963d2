"""Drill-down from a row of a figure to the rows of its group.

In: a recipe and a row of its result. Out: the query string of the drill-down page; the recipe of these rows.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from beffroi.recipes.french import to_json_value
from beffroi.recipes.model import Choose, Condition, Filter, Group, Periods, Pivot, Recipe, Top

NOTHING = "\N{EMPTY SET}"
"""How a missing value is written in an address: no file has it."""


def group_keys(recipe: Recipe) -> tuple[str, ...]:
    """The columns whose values name one group of the result; none when a row of it is not one group of rows."""
    grouped = [n for n, step in enumerate(recipe.steps) if isinstance(step, Group | Periods | Pivot)]
    first = recipe.steps[grouped[0]] if grouped else None
    if len(grouped) != 1 or not isinstance(first, Group):
        return ()
    later = recipe.steps[grouped[0] + 1 :]
    renamed = {old for step in later if isinstance(step, Choose) for old in step.rename}
    all_rows = not any(isinstance(step, Top) for step in recipe.steps[: grouped[0]])
    return first.by if all_rows and not renamed & set(first.by) else ()


def encode_group(keys: tuple[str, ...], row: Mapping[str, Any]) -> str:
    """Query string of the rows of this group."""
    values = {key: NOTHING if row[key] is None else str(to_json_value(row[key])) for key in keys}
    return urlencode(values)


def drilldown_recipe(recipe: Recipe, values: Mapping[str, str]) -> Recipe:
    """The recipe of the rows that entered the grouping; `values`: one for each key of the group that is looked at."""
    last = next(
        (n for n, step in enumerate(recipe.steps) if isinstance(step, Group | Periods | Pivot | Top)), None
    )
    steps = recipe.steps[:last]
    conditions = tuple(
        Condition(column=key, op="missing")
        if value == NOTHING
        else Condition(column=key, op="=", value=value)
        for key, value in values.items()
    )
    chosen = (Filter(conditions=conditions),) if conditions else ()
    return Recipe(title=recipe.title, sources=recipe.sources, steps=(*steps, *chosen))
