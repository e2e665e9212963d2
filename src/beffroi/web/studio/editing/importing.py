"""Import of a written recipe from another territory: its datasets and columns are mapped to local ones, into a draft.

A person pastes the recipe as text: nothing of another territory is read. In: a text and the mapping. Out: what
remains to be mapped, then a draft that records its origin.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from pydantic import ValidationError

from beffroi.lake.invisible_characters import strip_invisible
from beffroi.recipes import serialization
from beffroi.recipes.column_names import referenced_columns, rename_columns
from beffroi.recipes.errors import RecipeError
from beffroi.recipes.figures import Figure
from beffroi.recipes.model import Recipe, sources_of
from beffroi.web.catalogue.models import Dataset
from beffroi.web.platform.models import Territory
from beffroi.web.ui.fields import VisibleCharField

from ..analysis_builder import readable_datasets, usable_columns
from ..answers import StudioError

SAME: Final = ""
MAX_BYTES: Final = 400_000


class TextForm(forms.Form):
    """The recipe, pasted or as a file."""

    text = VisibleCharField(
        label="La recette, en YAML ou en JSON",
        required=False,
        max_length=serialization.MAX_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
        help_text="Le texte donné par « Recette (YAML) » sur la page d'une analyse, ici ou dans un autre territoire.",
    )
    file = forms.FileField(label="Ou son fichier", required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        text, file = cleaned.get("text", ""), cleaned.get("file")
        if not text.strip() and file is not None:
            if file.size > MAX_BYTES:
                raise forms.ValidationError("Ce fichier est trop grand pour une recette. Il n'est pas lu.")
            try:
                text = strip_invisible(file.read().decode("utf-8-sig"))
            except UnicodeDecodeError as error:
                raise forms.ValidationError(
                    "Ce fichier n'est pas en UTF-8. Enregistrez-le dans cet encodage, puis recommencez."
                ) from error
        if not text.strip():
            raise forms.ValidationError("Collez une recette, ou choisissez son fichier.")
        try:
            cleaned["recipe"] = serialization.load_recipe(text)
        except RecipeError as error:
            raise forms.ValidationError(str(error).splitlines()) from error
        cleaned["whole"] = text
        return cleaned


def origin_in(text: str) -> str:
    """Origin written in the first line of the text."""
    first = text.lstrip("\ufeff \n").splitlines()[0] if text.strip() else ""
    return " ".join(first.removeprefix("#").split())[:300] if first.startswith("#") else ""


def _figure(figure: Figure | None, names: Mapping[str, str]) -> Figure | None:
    """The same figure of the columns that took the place of others."""
    if figure is None or not names:
        return figure

    def put(value: Any) -> Any:
        if isinstance(value, str):
            return names.get(value, value)
        if isinstance(value, dict):
            return {names.get(key, key): label for key, label in value.items()}
        return [put(item) for item in value] if isinstance(value, list | tuple) else value

    definition = figure.model_dump(mode="json")
    definition["encodings"] = {key: put(value) for key, value in definition["encodings"].items()}
    for old, new in names.items():
        definition["year"] = definition["year"].replace(f"{{periode:{old}}}", f"{{periode:{new}}}")
    return Figure.model_validate(definition)


@dataclass(frozen=True)
class Missing:
    """A column that none of the chosen datasets has."""

    name: str


class MatchForm(forms.Form):
    """The dataset of this territory for each source, and a column for each that is missing."""

    text = forms.CharField(widget=forms.HiddenInput, max_length=serialization.MAX_CHARACTERS)
    origin = VisibleCharField(
        label="D'où elle vient",
        required=False,
        max_length=300,
        help_text="Gardé sur la page de l'analyse. Par exemple : « Tonnages par commune », version 3, Ville voisine.",
    )

    def __init__(self, place: Territory, recipe: Recipe, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.recipe, self.datasets = recipe, {dataset.slug: dataset for dataset in readable_datasets(place)}
        self.aliases = sorted(sources_of(recipe))
        self.names = referenced_columns(recipe)
        choices = [("", "Choisir…"), *((d.slug, d.title) for d in self.datasets.values())]
        for alias in self.aliases:
            self.fields[f"jeu-{alias}"] = forms.ChoiceField(
                label=f"À la place de « {recipe.sources[alias]} »",
                choices=choices,
                initial=self._likely(recipe.sources[alias]),
                error_messages={"required": "Choisissez un jeu de données de votre territoire."},
            )
        self.missing = self._missing()
        known = sorted({(c.name, c.label) for d in self._chosen() for c in usable_columns(d.current)})  # type: ignore[arg-type]
        for number, one in enumerate(self.missing):
            self.fields[f"colonne-{number}"] = forms.ChoiceField(
                label=f"À la place de la colonne « {one.name} »",
                required=False,
                choices=[(SAME, "laisser tel quel"), *known],
            )

    @property
    def columns_were_offered(self) -> bool:
        """Whether the form already offered the missing columns."""
        return all(f"colonne-{number}" in self.data for number in range(len(self.missing)))

    def adapted(self) -> Recipe:
        """The recipe on the chosen datasets and columns. Raises StudioError."""
        data = self.cleaned_data
        names = {
            one.name: data[f"colonne-{number}"]
            for number, one in enumerate(self.missing)
            if data.get(f"colonne-{number}")
        }
        sources = {alias: data[f"jeu-{alias}"] for alias in self.aliases}
        try:
            changed = rename_columns(self.recipe.model_copy(update={"sources": sources}), names)
        except ValidationError as error:
            raise StudioError(
                "Avec ces colonnes, la recette ne tient plus : la même colonne y serait demandée deux fois. Choisissez-en "
                "d'autres."
            ) from error
        return changed.model_copy(update={"figure": _figure(changed.figure, names)})

    def _likely(self, slug: str) -> str:
        """The dataset of the same name, or the one that has most of the columns."""
        if slug in self.datasets:
            return slug
        shares = {
            d.slug: len(self.names & {c.name for c in usable_columns(d.current)})  # type: ignore[arg-type]
            for d in self.datasets.values()
        }
        best = max(shares, key=lambda one: shares[one], default="")
        return best if best and shares[best] else ""

    def _chosen(self) -> list[Dataset]:
        slugs = [
            self.data.get(f"jeu-{alias}") if self.is_bound else self.fields[f"jeu-{alias}"].initial
            for alias in self.aliases
        ]
        return [self.datasets[slug] for slug in dict.fromkeys(slugs) if slug in self.datasets]

    def _missing(self) -> list[Missing]:
        available = {c["name"] for d in self._chosen() if d.current is not None for c in d.current.columns}
        return [Missing(name) for name in sorted(self.names - available)]
