"""Form of the unpivot step: columns become rows."""

from collections.abc import Sequence
from typing import Any

from django import forms

from beffroi.recipes.model import Step, Unpivot

from .base import StepForm, columns_field, name_field, step_form

_NAME, _VALUE = "Nom de la colonne", "Valeur"


@step_form
class UnpivotForm(StepForm):
    kind = "unpivot"
    title = "Mettre en lignes"
    help = "Un tableau qui a une colonne par mois devient une liste : une ligne par mois."

    def build(self) -> None:
        if isinstance(self.changed, Unpivot):
            self.missing_columns = [
                name for name in self.changed.columns if self.position.column(name) is None
            ]
        self.fields["columns"] = columns_field(
            "Colonnes à mettre en lignes",
            self.position.choices(lambda c: c.kind != "other"),
            help_text="Elles contiennent la même sorte de valeurs : des nombres, ou des textes. Les autres colonnes sont "
            "répétées sur chaque ligne.",
        )
        self.fields["name"] = name_field(
            "Colonne qui reçoit les noms",
            help_text="« Janvier », « Février » : ce qui était en tête de colonne.",
        )
        self.fields["value"] = name_field(
            "Colonne qui reçoit les valeurs", help_text="Ce qui était dans les cases."
        )
        self.fields["name"].initial = self.position.free(_NAME)
        self.fields["value"].initial = self.position.free(_VALUE)
        self.fields["drop_missing"] = forms.BooleanField(
            label="Ne pas garder les lignes sans valeur", required=False
        )

    def initial_of(self, step: Unpivot) -> dict[str, Any]:
        return {**step.model_dump(exclude={"step", "columns"}), "columns": list(step.columns)}

    def steps(self) -> Sequence[Step]:
        data = self.cleaned_data
        before = self.changed.columns if isinstance(self.changed, Unpivot) else ()
        ordered = [name for name in before if name in data["columns"]]
        return [
            Unpivot(
                columns=(*ordered, *(name for name in data["columns"] if name not in ordered)),
                name=data["name"].strip() or self.position.free(_NAME),
                value=data["value"].strip() or self.position.free(_VALUE),
                drop_missing=data["drop_missing"],
            )
        ]
