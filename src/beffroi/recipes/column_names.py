"""Columns referenced by a recipe, and the same recipe on renamed columns.

In: a recipe. Out: the names that its steps read and do not create themselves, or the recipe with some of them replaced.
Columns created from values (« Mettre en colonnes ») are unknown without the data: such names may be listed too.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from beffroi.recipes.model import FromReference, Recipe

_READ: Final = {
    "column", "other", "left", "right", "denominator", "then", "within", "partition", "columns", "also", "by", "rows",
    "geometry", "x", "y",
}  # fmt: skip
"""Fields that name a column, or several."""
_ALSO: Final = {("ranking", "value"), ("pivot", "value"), ("window", "period")}
_NOT: Final = {("place", "by"), ("window", "rows")}
_MADE: Final = {"name", "rate", "area"}
_OF_FORMULA: Final = re.compile(r"\[([^\[\]]+)\]")


def referenced_columns(recipe: Recipe) -> set[str]:
    """Names that the steps read and that none of them creates."""
    read: set[str] = set()

    def seen(name: str) -> str:
        read.add(name)
        return name

    steps = [step.model_dump(mode="json") for step in recipe.steps]
    for step in steps:
        _walked(step, step["step"], seen)
    suffixes = tuple(f"_{alias}" for alias in recipe.sources)
    made = {name for step in steps for name in _made(step)}
    made |= {name for step in recipe.steps if isinstance(step, FromReference) for name in step.added.values()}
    return {name for name in read if name not in made and not name.endswith(suffixes)}


def rename_columns(recipe: Recipe, names: Mapping[str, str]) -> Recipe:
    """Recipe that reads these other columns. Raises pydantic's ValidationError when the result is no valid recipe."""
    steps = [
        _walked(step.model_dump(mode="json"), step.step, lambda name: names.get(name, name))
        for step in recipe.steps
    ]
    return Recipe.model_validate({**recipe.model_dump(mode="json"), "steps": steps})


def _walked(value: Any, kind: str, name: Callable[[str], str]) -> Any:
    """Same value with each column name in it mapped by `name`."""
    if isinstance(value, list):
        return [_walked(item, kind, name) for item in value]
    if not isinstance(value, dict):
        return value
    changed: dict[str, Any] = {}
    for key, field in value.items():
        reads = (key in _READ and (kind, key) not in _NOT) or (kind, key) in _ALSO
        if key == "formula":
            changed[key] = _OF_FORMULA.sub(lambda found: f"[{name(found[1])}]", field)
        elif key == "rename" and kind == "choose":
            changed[key] = {name(old): new for old, new in field.items()}
        elif reads and isinstance(field, str):
            changed[key] = name(field)
        elif reads and isinstance(field, list) and all(isinstance(item, str) for item in field):
            changed[key] = [name(item) for item in field]
        elif key in ("value", "values", "rename"):
            changed[key] = field
        else:
            changed[key] = _walked(field, kind, name)
    return changed


def _made(value: Any) -> set[str]:
    """Names that a step gives to columns."""
    if isinstance(value, list):
        return {name for item in value for name in _made(item)}
    if not isinstance(value, dict):
        return set()
    made = {field for key, field in value.items() if key in _MADE and isinstance(field, str)}
    if value.get("step") == "unpivot":
        made.add(value["value"])
    if value.get("step") == "choose":
        made |= set(value["rename"].values())
    return made | {name for field in value.values() for name in _made(field)}
