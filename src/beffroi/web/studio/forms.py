"""The form of a new analysis, without code: a dataset, a column to group by, a measure, a figure, a board.

In come a dataset and what the person chose; out comes a `Recipe`. Choices are what the dataset's columns allow: no
sum of texts, no personal column, dates by year, month, week or weekday.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from pydantic import ValidationError

from beffroi.recipes.figures import Encodings, Figure
from beffroi.recipes.model import (
    Condition,
    Derive,
    Filter,
    Group,
    Measure,
    Order,
    Recipe,
    Sort,
    Source,
    Step,
    Top,
)
from beffroi.web.catalogue.models import Dataset, Snapshot

from .models import Board

NUMERIC = ("integer", "decimal", "number")
DATED = ("date", "datetime")
_DATE_PARTS = {
    "year": "par année",
    "month": "par mois",
    "week": "par semaine",
    "weekday": "par jour de la semaine",
    "school_year": "par année scolaire",
}
_MEASURES = {"sum": "Somme de", "mean": "Moyenne de", "min": "Plus petit", "max": "Plus grand"}
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
ALL = "__tout__"


@dataclass(frozen=True)
class Column:
    """A column that an analysis may use."""

    name: str
    label: str
    type: str


def usable(snapshot: Snapshot) -> list[Column]:
    """The columns of a delivery that are neither personal nor shapes."""
    return [
        Column(c["name"], c["label"] or c["name"], c["type"])
        for c in snapshot.columns
        if not c.get("personal") and c["type"] != "geometry"
    ]


class AnalysisForm(forms.Form):
    """One screen: what to count, of what, shown how, kept where."""

    title = forms.CharField(
        label="Titre de l'analyse",
        max_length=150,
        help_text="La question en une ligne. Exemple : « Repas servis par école ».",
    )
    group = forms.ChoiceField(label="Une ligne pour chaque…", help_text="Ce que l'on compare, ou le temps.")
    measure = forms.ChoiceField(label="Mesure", help_text="Ce que l'on compte ou additionne.")
    unit = forms.CharField(
        label="Unité",
        max_length=60,
        required=False,
        help_text="Repas, €, kWh… Laissez vide si le fichier ne la dit pas : « unité du fichier » sera écrit.",
    )
    filter_column = forms.ChoiceField(label="Ne garder que les lignes où…", required=False)
    filter_test = forms.ChoiceField(label="Condition", choices=_TESTS, required=False, initial="=")
    filter_value = forms.CharField(label="Valeur", max_length=120, required=False)
    kind = forms.ChoiceField(label="Figure", choices=_FIGURES, initial="bar")
    first = forms.ChoiceField(
        label="Combien de lignes montrer",
        choices=[("10", "les 10 plus grandes"), ("20", "les 20 plus grandes"), ("0", "toutes, dans l'ordre")],
        initial="10",
    )
    board = forms.ChoiceField(label="Tableau de bord où la montrer")
    new_board = forms.CharField(label="Titre du nouveau tableau de bord", max_length=150, required=False)

    def __init__(self, dataset: Dataset, boards: Iterable[Board], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        snapshot = dataset.current
        if snapshot is None:
            raise ValueError("a dataset in force has a delivery")
        self.dataset = dataset
        self.columns = {column.name: column for column in usable(snapshot)}
        self.fields["group"].choices = _groups(self.columns.values())  # type: ignore[attr-defined]
        self.fields["measure"].choices = _measures(self.columns.values())  # type: ignore[attr-defined]
        self.fields["filter_column"].choices = [  # type: ignore[attr-defined]
            ("", "Garder toutes les lignes"),
            *((c.name, c.label) for c in self.columns.values()),
        ]
        self.fields["board"].choices = [  # type: ignore[attr-defined]
            (_NEW, "Un nouveau tableau de bord"),
            *((board.slug, board.title) for board in boards),
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        if data["filter_column"] and not data["filter_value"].strip():
            self.add_error("filter_value", "Donnez la valeur à chercher, ou gardez toutes les lignes.")
        if data["kind"] != "number" and data["group"] == ALL:
            self.add_error("group", "Choisissez ce que l'on compare : seul un chiffre unique s'en passe.")
        if data["board"] == _NEW and not data["new_board"].strip():
            self.add_error("new_board", "Donnez un titre au nouveau tableau de bord, ou choisissez-en un.")
        if not self.errors:
            try:
                self.recipe = self._recipe(data)
            except ValidationError as error:
                for reason in error.errors():
                    self.add_error(None, str(reason["msg"]).removeprefix("Value error, "))
        return data

    @property
    def wants_new_board(self) -> bool:
        return bool(self.cleaned_data["board"] == _NEW)

    def _recipe(self, data: dict[str, Any]) -> Recipe:
        steps: list[Step] = [Source(source="jeu")]
        if data["filter_column"]:
            condition = Condition(
                column=data["filter_column"], op=data["filter_test"], value=data["filter_value"].strip()
            )
            steps.append(Filter(conditions=(condition,)))
        by, label, derive = self._grouping(data)
        if derive:
            steps.append(derive)
        measure, said = self._measure(data["measure"])
        steps.append(Group(by=(by,) if by else (), measures=(measure,)))
        timed = bool(derive) or (by is not None and self._type(by) in DATED)
        if by and timed:
            steps.append(Sort(by=(Order(column=by),)))
        elif by and data["first"] == "0":
            steps.append(Sort(by=(Order(column="valeur", descending=True),)))
        elif by:
            steps.append(Top(count=int(data["first"]), column="valeur"))
        labels = {"valeur": said} | ({by: label} if by else {})
        return Recipe(
            title=data["title"],
            sources={"jeu": self.dataset.slug},
            steps=tuple(steps),
            figure=Figure(
                kind=data["kind"],
                title=data["title"],
                unit=data["unit"].strip() or ("lignes" if data["measure"] == "rows" else "unité du fichier"),
                base="{lignes} lignes du fichier",
                year=self._period(),
                source=f"{self.dataset.title} ({self.dataset.producer})"
                if self.dataset.producer
                else self.dataset.title,
                encodings=_encodings(data["kind"], by, labels),
                simulated=self.dataset.simulated,
            ),
        )

    def _grouping(self, data: dict[str, Any]) -> tuple[str | None, str, Derive | None]:
        if data["kind"] == "number" or data["group"] == ALL:
            return None, "", None
        name, _, part = data["group"].partition("|")
        column = self.columns[name]
        if not part:
            return name, column.label, None
        derived = self._free(part)
        return (
            derived,
            f"{column.label} ({_DATE_PARTS[part]})",
            Derive(name=derived, operation=part, column=name),
        )  # type: ignore[arg-type]

    def _measure(self, chosen: str) -> tuple[Measure, str]:
        if chosen == "rows":
            return Measure(name="valeur", operation="count"), "Nombre de lignes"
        operation, _, name = chosen.partition("|")
        label = self.columns[name].label
        words = {**_MEASURES, "count_distinct": "Nombre de valeurs différentes de"}
        return Measure(name="valeur", operation=operation, column=name), f"{words[operation]} « {label} »"  # type: ignore[arg-type]

    def _period(self) -> str:
        dated = [c.name for c in self.columns.values() if c.type in DATED]
        years = [
            c.name
            for c in self.columns.values()
            if c.type == "integer" and c.name in ("annee", "exercice", "millesime")
        ]
        return f"{{periode:{[*dated, *years][0]}}}" if dated or years else "non datée"

    def _type(self, name: str) -> str:
        column = self.columns.get(name)
        return column.type if column else ""

    def _free(self, name: str) -> str:
        while name in self.columns:
            name += "_"
        return name


def _groups(columns: Iterable[Column]) -> list[tuple[str, str]]:
    choices = [(ALL, "Tout ensemble (un seul chiffre)")]
    for column in columns:
        if column.type in DATED:
            choices += [
                (f"{column.name}|{part}", f"{column.label}, {said}") for part, said in _DATE_PARTS.items()
            ]
        else:
            choices.append((column.name, column.label))
    return choices


def _measures(columns: Iterable[Column]) -> list[tuple[str, str]]:
    choices = [("rows", "Nombre de lignes")]
    for column in columns:
        if column.type in NUMERIC:
            choices += [
                (f"{key}|{column.name}", f"{words} « {column.label} »") for key, words in _MEASURES.items()
            ]
        choices.append((f"count_distinct|{column.name}", f"Nombre de « {column.label} » différents"))
    return choices


def _encodings(kind: str, by: str | None, labels: dict[str, str]) -> Encodings:
    if kind == "number":
        return Encodings(value="valeur", labels=labels)
    if kind == "map":
        return Encodings(place=by, value="valeur", labels=labels)
    if kind == "table":
        return Encodings(labels=labels)
    return Encodings(x=by, y="valeur", labels=labels)
