"""Form of the figure of a draft: kind, columns, unit, base, year, source, and where it is saved.

In: the columns of the result, the proposed chart and the person's choices. Out: the recipe with its figure. A newly
chosen kind takes the columns that suit it.
"""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.forms import BoundField
from pydantic import ValidationError

from beffroi.recipes.charts.chooser import ChartChoice, ChartFit, choose_chart
from beffroi.recipes.charts.kinds import KINDS
from beffroi.recipes.figures import Encodings, Figure
from beffroi.recipes.french import join_words
from beffroi.recipes.model import Group, Pivot, Recipe, Top
from beffroi.web.catalogue.models import Dataset
from beffroi.web.ui.fields import VisibleCharField

from ..columns import FILE_UNIT, header_words, unit_of
from ..dataset_profiles import ANALYSIS_ERRORS
from ..labelling import cite_reference
from ..models import Board, Draft
from ..row_counts import COUNT, COUNT_ONCE
from .inspection import Column, RecipeInspector
from .look_fields import (
    COLUMNS,
    LABELS,
    USED,
    LookFields,
    classes_of,
    comparison_of,
    initial_of,
    look_of,
    required_fields,
)

NEW_BOARD = "__nouveau__"
_YEARS = ("annee", "exercice", "millesime")
_COUNTS = {
    COUNT: "les lignes comptées, et pourquoi les autres ne le sont pas",
    COUNT_ONCE: "les lignes comptées, et pourquoi les autres ne le sont pas",
    "{lignes}": "le nombre de lignes lues",
    "{perdues}": "le nombre de celles qui n'ont pas trouvé de partenaire",
    "{seules:": "les lignes du second jeu sans partenaire",
    "{partagees:": "un avertissement si des lignes du second jeu comptent dans plusieurs groupes",
}
_NUMBERS = ("y", "low", "high", "compare_column", "colour", "size")
_FIRST = {
    "series": "Une seule couleur", "name": "Aucun", "colour": "Une seule couleur", "size": "Tous de la même taille",
}  # fmt: skip


class FigureForm(LookFields):
    """Form of a figure and of where it is saved; unit, base, year and source are required."""

    title = VisibleCharField(label="Titre de l'analyse", max_length=150, help_text="La question en une ligne. Exemple : « Tonnes de déchets par habitant ».")  # fmt: skip
    kind = forms.ChoiceField(label="Figure", widget=forms.RadioSelect)
    displayed_kind = forms.CharField(widget=forms.HiddenInput, required=False)
    x = forms.ChoiceField(label="En bas de la figure", required=False)
    y = forms.ChoiceField(label="Le chiffre montré", required=False)
    series = forms.ChoiceField(label="Une couleur pour chaque…", required=False)
    name = forms.ChoiceField(label="Le nom de chaque point", required=False)
    low = forms.ChoiceField(label="La borne basse", required=False)
    high = forms.ChoiceField(label="La borne haute", required=False)
    colour = forms.ChoiceField(label="La couleur des points", required=False)
    size = forms.ChoiceField(label="La taille des points", required=False)
    unit = VisibleCharField(
        label="Unité", max_length=60, help_text="Exemple : tonnes, €, repas, kWh par habitant."
    )
    base = VisibleCharField(
        label="Base : ce qui a été compté",
        max_length=300,
        initial=COUNT,
    )
    year_column = forms.ChoiceField(
        label="Période, lue dans la colonne",
        required=False,
        help_text="La première et la dernière année seront dites.",
    )
    year = VisibleCharField(label="Ou période écrite à la main", max_length=100, required=False)
    source = VisibleCharField(label="Source", max_length=300, help_text="Qui produit ces données.")
    place = forms.ChoiceField(label="Enregistrer", widget=forms.RadioSelect)
    board = forms.ChoiceField(label="Mettre sur un tableau de bord", required=False)
    new_board = VisibleCharField(label="Titre du nouveau tableau de bord", max_length=150, required=False)

    def __init__(
        self, draft: Draft, look: RecipeInspector, boards: Iterable[Board], data: Any = None, **kwargs: Any
    ) -> None:
        self.draft, self.look = draft, look
        self.columns = look.columns_after(len(look.recipe.steps))
        self.choice = self._chosen()
        if data is not None and data.get("displayed_kind") and data["displayed_kind"] != data.get("kind"):
            data = self._suited(data)
        super().__init__(_stacked(data), initial=_stacked(self._initial()), **kwargs)
        every = [(column.name, column.label) for column in self.columns]
        numbers = [(column.name, column.label) for column in self.columns if column.is_number]
        for field in COLUMNS:
            first = _FIRST.get(field, "Choisir…")
            self._offer(field, [("", first), *(numbers if field in _NUMBERS else every)])
        self._offer("compare_column", [("", "Choisir…"), *numbers])
        self.fields["base"].help_text = _base_help(
            str(self.data.get("base") or self.initial.get("base") or "")
        )
        self._offer("year_column", [("", "Aucune"), *((c.name, c.label) for c in self._dated())])
        self._offer(
            "kind", [(kind, f"{kind_info.title} : {kind_info.use}") for kind, kind_info in KINDS.items()]
        )
        places = [("new", "comme nouvelle analyse")]
        if draft.recipe is not None:
            places.insert(0, ("version", f"comme nouvelle version de «\u00a0{draft.recipe.title}\u00a0»"))
        self._offer("place", places)
        made = [("", "Aucun pour l'instant"), (NEW_BOARD, "Un nouveau tableau de bord")]
        self._offer("board", [*made, *((board.slug, board.title) for board in boards)])
        self.seen_kind = str(self["kind"].value() or "table")
        if self.seen_kind == "area":
            self._offer("stacking", list(self.fields["stacking"].choices)[1:])  # type: ignore[attr-defined]
        for field, words_ in required_fields(self.seen_kind).items():
            self.fields[field].required = True
            self.fields[field].error_messages["required"] = words_
        for field in USED.get(self.seen_kind, ()):
            self.fields[field].label = LABELS.get((self.seen_kind, field), self.fields[field].label)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        if data["kind"] == "scatter" and data["x"] and not self._is_number(data["x"]):
            self.add_error(
                "x", "Un nuage de points demande deux colonnes de nombres : choisissez-en une ici."
            )
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

    # What the page shows

    @property
    def offered_kinds(self) -> list[dict[str, str]]:
        """The kinds that fit the result, and the one chosen whatever it is."""
        fits = [one.kind for one in self.choice.fitting] if self.choice else list(KINDS)
        kinds = [kind for kind in KINDS if kind in fits or kind == self.seen_kind]
        return [{"kind": kind, "title": KINDS[kind].title, "use": KINDS[kind].use} for kind in kinds]

    @property
    def refused_kinds(self) -> list[ChartFit]:
        others = self.choice.others if self.choice else ()
        return [one for one in others if one.kind != self.seen_kind]

    @property
    def column_fields(self) -> list[BoundField]:
        return [self[name] for name in USED.get(self.seen_kind, ()) if name in COLUMNS]

    @property
    def look_fields(self) -> list[BoundField]:
        return [self[name] for name in USED.get(self.seen_kind, ()) if name not in COLUMNS]

    @property
    def unseen_fields(self) -> list[BoundField]:
        """Fields that the kind does not use: hidden in the page, so that going back to another kind loses nothing."""
        used = USED.get(self.seen_kind, ())
        return [self[name] for name in (*COLUMNS, *LookFields.base_fields) if name not in used]

    @property
    def caption_fields(self) -> list[BoundField]:
        return [self[name] for name in ("title", "unit", "base", "year_column", "year", "source")]

    @property
    def place_fields(self) -> list[BoundField]:
        return [self[name] for name in ("place", "board", "new_board")]

    # What it becomes

    def _offer(self, field: str, choices: list[tuple[str, str]]) -> None:
        self.fields[field].choices = choices  # type: ignore[attr-defined]

    def _chosen(self) -> ChartChoice | None:
        """The chart that suits the result; nothing when it cannot be read today, which the preview will say."""
        try:
            table = self.look.result().table
        except ANALYSIS_ERRORS:
            return None
        return choose_chart(table, {column.name: column.label for column in self.columns})

    def _suited(self, data: Any) -> Any:
        """The person's values, with the columns that suit the kind newly chosen, when there are any."""
        fit = (
            next((f for f in self.choice.fitting if f.kind == data.get("kind")), None)
            if self.choice
            else None
        )
        if fit is None:
            return data
        suited = data.copy()
        for name, value in _columns_of(fit).items():
            suited[name] = value
        suited["stacking"] = fit.look.series
        return suited

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
            look=look_of(data),
            comparison=comparison_of(data),
            classes=classes_of(data),
            estimated=bool(recipe.figure and recipe.figure.estimated),
            simulated=any(dataset.simulated for dataset in self._datasets()),
        )
        return recipe.model_copy(update={"title": figure.title, "figure": figure})

    def _encodings(self) -> Encodings:
        data, kind = self.cleaned_data, self.cleaned_data["kind"]
        used = {name: data[name] or None for name in COLUMNS if name in USED[kind]}
        former = self.look.recipe.figure.encodings.labels if self.look.recipe.figure else {}
        # The base names columns that are no longer there once rows are grouped.
        labels = former | {column.name: column.label for column in self.columns}
        if kind == "number":
            return Encodings(x=used["x"], value=used["y"], labels=labels)
        if kind == "points":
            where = {"x": used["x"], "y": used["y"]}
            if used["x"] is None or not self._is_number(used["x"]):
                where = {"place": used["x"]}
            channels = {"name": used["name"], "value": used["colour"], "size": used["size"]}
            return Encodings(**where, **channels, labels=labels)
        if kind == "map":
            return Encodings(place=used["x"], value=used["y"], labels=labels)
        return Encodings(**used, labels=labels)

    def _initial(self) -> dict[str, Any]:
        """Values of the current figure, otherwise those that the columns suggest."""
        recipe, figure = self.look.recipe, self.look.recipe.figure
        begun = {"title": recipe.title, "place": "version" if self.draft.recipe else "new"}
        if figure is not None:
            year = figure.year.removeprefix("{periode:").removesuffix("}")
            counted = year != figure.year
            return (
                begun
                | initial_of(figure)
                | {
                    "displayed_kind": figure.kind,
                    "unit": figure.unit,
                    "base": figure.base,
                    "source": figure.source,
                    "year_column": year if counted else "",
                    "year": "" if counted else figure.year,
                }
            )
        return begun | self._suggested()

    def _suggested(self) -> dict[str, Any]:
        dated = self._dated()
        sources = [f"{d.title} ({d.producer})" if d.producer else d.title for d in self._datasets()]
        sources.append(cite_reference(step.step for step in self.look.recipe.steps))
        best = self.choice.best if self.choice else ChartFit("table", True, "")
        columns = _columns_of(best)
        measure = next((c for c in self.columns if c.name == columns["y"]), None)
        unit = unit_of(header_words(measure.name, measure.label), measure.label) if measure else FILE_UNIT
        return columns | {
            "kind": best.kind,
            "displayed_kind": best.kind,
            "stacking": best.look.series,
            "unit": "" if unit == FILE_UNIT else unit,
            "base": COUNT,
            "year_column": dated[0].name if dated else "",
            "source": " ; ".join(filter(None, sources)),
        }

    def _is_number(self, name: str) -> bool:
        return any(column.name == name and column.is_number for column in self.columns)

    def _dated(self) -> list[Column]:
        """The columns that date the rows which enter the first step that merges or drops some."""
        recipe = self.look.recipe
        merges = (n for n, step in enumerate(recipe.steps) if isinstance(step, Group | Pivot | Top))
        entering = self.look.columns_after(next(merges, len(recipe.steps)))
        return [c for c in entering if c.is_dated or _is_year_column(c)]

    def _datasets(self) -> list[Dataset]:
        return [snapshot.dataset for snapshot in self.look.opened.snapshots.values()]


def _base_help(base: str) -> str:
    """Help text on the tokens between braces in a base."""
    used = [
        (name, words)
        for name, words in _COUNTS.items()
        if name in base or (name == COUNT and COUNT_ONCE not in base)
    ]
    named = [(f"{name}…}}" if name.endswith(":") else name, words) for name, words in used]
    listed = join_words(f"«\u00a0{name}\u00a0» est remplacé par {words}" for name, words in named)
    return f"{listed}, recompté à chaque livraison : gardez ces mots entre accolades tels quels."


def _stacked(data: Any) -> Any:
    """Areas do not stand side by side: they are stacked unless they are shares."""
    if data is None or data.get("kind") != "area" or data.get("stacking") == "share":
        return data
    stacked = data.copy()
    stacked["stacking"] = "stacked"
    return stacked


def _columns_of(fit: ChartFit) -> dict[str, str]:
    """The columns of a proposal, under the names of the form."""
    e = fit.encodings
    found = {name: getattr(e, name, None) or "" for name in COLUMNS}
    if fit.kind == "points":
        return found | {"x": e.x or e.place or "", "colour": e.value or ""}
    return found | {"x": e.x or e.place or "", "y": e.y or e.value or ""}


def _is_year_column(column: Column) -> bool:
    return column.kind == "integer" and any(word in column.name.casefold() for word in _YEARS)
