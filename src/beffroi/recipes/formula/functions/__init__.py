"""Functions of formulas, by kind of value. A new one is declared in its module, and appears on every page that lists them."""

from beffroi.recipes.formula.functions import conditions, dates, numbers, texts
from beffroi.recipes.formula.functions.base import Function

GROUPS: dict[str, tuple[Function, ...]] = {
    "Conditions et valeurs absentes": conditions.FUNCTIONS,
    "Nombres": numbers.FUNCTIONS,
    "Dates": dates.FUNCTIONS,
    "Textes": texts.FUNCTIONS,
}
FUNCTIONS = {function.name: function for group in GROUPS.values() for function in group}
