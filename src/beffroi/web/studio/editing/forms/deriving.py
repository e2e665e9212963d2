"""Form of the derived column step: part of a date, ratio, difference, sum, concatenation."""

from collections.abc import Sequence
from typing import Any

from django import forms

from beffroi.recipes.model import Derive, Step

from .base import StepForm, column_field, name_field, step_form

_OF_A_DATE = {
    "year": "Année",
    "month": "Mois (2024-03)",
    "month_name": "Nom du mois (mars)",
    "week": "Semaine",
    "weekday": "Jour de la semaine",
    "school_year": "Année scolaire",
}
_OF_NUMBERS = {
    "ratio": "Rapport : la première divisée par la seconde",
    "difference": "Différence : la première moins la seconde",
    "sum": "Somme des deux",
}
_WORDS = {"ratio": "par", "difference": "moins", "sum": "plus", "concatenation": "et"}
_TIMES = [
    ("1", "tel quel"),
    ("100", "pour 100 (pourcentage)"),
    ("1000", "pour 1 000"),
    ("100000", "pour 100 000"),
]


@step_form
class DeriveForm(StepForm):
    kind = "derive"
    title = "Calculer une colonne"
    help = "L'année d'une date, un montant par habitant, l'écart entre le prévu et le réel."

    operation = forms.ChoiceField(label="Calcul")

    def build(self) -> None:
        groups: list[Any] = []
        if self.position.choices(lambda c: c.is_dated):
            groups.append(("D'une date", list(_OF_A_DATE.items())))
        numbers = self.position.choices(lambda c: c.is_number)
        if numbers or self.position.choices(lambda c: c.is_dated):
            groups.append(
                ("De deux nombres (ou, pour la différence, de deux dates)", list(_OF_NUMBERS.items()))
            )
        groups.append(("De deux textes", [("concatenation", "Mettre bout à bout")]))
        self.fields["operation"].choices = groups  # type: ignore[attr-defined]
        self.fields["column"] = column_field("Première colonne", self.position, lambda c: c.kind != "other")
        self.fields["other"] = column_field(
            "Seconde colonne",
            self.position,
            lambda c: c.kind != "other",
            optional="Aucune",
            help_text="Pour un rapport, une différence, une somme, deux textes.",
        )
        times = self.initial.get("times")
        chosen = [] if times in (None, *dict(_TIMES)) else [(str(times), f"multiplié par {times}")]
        self.fields["times"] = forms.ChoiceField(
            label="Le rapport s'exprime", choices=[*_TIMES, *chosen], initial="1", required=False
        )
        self.fields["separator"] = forms.CharField(
            label="Entre les deux textes", max_length=10, required=False, initial=" ", strip=False,
            help_text="Une espace, si vous ne changez rien.",
        )  # fmt: skip
        self.fields["name"] = name_field(help_text="Laissez vide : un nom sera proposé.")

    def initial_of(self, step: Derive) -> dict[str, Any]:
        return {**step.model_dump(exclude={"step", "times"}), "times": f"{step.times:g}"}

    def check(self) -> None:
        data = self.cleaned_data
        two = data["operation"] not in _OF_A_DATE
        if two and not data["other"]:
            self.add_error("other", "Ce calcul se fait de deux colonnes : choisissez la seconde.")
        if not two and data["other"]:
            self.add_error("other", "Ce calcul se fait d'une seule colonne : choisissez « Aucune ».")

    def steps(self) -> Sequence[Step]:
        data = self.cleaned_data
        two = data["operation"] not in _OF_A_DATE
        return [
            Derive(
                name=data["name"].strip() or self._name(),
                operation=data["operation"],
                column=data["column"],
                other=data["other"] if two else None,
                times=float(data["times"] or 1) if data["operation"] == "ratio" else 1,
                separator=data["separator"] or " ",
            )
        ]

    def _name(self) -> str:
        data, labels = self.cleaned_data, dict(self.position.choices())
        first = labels[data["column"]]
        if data["operation"] in _OF_A_DATE:
            return self.position.free(f"{_OF_A_DATE[data['operation']].partition(' (')[0]} de {first}")
        return self.position.free(f"{first} {_WORDS[data['operation']]} {labels[data['other']]}")
