"""Forms of the sort step and of the top step."""

from collections.abc import Sequence
from typing import Any

from django import forms

from beffroi.recipes.model import Order, Sort, Step, Top

from .base import StepForm, column_field, step_form


@step_form
class SortForm(StepForm):
    kind = "sort"
    title = "Trier"
    help = "Du plus grand au plus petit, par date, par nom. Ce qui n'est pas rempli vient en dernier."
    max_rows = 5
    more_label = "Trier aussi par une autre colonne"

    def build(self) -> None:
        for n in range(self.row_count):
            optional = "" if n == 0 else "Aucune"
            label = "Trier par" if n == 0 else f"Puis par (n° {n + 1})"
            self.fields[f"column_{n}"] = column_field(label, self.position, optional=optional)
            self.fields[f"down_{n}"] = forms.BooleanField(
                label="Du plus grand au plus petit" + ("" if n == 0 else f" (n° {n + 1})"), required=False
            )

    def initial_of(self, step: Sort) -> dict[str, Any]:
        begun: dict[str, Any] = {"rows": len(step.by)}
        for n, order in enumerate(step.by):
            begun |= {f"column_{n}": order.column, f"down_{n}": order.descending}
        return begun

    def steps(self) -> Sequence[Step]:
        data = self.cleaned_data
        return [
            Sort(
                by=tuple(
                    Order(column=data[f"column_{n}"], descending=data[f"down_{n}"])
                    for n in range(self.row_count)
                    if data[f"column_{n}"]
                )
            )
        ]


@step_form
class TopForm(StepForm):
    kind = "top"
    title = "Garder les premiers"
    help = "Les dix plus grands, les trois plus petits."

    count = forms.IntegerField(label="Combien de lignes garder", min_value=1, max_value=10_000, initial=10)

    def build(self) -> None:
        self.fields["column"] = column_field("Selon la colonne", self.position, lambda c: c.kind != "other")
        self.fields["smallest"] = forms.ChoiceField(
            label="Garder",
            choices=[("", "les plus grands"), ("oui", "les plus petits")],
            widget=forms.RadioSelect,
            required=False,
        )

    def initial_of(self, step: Top) -> dict[str, Any]:
        return {"count": step.count, "column": step.column, "smallest": "oui" if step.smallest else ""}

    def steps(self) -> Sequence[Step]:
        data = self.cleaned_data
        return [Top(count=data["count"], column=data["column"], smallest=data["smallest"] == "oui")]
