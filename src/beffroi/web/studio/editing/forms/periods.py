"""Form of the periods step: one row a day, week, month, quarter or year, empty ones included."""

from collections.abc import Sequence
from typing import Any

from django import forms

from beffroi.recipes.model import Periods, Step

from .base import column_field, columns_field, step_form
from .grouping import GroupForm

_PERIODS = [("day", "par jour"), ("week", "par semaine"), ("month", "par mois"), ("quarter", "par trimestre"),
            ("year", "par année")]  # fmt: skip


@step_form
class PeriodsForm(GroupForm):
    kind = "periods"
    title = "Montrer toutes les périodes"
    help = "Une ligne par mois, même sans rien ce mois-là : une courbe sans trou, un zéro qui se voit."
    template = "studio/editing/forms/plain.html"
    max_rows = 40

    def build(self) -> None:
        super().build()
        if isinstance(self.changed, Periods):
            self.missing_columns = [name for name in self.changed.by if self.position.column(name) is None]
        self.fields["column"] = column_field(
            "Colonne de la période", self.position, lambda c: c.is_dated or c.kind in ("integer", "text"),
            help_text="Une date ; ou un mois (2024-03), une semaine (2024-S09), une année en nombre entier.",
        )  # fmt: skip
        self.fields["period"] = forms.ChoiceField(
            label="Une ligne",
            choices=_PERIODS,
            initial="month",
            help_text="Si la colonne contient des mois ou des années, choisissez les mêmes.",
        )
        self.fields["by"] = columns_field(
            "Et pour chaque…",
            self.position.choices(lambda c: c.kind != "other"),
            required=False,
            help_text="Rien de coché : une seule suite de périodes.",
        )
        first = self.fields["measure_0"]
        first.required = False
        first.choices = [("", "Aucune : garder les lignes"), *first.choices]  # type: ignore[attr-defined]
        day = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        self.fields["first"] = forms.DateField(
            label="Depuis le", required=False, widget=day,
            help_text="Laissez vide pour partir de la première période trouvée. Ce qui vient avant est retiré.",
        )  # fmt: skip
        self.fields["last"] = forms.DateField(
            label="Jusqu'au", required=False, widget=day,
            help_text="Laissez vide pour finir à la dernière. Ce qui vient après est retiré.",
        )  # fmt: skip
        self.fields["span"] = forms.ChoiceField(
            label="Sans ces dates, de la première à la dernière période",
            choices=[("all", "de toutes les lignes"), ("each", "de chaque groupe coché plus haut")],
            initial="all",
            widget=forms.RadioSelect,
        )
        self.fields["fill"] = forms.ChoiceField(
            label="Les périodes sans ligne",
            choices=[("nothing", "restent vides"), ("zero", "valent zéro (sommes et nombres)")],
            initial="nothing",
            widget=forms.RadioSelect,
            help_text="Zéro si rien n'a eu lieu ; vide si on ne sait pas. Des données protégées restent vides.",
        )
        self.order_fields(["rows", "column", "period", "by"])

    def initial_of(self, step: Any) -> dict[str, Any]:
        fields = step.model_dump(include={"column", "period", "span", "first", "last", "fill"})
        return super().initial_of(step) | fields

    def check(self) -> None:
        data = self.cleaned_data
        if data["column"] in data["by"]:
            self.add_error("by", "La colonne de la période donne déjà les lignes : décochez-la ici.")
        if data["first"] and data["last"] and data["last"] < data["first"]:
            self.add_error("last", "Ce jour vient avant le premier : échangez-les.")

    def steps(self) -> Sequence[Step]:
        data = self.cleaned_data
        return [
            Periods(
                column=data["column"],
                period=data["period"],
                by=tuple(data["by"]),
                measures=self.measured([*data["by"], data["column"]]),
                span=data["span"],
                first=data["first"],
                last=data["last"],
                fill=data["fill"],
            )
        ]
