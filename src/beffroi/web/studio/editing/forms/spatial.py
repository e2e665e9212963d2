"""Forms of the spatial joins: containing area, nearest, around, share of area.

The coordinate columns are proposed from types, names and first values, with the reason; what the step would find is
measured on the data before it is added.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

from django import forms

from beffroi.recipes.draft_previews import first_steps
from beffroi.recipes.model import AreaShare, Around, Coordinates, Nearest, Step, Summed, Within
from beffroi.recipes.model.spatial import MAX_DISTANCE
from beffroi.recipes.release import floors_of
from beffroi.web.catalogue.models import Dataset

from ...analysis_builder import readable_datasets
from ...columns import header_words
from ...dataset_profiles import ANALYSIS_ERRORS
from ...presentation import typeset
from ..coordinate_detection import SYSTEMS, detect_coordinates
from ..recipe_edits import new_alias, new_recipe
from .base import StepForm, columns_field, name_field, step_form
from .joining import NOT_OFFERED

BY_HAND = "main"


class LocatingForm(StepForm):
    """What these forms share. `shapes_here`, `shapes_there`: sides that need areas, not points."""

    template = "studio/editing/forms/spatial.html"
    shapes_here: ClassVar[bool] = False
    shapes_there: ClassVar[bool] = False
    dataset_label: ClassVar[str] = "Jeu qui contient ce que vous cherchez"

    avec = forms.CharField(required=False, widget=forms.HiddenInput)

    def build(self) -> None:
        self.lacking: list[str] = []
        self.datasets = readable_datasets(self.position.draft.territory)
        slug = self.hint("avec")
        self.other: Dataset | None = next((d for d in self.datasets if d.slug == slug), None)
        self.refused = NOT_OFFERED if slug and self.other is None else ""
        if self.other is None or self.other.current is None:
            return
        columns = [c for c in self.other.current.columns if not c.get("personal")]
        self.other_columns = [
            (c["name"], c["label"] or c["name"]) for c in columns if c["type"] != "geometry"
        ]
        self.numbers = [
            (c["name"], c["label"] or c["name"])
            for c in columns
            if c["type"] in ("integer", "decimal", "number")
        ]
        numbers_here = [(c.name, c.label) for c in self.position.columns if c.is_number]
        here = self._proposed(
            self.position.look, self.position.count, self.shapes_here, self._step_side("coordinates")
        )
        self._side(
            "here", "Où se trouve chaque ligne de l'analyse", here, [] if self.shapes_here else numbers_here
        )
        look = self.position.look.with_recipe(new_recipe(self.other.slug, self.other.title))
        there = self._proposed(look, 1, self.shapes_there, self._step_side("other"))
        words_ = f"Où se trouve chaque ligne de « {self.other.title} »"
        self._side("there", words_, there, [] if self.shapes_there else self.numbers)
        self.more()

    def more(self) -> None:
        """Add the fields of this kind, once the other dataset is known."""

    def initial_of(self, step: Any) -> dict[str, Any]:
        return {
            "avec": self.position.look.recipe.sources[step.source],
            "here": step.coordinates.model_dump_json(),
            "there": step.other.model_dump_json(),
        }

    def check(self) -> None:
        if self.other is None:
            self.add_error(None, self.refused or "Choisissez d'abord l'autre jeu de données.")
            return
        if self._chosen("here") is None or self._chosen("there") is None:
            return
        try:
            made = self.steps()
            recipe = first_steps(self.position.look.recipe, self.position.count)
            sources = {**recipe.sources, **self.sources()}
            look = self.position.look.with_recipe(
                recipe.model_copy(update={"sources": sources, "steps": (*recipe.steps, *made)})
            )
            if floors_of(look.opened.grants):
                return
            found = look.measure_last_spatial_join()
        except ANALYSIS_ERRORS as error:
            self.add_error(None, str(error))
            return
        except ValueError:
            return  # no step: `clean` reports why
        for side, side_report, dataset in (
            ("here", found.here, "l'analyse"),
            ("there", found.there, self.other.title),
        ):
            if side_report.looks_swapped:
                self.add_error(
                    side,
                    f"Les coordonnées de {dataset} semblent inversées : la longitude y est à la place de la latitude. "
                    "Choisissez les deux colonnes vous-même, dans l'autre ordre.",
                )
        if self.errors:
            return
        sentence = typeset(found.sentence(self.other.title))
        if not found.found:
            self.add_error(
                None, f"Rien n'est trouvé : {sentence} Vérifiez les colonnes, leur système, ou la distance."
            )
        self.notice = sentence

    def sources(self) -> dict[str, str]:
        return {self._alias: self.other.slug} if self.other else {}

    def sides(self) -> list[dict[str, Any]]:
        """For the page: each side with its choice, and the columns to choose by hand."""
        return [
            {
                "choice": self[side],
                "by_hand": [
                    self[f"{side}_{part}"] for part in ("x", "y", "system") if f"{side}_{part}" in self.fields
                ],
                "open": any(f"{side}_{part}" in self.errors for part in ("x", "y")),
            }
            for side in ("here", "there")
        ]

    def others(self) -> list[Any]:
        """For the page: the fields of this kind."""
        return [bound for bound in self.visible_fields() if not bound.name.startswith(("here", "there"))]

    @cached_property
    def _alias(self) -> str:
        taken = self.position.look.recipe.sources
        if self.other is None:
            return ""
        if self.changed is not None and taken.get(self.changed.source) == self.other.slug:  # type: ignore[union-attr]
            return str(self.changed.source)  # type: ignore[union-attr]
        return new_alias(self.other.slug, tuple(taken))

    @property
    def located(self) -> dict[str, Any]:
        """Attributes common to all spatial steps."""
        return {"source": self._alias, "coordinates": self._chosen("here"), "other": self._chosen("there")}

    def _step_side(self, part: str) -> Coordinates | None:
        return getattr(self.changed, part, None)

    def _proposed(
        self, look: Any, count: int, shapes: bool, current: Coordinates | None
    ) -> list[tuple[str, str]]:
        found = [
            (one.value, one.reason)
            for one in detect_coordinates(look, count)
            if one.coordinates.geometry or not shapes
        ]
        if current is not None and current.model_dump_json() not in dict(found):
            named = " et ".join(f"« {name} »" for name in current.names)
            found.insert(0, (current.model_dump_json(), f"{named} (comme avant)"))
        return found

    def _side(self, side: str, label: str, choices: list[tuple[str, str]], numbers: list[Any]) -> None:
        by_hand = [(BY_HAND, "Choisir moi-même deux colonnes de nombres, ci-dessous")] if numbers else []
        offered_ = [*choices, *by_hand]
        self.fields[side] = forms.ChoiceField(
            label=label,
            choices=offered_,
            widget=forms.RadioSelect,
            initial=offered_[0][0] if offered_ else None,
        )
        if not offered_:
            self.lacking.append(
                "L'analyse n'a pas de colonne de formes à cet endroit. Commencez par un jeu qui en a une."
                if side == "here"
                else "Ce jeu n'a pas de colonne de formes. Choisissez-en un autre."
            )
        if not numbers:
            return
        for part, part_label in (("x", "Longitude, ou X"), ("y", "Latitude, ou Y")):
            self.fields[f"{side}_{part}"] = forms.ChoiceField(
                label=part_label, choices=[("", "Choisir…"), *numbers], required=False
            )
        self.fields[f"{side}_system"] = forms.TypedChoiceField(
            label="Système de coordonnées", choices=SYSTEMS, coerce=int, initial=4326, required=False
        )

    def _chosen(self, side: str) -> Coordinates | None:
        value = self.cleaned_data.get(side)
        if value != BY_HAND:
            return Coordinates.model_validate_json(value) if value else None
        x, y = self.cleaned_data.get(f"{side}_x"), self.cleaned_data.get(f"{side}_y")
        if not x or not y or x == y:
            if f"{side}_x" not in self.errors:
                self.add_error(f"{side}_x", "Choisissez deux colonnes différentes.")
            return None
        return Coordinates(x=x, y=y, system=self.cleaned_data.get(f"{side}_system") or 4326)

    def _add_bring_field(self, label: str, *, required: bool) -> None:
        self.fields["bring"] = columns_field(label, self.other_columns, required=required)
        telling = {"nom", "libelle", "quartier", "zone"}
        first = [name for name, label in self.other_columns if telling & set(header_words(name, label))]
        self.fields["bring"].initial = (first or [name for name, _ in self.other_columns])[:1]


@step_form
class WithinForm(LocatingForm):
    kind = "within"
    title = "Dans quelle zone"
    help = "Trouver le quartier, le secteur ou la commune où se trouve chaque ligne."
    shapes_there = True
    dataset_label = "Jeu qui contient les zones (quartiers, secteurs…)"

    def more(self) -> None:
        self._add_bring_field("Ce qu'il faut apporter de la zone", required=True)

    def initial_of(self, step: Within) -> dict[str, Any]:
        return super().initial_of(step) | {"bring": list(step.columns)}

    def steps(self) -> Sequence[Step]:
        first = self.changed.first if isinstance(self.changed, Within) else ()
        return [Within(**self.located, columns=tuple(self.cleaned_data["bring"]), first=first)]


@step_form
class NearestForm(LocatingForm):
    kind = "nearest"
    title = "Le plus proche"
    help = "Trouver l'école, l'arrêt ou le poste le plus proche de chaque ligne, et à combien de mètres."
    dataset_label = "Jeu où chercher le plus proche (écoles, arrêts…)"

    def more(self) -> None:
        self._add_bring_field("Ce qu'il faut apporter du plus proche", required=False)
        self.fields["farthest"] = forms.FloatField(
            label="Ne rien chercher au-delà de (mètres, à vol d'oiseau)",
            min_value=1,
            max_value=MAX_DISTANCE,
            initial=10_000,
            localize=False,
        )
        self.fields["name"] = name_field(
            "Nom de la colonne de la distance", help_text="Laissez vide pour « distance_m »."
        )

    def initial_of(self, step: Nearest) -> dict[str, Any]:
        initial = {"bring": list(step.columns), "farthest": step.farthest, "name": step.name}
        return super().initial_of(step) | initial

    def steps(self) -> Sequence[Step]:
        data = self.cleaned_data
        name = data["name"].strip() or self.position.free("distance_m")
        return [Nearest(**self.located, columns=tuple(data["bring"]), farthest=data["farthest"], name=name)]


@step_form
class AroundForm(LocatingForm):
    kind = "around"
    title = "Compter autour"
    help = "Compter les arrêts, les arbres ou les logements à moins de 300 mètres de chaque ligne."
    dataset_label = "Jeu qui contient ce qu'il faut compter"

    def more(self) -> None:
        self.fields["metres"] = forms.FloatField(
            label="À combien de mètres au plus, à vol d'oiseau", min_value=1, max_value=100_000, initial=300
        )
        self.fields["name"] = name_field(
            "Nom de la colonne du nombre", help_text="Laissez vide pour « nombre »."
        )
        self.fields["sums"] = columns_field(
            "Additionner aussi, dans ce qui est autour", self.numbers, required=False
        )

    def initial_of(self, step: Around) -> dict[str, Any]:
        initial = {"metres": step.metres, "name": step.name, "sums": [one.column for one in step.sums]}
        return super().initial_of(step) | initial

    def steps(self) -> Sequence[Step]:
        data = self.cleaned_data
        named = (
            {one.column: one.name for one in self.changed.sums} if isinstance(self.changed, Around) else {}
        )
        name = data["name"].strip() or self.position.free("nombre")
        sums = tuple(
            Summed(column=column, name=named.get(column) or self.position.free(f"{column} autour"))
            for column in data["sums"]
        )
        return [Around(**self.located, metres=data["metres"], name=name, sums=sums)]


@step_form
class AreaShareForm(LocatingForm):
    kind = "area_share"
    title = "Part de surface"
    help = "Calculer quelle part de chaque parcelle est dans une zone inondable, un périmètre, une commune."
    shapes_here = shapes_there = True
    dataset_label = "Jeu qui contient les zones qui couvrent"

    def more(self) -> None:
        self.fields["name"] = name_field(
            "Nom de la colonne de la part, en %", help_text="Laissez vide pour « part_couverte »."
        )
        self.fields["square"] = forms.BooleanField(
            label="Ajouter aussi la surface en commun, en m²", required=False, initial=True
        )

    def initial_of(self, step: AreaShare) -> dict[str, Any]:
        return super().initial_of(step) | {"name": step.name, "square": step.area is not None}

    def steps(self) -> Sequence[Step]:
        name = self.cleaned_data["name"].strip() or self.position.free("part_couverte")
        existing = self.changed.area if isinstance(self.changed, AreaShare) else None
        area = existing or self.position.free("surface_commune_m2")
        return [AreaShare(**self.located, name=name, area=area if self.cleaned_data["square"] else None)]
