"""Form of a new analysis without code: grouping, measure, figure, board; on one or two datasets.

In: the datasets and the person's choices. Out: a `Recipe`. The columns limit the choices: no sum of texts, no
personal column, dates by year, month, week or weekday.
"""

from collections.abc import Iterable
from typing import Any

from django import forms
from pydantic import ValidationError

from beffroi.web.catalogue.models import Dataset
from beffroi.web.ui.fields import VisibleCharField

from . import conditions
from .analysis_builder import (
    ALL,
    DATE_PARTS,
    DATED,
    MEASURES,
    NUMERIC,
    OTHER,
    AnalysisBuilder,
    Column,
    Partner,
    usable_columns,
)
from .models import Board
from .presentation import typeset

__all__ = ["AnalysisForm", "usable_columns"]

_FIGURES = [
    ("bar", "Barres : comparer des catégories"),
    ("line", "Courbe : suivre dans le temps"),
    ("number", "Un seul chiffre, en grand"),
    ("table", "Tableau"),
    ("map", "Carte des communes (la colonne doit contenir des codes INSEE ou des noms de communes)"),
]
_TESTS = [
    ("=", "vaut"),
    ("!=", "ne vaut pas"),
    (">=", "est au moins"),
    ("<=", "est au plus"),
    ("contains", "contient"),
]
_NEW = "__nouveau__"


class AnalysisForm(forms.Form):
    """Form of an analysis on one screen: measure, grouping, figure, board."""

    title = VisibleCharField(
        label="Titre de l'analyse",
        max_length=150,
        help_text="La question en une ligne. Exemple : « Repas servis par école ».",
    )
    group = forms.ChoiceField(
        label="Une ligne pour chaque…",
        help_text="Ce que l'on compare, ou le temps. « Tout ensemble » donne un seul chiffre, en grand.",
    )
    measure = forms.ChoiceField(label="Mesure", help_text="Ce que l'on compte ou additionne.")
    divisor = forms.ChoiceField(
        label="Diviser par",
        required=False,
        help_text="Pour un rapport : des tonnes par habitant, des euros par élève. Les totaux sont divisés.",
    )
    unit = VisibleCharField(
        label="Unité",
        max_length=60,
        required=False,
        help_text="Repas, €, kWh… Laissez vide si le fichier ne la dit pas : « unité du fichier » sera écrit.",
    )
    filter_column = forms.ChoiceField(label="Ne garder que les lignes où…", required=False)
    filter_test = forms.ChoiceField(label="Condition", choices=_TESTS, required=False, initial="=")
    filter_value = VisibleCharField(
        label="Valeur",
        max_length=120,
        required=False,
        help_text="Une date s'écrit 01/03/2025, un nombre 1 234,5. Les majuscules et les accents ne comptent pas.",
    )
    kind = forms.ChoiceField(label="Figure", choices=_FIGURES, initial="bar")
    first = forms.ChoiceField(
        label="Combien de lignes montrer",
        choices=[("10", "les 10 plus grandes"), ("20", "les 20 plus grandes"), ("0", "toutes, dans l'ordre")],
        initial="10",
    )
    board = forms.ChoiceField(label="Tableau de bord où la montrer")
    new_board = VisibleCharField(
        label="Titre du nouveau tableau de bord",
        max_length=150,
        required=False,
        help_text="Laissé vide, c'est le titre de l'analyse.",
    )

    def __init__(
        self,
        dataset: Dataset,
        boards: Iterable[Board],
        *args: Any,
        partner: Partner | None = None,
        known: conditions.KnownValues | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.dataset, self.partner, self.known = dataset, partner, known
        sides = [(dataset.title, _columns(dataset, ""))]
        if partner:
            sides.append((partner.dataset.title, _columns(partner.dataset, OTHER)))
        self.columns = [column for _, columns in sides for column in columns]
        self._offer("group", [(ALL, "Tout ensemble (un seul chiffre)")], sides, _groups)
        self._offer("measure", [("rows", "Nombre de lignes")], sides, _measures)
        self._offer("divisor", [("", "Ne pas diviser")], sides, _numbers)
        self._offer("filter_column", [("", "Garder toutes les lignes")], sides, _plain)
        self.fields["board"].choices = [  # type: ignore[attr-defined]
            (_NEW, "Un nouveau tableau de bord"),
            *((board.slug, board.title) for board in boards),
        ]
        self.proposed = self._proposed()
        if self.proposed:
            self.fields["filter_value"].widget.attrs["list"] = "valeurs-connues"

    def _proposed(self) -> list[str]:
        """The values to choose from for the condition's column, once it is chosen."""
        column = self._tested(str(self["filter_column"].value() or ""))
        if column is None or not conditions.is_text(column):
            return []
        return self._values(column)

    def _tested(self, value: str) -> Column | None:
        return next((column for column in self.columns if column.value == value), None)

    def _values(self, column: Column, containing: str = "") -> list[str]:
        if self.known is None:
            return []
        dataset = self.partner.dataset if column.side and self.partner else self.dataset
        return self.known(dataset, column, containing)

    def _read_condition(self, data: dict[str, Any]) -> None:
        """Parse the value of the condition by the type of its column."""
        column, test = self._tested(data["filter_column"]), data["filter_test"] or "="
        if column is None:
            return
        data["filter_test"] = test
        try:
            value = conditions.parse_value(column, test, data["filter_value"])
            if conditions.is_text(column) and test in ("=", "!=") and value not in self.proposed:
                value = conditions.match_spelling(value, self._values(column, value))
            data["filter_value"] = value
        except ValueError as error:
            self.add_error("filter_value", typeset(str(error)))

    def _offer(self, field: str, first: list[Any], sides: list[Any], choices: Any) -> None:
        """The choices of each dataset, under its title when there are two."""
        offered = [(title, choices(columns)) for title, columns in sides]
        flat = [choice for _, found in offered for choice in found]
        self.fields[field].choices = [  # type: ignore[attr-defined]
            *first,
            *(flat if len(offered) == 1 else [(title, found) for title, found in offered if found]),
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        if data["filter_column"] and not data["filter_value"].strip():
            self.add_error("filter_value", "Donnez la valeur à chercher, ou gardez toutes les lignes.")
        elif data["filter_column"]:
            self._read_condition(data)
        if data["group"] == ALL:
            # One number is not drawn as bars: whatever the figure chosen, it is displayed in large.
            data["kind"] = "number"
        if data["divisor"] and data["measure"] != "rows" and not data["measure"].startswith("sum|"):
            self.add_error(
                "divisor", "On divise un total : choisissez pour mesure une somme ou un nombre de lignes."
            )
        if not self.errors:
            try:
                self.recipe = AnalysisBuilder(data, self.dataset, self.partner, self.columns).recipe()
            except ValidationError as error:
                for reason in error.errors():
                    self.add_error(None, str(reason["msg"]).removeprefix("Value error, "))
        return data

    @property
    def step_by_step(self) -> bool:
        """Whether the question goes on as a draft, which is put on no board yet."""
        return self.data.get("action") == "steps"

    @property
    def wants_new_board(self) -> bool:
        return bool(self.cleaned_data["board"] == _NEW)

    @property
    def board_title(self) -> str:
        """That of the new board: its own, or that of the analysis."""
        return self.cleaned_data["new_board"].strip() or str(self.cleaned_data["title"])


def _columns(dataset: Dataset, side: str) -> list[Column]:
    if dataset.current is None:
        raise ValueError("a dataset in force has a delivery")
    return usable_columns(dataset.current, side)


def _groups(columns: Iterable[Column]) -> list[tuple[str, str]]:
    choices = []
    for column in columns:
        if column.type in DATED:
            choices += [
                (f"{column.value}|{part}", f"{column.label}, {part_label}")
                for part, part_label in DATE_PARTS.items()
            ]
        else:
            choices.append((column.value, column.label))
    return choices


def _measures(columns: Iterable[Column]) -> list[tuple[str, str]]:
    choices = []
    for column in columns:
        if column.type in NUMERIC:
            choices += [
                (f"{key}|{column.value}", f"{words} « {column.label} »")
                for key, words in MEASURES.items()
                if key != "count_distinct"
            ]
        choices.append((f"count_distinct|{column.value}", f"Nombre de « {column.label} » différents"))
    return choices


def _numbers(columns: Iterable[Column]) -> list[tuple[str, str]]:
    return [(column.value, column.label) for column in columns if column.type in NUMERIC]


def _plain(columns: Iterable[Column]) -> list[tuple[str, str]]:
    return [(column.value, column.label) for column in columns]
