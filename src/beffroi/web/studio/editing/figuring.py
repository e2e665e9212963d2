"""The last page of a draft: what the analysis shows (figure, unit, base, year, source), where it is saved and put.

In come the columns that the draft gives and what the person says; out comes the recipe with its figure.
"""

from collections.abc import Iterable
from typing import Any

from django import forms
from pydantic import ValidationError

from beffroi.recipes.figures import Encodings, Figure
from beffroi.recipes.model import Group, Pivot, Recipe, Top
from beffroi.web.catalogue.models import Dataset

from ..models import Board, Draft
from .looking import Column, Looking

NEW_BOARD = "__nouveau__"
_KINDS = [
    ("bar", "Barres : comparer des catégories"),
    ("line", "Courbe : suivre dans le temps"),
    ("number", "Un seul chiffre, en grand"),
    ("table", "Tableau"),
    ("map", "Carte des communes (d'après des codes INSEE)"),
]
_YEARS = ("annee", "exercice", "millesime")
_LINES = "{lignes} lignes du fichier"


class FigureForm(forms.Form):
    """What is shown and where it goes; a figure is not shown without its unit, its base, its year and its source."""

    title = forms.CharField(label="Titre de l'analyse", max_length=150, help_text="La question en une ligne. Exemple : « Tonnes de déchets par habitant ».")  # fmt: skip
    kind = forms.ChoiceField(label="Figure", choices=_KINDS)
    x = forms.ChoiceField(
        label="En bas de la figure (ou, sur la carte, les codes des communes)", required=False
    )
    y = forms.ChoiceField(label="Le chiffre montré", required=False, help_text="La hauteur des barres ou de la courbe, le grand chiffre, la couleur de la carte.")  # fmt: skip
    series = forms.ChoiceField(label="Une couleur pour chaque…", required=False)
    unit = forms.CharField(
        label="Unité", max_length=60, help_text="Exemple : tonnes, €, repas, kWh par habitant."
    )
    base = forms.CharField(
        label="Base : ce qui a été compté",
        max_length=300,
        initial=_LINES,
        help_text="« {lignes} » est remplacé par le nombre de lignes lues, recompté à chaque livraison.",
    )
    year_column = forms.ChoiceField(
        label="Période, lue dans la colonne",
        required=False,
        help_text="La première et la dernière année seront dites.",
    )
    year = forms.CharField(label="Ou période écrite à la main", max_length=100, required=False)
    source = forms.CharField(label="Source", max_length=300, help_text="Qui produit ces données.")
    place = forms.ChoiceField(label="Enregistrer", widget=forms.RadioSelect)
    board = forms.ChoiceField(label="Mettre sur un tableau de bord", required=False)
    new_board = forms.CharField(label="Titre du nouveau tableau de bord", max_length=150, required=False)

    def __init__(
        self, draft: Draft, look: Looking, boards: Iterable[Board], *args: Any, **kwargs: Any
    ) -> None:
        self.draft, self.look = draft, look
        kwargs["initial"] = self._initial()
        super().__init__(*args, **kwargs)
        columns = look.columns_after(len(look.recipe.steps))
        every = [(column.name, column.label) for column in columns]
        numbers = [(column.name, column.label) for column in columns if column.is_number]
        self._offer("x", [("", "Choisir…"), *every])
        self._offer("y", [("", "Choisir…"), *numbers])
        self._offer("series", [("", "Une seule couleur"), *every])
        self._offer("year_column", [("", "Aucune"), *((c.name, c.label) for c in self._dated())])
        places = [("new", "comme nouvelle analyse")]
        if draft.recipe is not None:
            places.insert(0, ("version", f"comme nouvelle version de «\u00a0{draft.recipe.title}\u00a0»"))
        self._offer("place", places)
        made = [("", "Aucun pour l'instant"), (NEW_BOARD, "Un nouveau tableau de bord")]
        self._offer("board", [*made, *((board.slug, board.title) for board in boards)])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        kind = data["kind"]
        if kind not in ("number", "table") and not data["x"]:
            self.add_error("x", "Choisissez ce que l'on compare.")
        if kind != "table" and not data["y"]:
            self.add_error("y", "Choisissez la colonne du chiffre à montrer : elle contient des nombres.")
        if not data["year_column"] and not data["year"].strip():
            self.add_error("year", "Dites de quelle période il s'agit : un chiffre ne se montre pas sans.")
        if data["board"] == NEW_BOARD and not data["new_board"].strip():
            self.add_error("new_board", "Donnez un titre au nouveau tableau de bord, ou choisissez-en un.")
        if not self.errors:
            try:
                self.recipe = self._recipe()
            except ValidationError as error:
                for reason in error.errors():
                    self.add_error(None, str(reason["msg"]).removeprefix("Value error, "))
        return data

    @property
    def in_place(self) -> bool:
        return bool(self.cleaned_data["place"] == "version")

    def _offer(self, field: str, choices: list[tuple[str, str]]) -> None:
        self.fields[field].choices = choices  # type: ignore[attr-defined]

    def _recipe(self) -> Recipe:
        data, recipe = self.cleaned_data, self.look.recipe
        year = f"{{periode:{data['year_column']}}}" if data["year_column"] else data["year"].strip()
        figure = Figure(
            kind=data["kind"],
            title=data["title"].strip(),
            unit=data["unit"].strip(),
            base=data["base"].strip(),
            year=year,
            source=data["source"].strip(),
            encodings=self._encodings(),
            estimated=bool(recipe.figure and recipe.figure.estimated),
            simulated=any(dataset.simulated for dataset in self._datasets()),
        )
        return recipe.model_copy(update={"title": figure.title, "figure": figure})

    def _encodings(self) -> Encodings:
        data, kind = self.cleaned_data, self.cleaned_data["kind"]
        x, y, series = (data[name] or None for name in ("x", "y", "series"))
        labels = {c.name: c.label for c in self.look.columns_after(len(self.look.recipe.steps))}
        if kind == "table":
            return Encodings(labels=labels)
        if kind == "number":
            return Encodings(value=y, labels=labels)
        if kind == "map":
            return Encodings(place=x, value=y, labels=labels)
        return Encodings(x=x, y=y, series=series, labels=labels)

    def _initial(self) -> dict[str, Any]:
        """What the analysis said before, otherwise what its last columns suggest."""
        recipe, figure = self.look.recipe, self.look.recipe.figure
        begun = {"title": recipe.title, "place": "version" if self.draft.recipe else "new"}
        if figure is not None:
            year = figure.year.removeprefix("{periode:").removesuffix("}")
            counted = year != figure.year
            e = figure.encodings
            return begun | {
                "kind": figure.kind,
                "x": e.x or e.place or "",
                "y": e.y or e.value or "",
                "series": e.series or "",
                "unit": figure.unit,
                "base": figure.base,
                "source": figure.source,
                "year_column": year if counted else "",
                "year": "" if counted else figure.year,
            }
        return begun | self._suggested()

    def _suggested(self) -> dict[str, Any]:
        columns = self.look.columns_after(len(self.look.recipe.steps))
        numbers = [c for c in columns if c.is_number and not _says_years(c)]
        names = [c for c in columns if c not in numbers]
        kind = "table"
        if numbers:
            kind = "number" if not names else "line" if names[0].is_dated or _says_years(names[0]) else "bar"
        dated = self._dated()
        told = [f"{d.title} ({d.producer})" if d.producer else d.title for d in self._datasets()]
        return {
            "kind": kind,
            "x": names[0].name if names else "",
            "y": numbers[-1].name if numbers else "",
            "base": _LINES,
            "year_column": dated[0].name if dated else "",
            "source": " ; ".join(told),
        }

    def _dated(self) -> list[Column]:
        """The columns that date the rows which enter the first step that merges or drops some."""
        recipe = self.look.recipe
        merges = (n for n, step in enumerate(recipe.steps) if isinstance(step, Group | Pivot | Top))
        entering = self.look.columns_after(next(merges, len(recipe.steps)))
        return [c for c in entering if c.is_dated or _says_years(c)]

    def _datasets(self) -> list[Dataset]:
        return [snapshot.dataset for snapshot in self.look.opened.snapshots.values()]


def _says_years(column: Column) -> bool:
    return column.kind == "integer" and any(word in column.name.casefold() for word in _YEARS)
