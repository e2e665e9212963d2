"""Recognising communes by their code or their name: the territory's own communes are those looked for by name."""

from collections.abc import Sequence
from typing import Any

from django import forms

from beffroi.lake.errors import LakeError
from beffroi.lake.reference import communes_of, find_place
from beffroi.recipes.model import Commune, Place, Step
from beffroi.web.territories.models import Territory

from .base import StepForm, column_field, name_field, step_form


@step_form
class PlaceForm(StepForm):
    kind = "place"
    title = "Situer par commune"
    help = "Retrouver le code INSEE des communes, pour une carte ou un rapprochement."

    by = forms.ChoiceField(
        label="La colonne contient",
        choices=[("code", "des codes INSEE"), ("name", "des noms de communes de votre territoire")],
        widget=forms.RadioSelect,
        initial="code",
    )

    def build(self) -> None:
        self.fields["column"] = column_field(
            "Colonne", self.where, lambda c: c.kind in ("text", "integer", "number")
        )
        self.fields["name"] = name_field(
            help_text="Laissez vide pour « code_commune ». Un même nom que la colonne la remplace."
        )

    def initial_of(self, step: Place) -> dict[str, Any]:
        return step.model_dump(include={"column", "by", "name"})

    def check(self) -> None:
        if self.cleaned_data["by"] == "name" and not self._communes():
            self.add_error(
                "by", "Les communes de votre territoire ne sont pas connues ici. Utilisez leurs codes INSEE."
            )

    def steps(self) -> Sequence[Step]:
        data = self.cleaned_data
        kept = self.changed.name if isinstance(self.changed, Place) else self.where.free("code_commune")
        return [
            Place(
                column=data["column"],
                by=data["by"],
                communes=self._communes() if data["by"] == "name" else (),
                name=data["name"].strip() or kept,
            )
        ]

    def _communes(self) -> tuple[Commune, ...]:
        """Those that the step already names, otherwise those of the territory."""
        if isinstance(self.changed, Place) and self.changed.communes:
            return self.changed.communes
        return communes(self.where.draft.territory)


def communes(territory: Territory) -> tuple[Commune, ...]:
    """The communes of a territory; of a commune alone, itself. None where the list of places does not know it."""
    try:
        held = communes_of(find_place(territory.code))
    except LakeError:
        return ()
    return tuple(Commune(code=one.code, name=one.name) for one in held)
