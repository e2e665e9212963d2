"""Parser of the condition of the analysis form: its value, typed as its column.

In: a column, a test and what a person typed. Out: the value of the recipe, or a `ValueError` in French for the field.
The known values of a column are read through the same grants as the steps.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, time

from beffroi.recipes.model import Condition, Filter
from beffroi.recipes.text_folding import fold
from beffroi.web.catalogue.models import Dataset
from beffroi.web.platform.models import Person

from .analysis_builder import DATED, NUMERIC, Column
from .editing import recipe_edits
from .editing.forms.filtering import typed_number
from .editing.inspection import RecipeInspector
from .purposes import steering

type KnownValues = Callable[[Dataset, Column, str], list[str]]
"""The frequent values of a column of a dataset, those that contain a text when one is given."""

_FRENCH = re.compile(r"(\d{1,2})[/. -](\d{1,2})[/. -](\d{4})")
_TRUTHS = {"oui": "oui", "vrai": "oui", "true": "oui", "non": "non", "faux": "non", "false": "non"}


def known_values_for(person: Person) -> KnownValues:
    """What this person may be proposed."""

    def values(dataset: Dataset, column: Column, containing: str) -> list[str]:
        recipe = recipe_edits.new_recipe(dataset.slug, dataset.title)
        if containing:
            matching = Filter(conditions=(Condition(column=column.name, op="contains", value=containing),))
            recipe = recipe.model_copy(update={"steps": (*recipe.steps, matching)})
        look = RecipeInspector(person, dataset.territory, recipe, steering(dataset.territory))
        return [value for value, _ in look.frequent_values(len(recipe.steps), column.name)]

    return values


def is_text(column: Column) -> bool:
    """Whether it holds words, of which some may be proposed."""
    return column.type in ("text", "code")


def parse_value(column: Column, test: str, typed: str) -> str:
    """The value as a recipe writes it: an ISO date, a number with a point, a text as it is. Raises ValueError."""
    text = typed.strip()
    if test == "contains":
        return text
    if column.type in DATED:
        day = _day(text)
        if day is None:
            raise ValueError(
                f"« {column.label} » contient des dates : écrivez le jour, le mois, l'année. Exemple : 01/03/2025."
            )
        # « Au plus le 1er mars » keeps the whole of that day.
        last = column.type == "datetime" and test == "<="
        return datetime.combine(day, time.max).isoformat() if last else day.isoformat()
    if column.type in NUMERIC:
        number = typed_number(text)
        if number is None:
            raise ValueError(
                f"« {column.label} » contient des nombres, et « {text} » n'en est pas un. Exemple : 1 234,5."
            )
        return str(number)
    if column.type == "boolean":
        if (truth := _TRUTHS.get(text.casefold())) is None:
            raise ValueError(f"« {column.label} » contient oui ou non : écrivez l'un des deux.")
        return truth
    return text


def match_spelling(text: str, values: list[str]) -> str:
    """The text as the data write it, whatever its capitals and accents; as it is when they do not have it. Raises
    ValueError when they write it in several ways."""
    if text in values:
        return text
    alike = [value for value in values if fold(value.strip()) == fold(text)]
    if len(alike) > 1:
        variants = ", ".join(f"« {value} »" for value in alike)
        raise ValueError(
            f"Le fichier l'écrit de plusieurs façons : {variants}. Écrivez l'une d'elles, ou choisissez « contient »."
        )
    return alike[0] if alike else text


def _day(text: str) -> date | None:
    try:
        if found := _FRENCH.fullmatch(text):
            day, month, year = (int(part) for part in found.groups())
            return date(year, month, day)
        return date.fromisoformat(text)
    except ValueError:
        return None
