"""Context of a step in its recipe: column lookup and French error messages that name the step.

In: a table and a name. Out: the column, or a `RecipeError` that names the step and the closest column.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, NoReturn

import ibis.expr.types as ir
import pyarrow as pa

from beffroi.recipes.errors import RecipeError, closest
from beffroi.recipes.french import join_words
from beffroi.recipes.model import Step

STEP_TITLES = {
    "source": "Jeu de données",
    "choose": "Choisir",
    "filter": "Filtrer",
    "derive": "Calculer",
    "join": "Rapprocher",
    "group": "Regrouper",
    "sort": "Trier",
    "top": "Garder les premiers",
    "pivot": "Mettre en colonnes",
    "place": "Situer",
    "reference": "Compléter par commune",
    "window": "Comparer entre lignes",
    "periods": "Montrer toutes les périodes",
    "ranking": "Classer",
    "unpivot": "Mettre en lignes",
    "stack": "Empiler",
    "check": "Vérifier",
    "compute": "Calculer par une formule",
    "within": "Dans quelle zone",
    "nearest": "Le plus proche",
    "around": "Compter autour",
    "area_share": "Part de surface",
}

HIDDEN = "_beffroi_"
"""Prefix of the technical columns that count protected rows; no step sees them, no reader gets them."""
UNIT_READ, ROW_READ = f"{HIDDEN}unit", f"{HIDDEN}row"
"""The column of the grant's unit as the lake gives it, beside the columns of the grant; the number of each row."""
UNIT, FIRM, ROW = f"{HIDDEN}unit_", f"{HIDDEN}firm_", f"{HIDDEN}row_"
"""Then, with the number of the step that opened it: the unit of each row (FIRM: whose share of totals is limited), the row."""
UNITS, ROWS, BY, TOP, SUM = (f"{HIDDEN}{what}_" for what in ("units", "rows", "by", "top", "sum"))
"""Of each group: its distinct units and rows, and by measure the units that contribute, the largest of them, the sum."""


def hidden_columns(table: ir.Table) -> list[str]:
    return [name for name in table.columns if name.startswith(HIDDEN)]


def visible_columns(table: ir.Table) -> list[str]:
    return [name for name in table.columns if not name.startswith(HIDDEN)]


@dataclass(frozen=True)
class StepContext:
    """Step number (from 1), the step, the reference day of relative dates, and a runner of small queries."""

    number: int
    step: Step
    today: date
    run: Callable[[ir.Table], pa.Table] = lambda table: table.to_pyarrow()

    @property
    def message_prefix(self) -> str:
        """Beginning of a message about the step."""
        return f"Étape {self.number} « {STEP_TITLES[self.step.step]} » : "

    def refuse(self, reason: str) -> NoReturn:
        raise RecipeError(f"{self.message_prefix}{reason}")

    def column(self, table: ir.Table, name: str) -> Any:
        present = visible_columns(table)
        if name in present:
            return table[name]
        guess = closest(name, present)
        advice = f"Vouliez-vous dire « {guess} » ?" if guess else "Choisissez-en une autre."
        return self.refuse(
            f"la colonne « {name} » n'existe pas, ou plus, à cet endroit. {advice} "
            f"Colonnes présentes : {join_words(present) if present else 'aucune'}."
        )

    def numeric(self, table: ir.Table, name: str) -> Any:
        """Column that is checked to be numeric."""
        column = self.column(table, name)
        if column.type().is_boolean() or not column.type().is_numeric():
            self.refuse(f"la colonne « {name} » ne contient pas des nombres, mais {describe_type(column)}.")
        return column

    def unused_name(self, table: ir.Table, name: str) -> str:
        """Name of a column to add, checked to be unused."""
        if name.casefold() in casefolded(table.columns) or name.startswith(HIDDEN):
            self.refuse(f"une colonne porte déjà le nom « {name} ». Choisissez-en un autre.")
        return name


def casefolded(names: Iterable[str]) -> set[str]:
    """Names as the engine distinguishes them: « Total » and « total » are the same name to it."""
    return {name.casefold() for name in names}


def describe_type(column: Any) -> str:
    """Type of a column in French, as users call it."""
    kind = column.type()
    if kind.is_date() or kind.is_timestamp():
        return "des dates"
    if kind.is_boolean():
        return "oui ou non"
    return "des nombres" if kind.is_numeric() else "du texte"


def is_dated(column: Any) -> bool:
    kind = column.type()
    return bool(kind.is_date() or kind.is_timestamp())
