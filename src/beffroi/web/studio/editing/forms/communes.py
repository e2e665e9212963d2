"""Forms of the commune steps: recognition by code or name, then enrichment from the packaged reference.

The territory's own communes are those recognised by name. The rows found in the reference are counted before the step
is added.
"""

from collections.abc import Sequence
from typing import Any

from django import forms

from beffroi.lake.errors import LakeError
from beffroi.lake.reference import communes_of, find_place
from beffroi.recipes.draft_previews import first_steps
from beffroi.recipes.french import humanize_number
from beffroi.recipes.model import DIVISIONS, Commune, Division, FromReference, Group, Measure, Place, Step
from beffroi.recipes.release import floors_of
from beffroi.web.platform.models import Territory

from ...columns import header_words
from ...dataset_profiles import ANALYSIS_ERRORS
from ...labelling import cite_reference
from ...presentation import typeset
from .base import StepForm, column_field, columns_field, name_field, step_form

_RECOGNISED = "code_commune"
_TELLING = {"insee", "depcom"}
_DIVISION_LABELS: dict[Division, str] = {
    "commune_name": "le nom de la commune",
    "epci_name": "le nom de son intercommunalité (EPCI)",
    "epci_code": "le SIREN de son intercommunalité",
    "department_name": "le nom de son département",
    "department_code": "le code de son département",
    "region_name": "le nom de sa région",
    "region_code": "le code de sa région",
    "population": "sa population légale (municipale)",
    "commune_code": "son code d'aujourd'hui, si la colonne contient d'anciens codes",
}


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
            "Colonne", self.position, lambda c: c.kind in ("text", "integer", "number")
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
        existing = self.changed.name if isinstance(self.changed, Place) else self.position.free(_RECOGNISED)
        return [
            Place(
                column=data["column"],
                by=data["by"],
                communes=self._communes() if data["by"] == "name" else (),
                name=data["name"].strip() or existing,
            )
        ]

    def _communes(self) -> tuple[Commune, ...]:
        """Those that the step already names, otherwise those of the territory."""
        if isinstance(self.changed, Place) and self.changed.communes:
            return self.changed.communes
        return communes(self.position.draft.territory)


@step_form
class ReferenceForm(StepForm):
    kind = "reference"
    title = "Compléter par commune"
    help = "Ajouter le nom de la commune, son intercommunalité, son département, sa région ou sa population."

    def build(self) -> None:
        texts = [column for column in self.position.columns if column.kind == "text"]
        telling = [
            c.name for c in texts if c.name == _RECOGNISED or _TELLING & set(header_words(c.name, c.label))
        ]
        self.fields["column"] = column_field(
            "Colonne des codes INSEE",
            self.position,
            lambda c: c.kind == "text",
            help_text=typeset(
                "Par exemple 44109 pour Nantes : ce n'est pas le code postal. Pour des noms ou des nombres, ajoutez "
                "d'abord une étape « Situer par commune »."
            ),
        )
        # The column that « Situer » made comes after those of the file.
        self.fields["column"].initial = telling[-1] if telling else ""
        self.fields["bring"] = columns_field(
            "Ce qu'il faut ajouter",
            list(_DIVISION_LABELS.items()),
            help_text=typeset(f"Source : {cite_reference([self.kind])}."),
        )
        self.fields["bring"].initial = ["commune_name", "epci_name"]

    def initial_of(self, step: FromReference) -> dict[str, Any]:
        return {"column": step.column, "bring": list(step.bring)}

    def check(self) -> None:
        look = self.position.look
        recipe = first_steps(look.recipe, self.position.count)
        if floors_of(look.opened.grants):
            return
        column, known = self.cleaned_data["column"], self.position.free("_commune")
        counting = Group(
            measures=(
                Measure(name="lignes", operation="count"),
                Measure(name="dites", operation="count", column=column),
                Measure(name="connues", operation="count", column=known),
            )
        )
        steps = (
            FromReference(column=column, bring=("commune_code",), names={"commune_code": known}),
            counting,
        )
        try:
            counted = look.with_recipe(recipe.model_copy(update={"steps": (*recipe.steps, *steps)})).result()
        except ANALYSIS_ERRORS as error:
            self.add_error(None, str(error))
            return
        (row,) = counted.table.to_pylist()
        self.notice = typeset(_known(row["lignes"], row["dites"], row["connues"]))
        if row["lignes"] and not row["connues"]:
            self.add_error("column", f"{self.notice} Choisissez la colonne des codes INSEE des communes.")

    def steps(self) -> Sequence[Step]:
        existing = self.changed.names if isinstance(self.changed, FromReference) else {}
        bring: Sequence[Division] = self.cleaned_data["bring"]
        names: dict[Division, str] = {}
        for one in bring:
            names[one] = existing.get(one) or self.position.free(DIVISIONS[one], names.values())
        named = {one: name for one, name in names.items() if name != DIVISIONS[one]}
        return [FromReference(column=self.cleaned_data["column"], bring=tuple(bring), names=named)]


def _known(rows: int, filled: int, known: int) -> str:
    """« 6 lignes sur 8 trouvent leur commune ; 2 ne la trouvent pas, dont 1 sans code. »"""
    lost, empty = rows - known, rows - filled
    words = f"{humanize_number(known)} ligne{'s' if known > 1 else ''} sur {humanize_number(rows)} "
    words += "trouvent leur commune" if known > 1 else "trouve sa commune"
    if lost:
        words += f" ; {humanize_number(lost)} ne la trouve{'nt' if lost > 1 else ''} pas"
        words += f", dont {humanize_number(empty)} sans code" if empty else ""
    return f"{words}."


def communes(territory: Territory) -> tuple[Commune, ...]:
    """The communes of a territory; of a commune alone, itself. None where the list of places does not know it."""
    try:
        found = communes_of(find_place(territory.code))
    except LakeError:
        return ()
    return tuple(Commune(code=one.code, name=one.name) for one in found)
