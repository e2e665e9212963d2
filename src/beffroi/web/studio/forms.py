"""Form of a new analysis without code: measure, grouping, conditions, figure, board; on one or two datasets.

In: the datasets and the person's choices. Out: a `Recipe`. The columns limit the choices: see `question_choices`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.forms import BoundField
from pydantic import ValidationError

from beffroi.recipes.french import join_words
from beffroi.recipes.model import Condition, Recipe
from beffroi.web.catalogue.models import Dataset
from beffroi.web.ui.fields import VisibleCharField

from . import conditions, question_choices
from .analysis_builder import (
    ALL,
    AUTO,
    DATED,
    DIFFERENCE,
    MAX_CONDITIONS,
    OTHER,
    RATIO,
    AnalysisBuilder,
    Column,
    Partner,
    usable_columns,
)
from .columns import FILE_UNIT, ColumnUse
from .models import Board
from .presentation import typeset
from .question_choices import ROWS, Choices, Side

__all__ = ["FIELDS", "AnalysisForm", "usable_columns"]

_FIGURES = [
    (AUTO, "Celle qui convient à la question"),
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
_COMPARISONS = [("", "telle quelle"), (RATIO, "divisée par (÷)"), (DIFFERENCE, "moins (−)")]
_NEW = "__nouveau__"
_NAMED = 4
"""Measures named in a message, at most."""
_SUFFIXES = ("", *(f"_{number}" for number in range(2, MAX_CONDITIONS + 1)))
_CONDITION = ("filter_column", "filter_test", "filter_value")

type Uses = Mapping[str, Mapping[str, ColumnUse]]
"""The uses of the columns of each dataset, by its slug then by the name of the column."""


type Offered = list[tuple[str, Choices]]
"""The choices of each dataset, under its title."""


class AnalysisForm(forms.Form):
    """Form of an analysis on one screen; `uses`: what the columns serve for, counted in the data."""

    measure = forms.ChoiceField(label="Mesure")
    compare = forms.ChoiceField(label="Seule, ou avec une autre", choices=_COMPARISONS, required=False)
    divisor = forms.ChoiceField(label="Autre mesure", required=False)
    group = forms.ChoiceField(label="Une ligne pour chaque…")
    kind = forms.ChoiceField(label="Figure", choices=_FIGURES, initial=AUTO, required=False)
    first = forms.ChoiceField(
        label="Combien de lignes montrer",
        choices=[("10", "les 10 plus grandes"), ("20", "les 20 plus grandes"), ("0", "toutes")],
        initial="10",
        required=False,
    )
    title = VisibleCharField(label="Titre", max_length=150, required=False)
    unit = VisibleCharField(
        label="Unité",
        max_length=60,
        required=False,
        help_text="Repas, €, kWh… Sans unité connue, le chiffre ne sera pas montré au public.",
    )
    board = forms.ChoiceField(label="Tableau de bord", required=False)
    new_board = VisibleCharField(label="Titre du nouveau tableau de bord", max_length=150, required=False)

    def __init__(
        self,
        dataset: Dataset,
        boards: Iterable[Board],
        data: Any = None,
        *,
        partner: Partner | None = None,
        known: conditions.KnownValues | None = None,
        uses: Uses | None = None,
        **kwargs: Any,
    ) -> None:
        self.dataset, self.partner, self.known = dataset, partner, known
        sides = [(dataset.title, _columns(dataset, "", uses or {}))]
        self.columns = list(sides[0][1])
        if partner:
            second = _columns(partner.dataset, OTHER, uses or {})
            self.columns += second
            # Its key holds what that of the first one does.
            sides.append((partner.dataset.title, [c for c in second if c.name not in partner.pair.rights]))
        self.divisor_proposed = False
        super().__init__(self._completed(data), **kwargs)
        self._offer("group", [(ALL, "Tout ensemble (un seul chiffre)")], _groups(sides))
        self._offer("measure", [(ROWS, "Nombre de lignes")], _by_side(sides, question_choices.measures))
        self._offer("divisor", [("", "Choisir…")], _by_side(sides, question_choices.amounts))
        if self.divisor_proposed and len(others := self._other_measures()) > 1:
            self.fields["divisor"].help_text = typeset(
                f"Proposée parmi {len(others)}. Si ce n'est pas la bonne, choisissez-en une autre."
            )
        for suffix in _SUFFIXES:
            self._add_condition(suffix, sides)
        self.fields["board"].choices = [  # type: ignore[attr-defined]
            (_NEW, "Un nouveau tableau de bord"),
            *((board.slug, board.title) for board in boards),
        ]
        self.proposed = {suffix: self._proposed(suffix) for suffix in _SUFFIXES}
        for suffix, values in self.proposed.items():
            if values:
                self.fields[f"filter_value{suffix}"].widget.attrs["list"] = f"valeurs-connues{suffix}"

    @staticmethod
    def first_question(dataset: Dataset, uses: Uses, partner: Partner | None = None) -> dict[str, str]:
        """What the form answers before anything is chosen."""
        own = _columns(dataset, "", uses)
        chosen = question_choices.first_question(own)
        if partner:
            joined = _columns(partner.dataset, OTHER, uses)
            offered = [column for column in joined if column.name not in partner.pair.rights]
            chosen = question_choices.first_question(own, offered, partner.pair.lefts)
        return {"kind": AUTO, "first": "10", "board": _NEW} | chosen

    @property
    def lacks_unit(self) -> bool:
        """Whether nothing tells the unit of the answer: the person is asked for it."""
        recipe: Recipe | None = getattr(self, "recipe", None)
        if recipe is None or recipe.figure is None:
            return False
        return recipe.figure.unit == FILE_UNIT or bool(self["unit"].value())

    @property
    def lacks_title(self) -> bool:
        """Whether the labels of the columns make no title: the person is asked for one."""
        return bool(getattr(self, "opaque", ()))

    @property
    def condition_rows(self) -> list[tuple[list[BoundField], str, list[str]]]:
        """The fields of each condition, their suffix and the values to choose from: those given, and one more."""
        filled = [suffix for suffix in _SUFFIXES if self[f"filter_column{suffix}"].value()]
        free = [suffix for suffix in _SUFFIXES if suffix not in filled]
        visible = [suffix for suffix in _SUFFIXES if suffix in {*filled, *free[:1]}]
        return [
            ([self[f"{name}{suffix}"] for name in _CONDITION], suffix, self.proposed[suffix])
            for suffix in visible
        ]

    def _completed(self, data: Any) -> Any:
        """The person's choices; the other measure of a comparison is chosen when they did not."""
        if data is None:
            return None
        completed = data.copy()
        if data.get("divisor") and "compare" not in data:
            completed["compare"] = RATIO
        elif data.get("compare") and not data.get("divisor"):
            completed["divisor"] = question_choices.other_amount(data.get("measure", ""), self.columns)
            self.divisor_proposed = bool(completed["divisor"])
        return completed

    def _add_condition(self, suffix: str, sides: list[Side]) -> None:
        column, test, value = (f"{name}{suffix}" for name in _CONDITION)
        self.fields[column] = forms.ChoiceField(label="Seulement les lignes où", required=False)
        self.fields[test] = forms.ChoiceField(label="Condition", choices=_TESTS, required=False)
        self.fields[value] = VisibleCharField(label="Valeur", max_length=120, required=False)
        first = [("", "toutes les lignes" if not suffix else "et aussi…")]
        self._offer(column, first, _by_side(sides, _plain))

    def _proposed(self, suffix: str) -> list[str]:
        """The values to choose from for the column of a condition, once it is chosen."""
        column = self._tested(str(self[f"filter_column{suffix}"].value() or ""))
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

    def _read_condition(self, data: dict[str, Any], suffix: str) -> tuple[str, Condition] | None:
        """Condition of these fields, its value parsed by the type of its column; None without one."""
        column, test = self._tested(data[f"filter_column{suffix}"]), data[f"filter_test{suffix}"] or "="
        text = data[f"filter_value{suffix}"].strip()
        if column is None or (not text and self.is_preview):
            return None  # still being written
        if not text:
            self.add_error(
                f"filter_value{suffix}", "Donnez la valeur à chercher, ou gardez toutes les lignes."
            )
            return None
        try:
            value = conditions.parse_value(column, test, text)
            if conditions.is_text(column) and test in ("=", "!=") and value not in self.proposed[suffix]:
                value = conditions.match_spelling(value, self._values(column, value))
        except ValueError as error:
            self.add_error(f"filter_value{suffix}", typeset(str(error)))
            return None
        return column.value, Condition(column=column.name, op=test, value=value)

    def _offer(self, field: str, first: list[Any], offered: Offered) -> None:
        """The choices of each dataset, under its title when there are two."""
        flat = [choice for _, found in offered for choice in found]
        self.fields[field].choices = [  # type: ignore[attr-defined]
            *first,
            *(flat if len(offered) == 1 else [(title, found) for title, found in offered if found]),
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        data["conditions"] = [one for suffix in _SUFFIXES if (one := self._read_condition(data, suffix))]
        data["kind"], data["first"] = data["kind"] or AUTO, data["first"] or "10"
        if data["group"] == ALL:
            # One number is not drawn as bars: whatever the figure chosen, it is displayed in large.
            data["kind"] = "number"
        self._check_comparison(data)
        if not self.errors:
            builder = AnalysisBuilder(data, self.dataset, self.partner, self.columns)
            self.opaque = builder.opaque_labels()
            if self.opaque and not data["title"].strip() and self.data.get("action") == "save":
                self.add_error(
                    "title",
                    f"Donnez un titre avec vos mots : « {self.opaque[0]} » ne dit rien à qui lira cette figure.",
                )
                return data
            try:
                self.recipe = builder.recipe()
            except ValidationError as error:
                for reason in error.errors():
                    self.add_error(None, str(reason["msg"]).removeprefix("Value error, "))
        return data

    def _check_comparison(self, data: dict[str, Any]) -> None:
        operation, _, measured = data["measure"].partition("|")
        if not data["compare"]:
            return
        if not data["divisor"]:
            self.add_error("divisor", typeset(self._which_other(data["compare"])))
        elif data["compare"] == RATIO and operation not in (ROWS, "sum"):
            self.add_error(
                "divisor", "On divise un total : choisissez pour mesure une somme ou un nombre de lignes."
            )
        elif data["compare"] == DIFFERENCE and operation not in ("sum", "mean"):
            self.add_error("divisor", "Une différence se fait entre deux sommes ou deux moyennes.")
        elif operation == "mean" and data["divisor"].partition(":")[1] != measured.partition(":")[1]:
            self.add_error(
                "divisor", "Pour une différence de moyennes, choisissez deux mesures du même fichier."
            )

    def _other_measures(self) -> list[str]:
        """The labels of what the measure may be compared to."""
        measured = str(self["measure"].value() or "").partition("|")[2]
        return [label for value, label in question_choices.amounts(self.columns) if value != measured]

    def _which_other(self, comparison: str) -> str:
        """What to choose, by name: the file of the person is unknown to whoever wrote the form."""
        verb = "diviser" if comparison == RATIO else "comparer"
        if not (others := self._other_measures()):
            return f"Rien à {verb} : ce jeu n'a pas d'autre nombre. Rapprochez-en un autre, ou gardez la mesure telle quelle."
        named = join_words((f"« {label} »" for label in others[:_NAMED]), "ou")
        more = ", ou une autre de la liste" if len(others) > _NAMED else ""
        return f"Dans « Autre mesure », choisissez {named}{more}. Pour ne rien {verb}, choisissez « telle quelle »."

    @property
    def is_preview(self) -> bool:
        return self.data.get("action", "preview") == "preview"

    @property
    def step_by_step(self) -> bool:
        """Whether the question goes on as a draft, which is put on no board yet."""
        return self.data.get("action") == "steps"

    @property
    def wants_new_board(self) -> bool:
        return self.cleaned_data["board"] in ("", _NEW)

    @property
    def board_title(self) -> str:
        """That of the new board: its own, or that of the analysis."""
        return self.cleaned_data["new_board"].strip() or self.recipe.title


FIELDS = (*AnalysisForm.base_fields, *(f"{name}{suffix}" for suffix in _SUFFIXES for name in _CONDITION))
"""Names of the fields of the form."""


def _columns(dataset: Dataset, side: str, uses: Uses) -> list[Column]:
    if (current := dataset.current) is None:
        raise ValueError("a dataset in force has a delivery")
    own = uses.get(dataset.slug, {})
    return [replace(column, use=own.get(column.name)) for column in usable_columns(current, side)]


def _plain(columns: Sequence[Column]) -> Choices:
    return [(column.value, column.label) for column in columns]


def _by_side(sides: list[Side], choices: Callable[[Sequence[Column]], Choices]) -> Offered:
    return [(title, choices(columns)) for title, columns in sides]


def _groups(sides: list[Side]) -> Offered:
    """Parts of dates that both datasets have are told apart by its title: a closed list shows nothing else of it."""
    dated = sum(any(column.type in DATED for column in columns) for _, columns in sides)
    return [(title, question_choices.groups(columns, title if dated > 1 else "")) for title, columns in sides]
