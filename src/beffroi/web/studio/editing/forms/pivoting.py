"""Form of the pivot step: one row for each value of some columns, one column for each value of another."""

from collections.abc import Sequence
from typing import Any

from django import forms

from beffroi.recipes.model import Pivot, Step

from ...analysis_builder import MEASURES
from .base import StepForm, column_field, columns_field, step_form


@step_form
class PivotForm(StepForm):
    kind = "pivot"
    title = "Mettre en colonnes"
    help = "Un tableau à double entrée : les sites en lignes, les années en colonnes."

    def build(self) -> None:
        plain = self.position.choices(lambda c: c.kind != "other")
        self.fields["lines"] = columns_field("Une ligne pour chaque…", plain)
        self.fields["column"] = column_field(
            "Une colonne pour chaque valeur de…",
            self.position,
            lambda c: c.kind != "other",
            help_text="60 valeurs différentes au plus.",
        )
        self.fields["value"] = column_field("Dans les cases", self.position, lambda c: c.kind != "other")
        self.fields["operation"] = forms.ChoiceField(
            label="Ce qu'on en fait", choices=[*MEASURES.items(), ("count", "Nombre de lignes où est rempli")]
        )

    def initial_of(self, step: Pivot) -> dict[str, Any]:
        return {**step.model_dump(include={"column", "value", "operation"}), "lines": list(step.rows)}

    def check(self) -> None:
        if self.cleaned_data["column"] in self.cleaned_data["lines"]:
            self.add_error("column", "Cette colonne donne déjà les lignes : choisissez-en une autre.")

    def steps(self) -> Sequence[Step]:
        data = self.cleaned_data
        same = isinstance(self.changed, Pivot) and self.changed.column == data["column"]
        return [
            Pivot(
                rows=tuple(data["lines"]),
                column=data["column"],
                value=data["value"],
                operation=data["operation"],
                values=self.changed.values if same and isinstance(self.changed, Pivot) else None,
            )
        ]
