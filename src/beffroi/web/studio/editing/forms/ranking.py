"""Form of the ranking step: by a figure, or by its ratio to another (per inhabitant, per km²)."""

from collections.abc import Sequence
from typing import Any

from django import forms

from beffroi.recipes.model import Ranking, Step

from .base import StepForm, VisibilityRule, column_field, columns_field, name_field, step_form

_PER = [(1, "1 (par habitant, par km²)"), (100, "100 (pourcentage)"), (1_000, "1 000"), (10_000, "10 000"),
        (100_000, "100 000")]  # fmt: skip


@step_form
class RankingForm(StepForm):
    kind = "ranking"
    title = "Classer"
    help = "Donner un rang à chaque ligne : au total, ou par habitant. Les lignes se rangent dans cet ordre."
    max_rows = 20
    more_label = "Départager aussi par une autre colonne"

    def build(self) -> None:
        if isinstance(self.changed, Ranking):
            named = (self.changed.denominator, *self.changed.then, *self.changed.within)
            self.missing_columns = [name for name in named if name and self.position.column(name) is None]
        plain = self.position.choices(lambda c: c.kind != "other")
        self.fields["value"] = column_field(
            "Classer selon",
            self.position,
            lambda c: c.is_number or c.is_dated,
            help_text="Un nombre ou une date.",
        )
        self.fields["denominator"] = column_field(
            "Rapporté à", self.position, lambda c: c.is_number, optional="Rien : classer au total",
            help_text="La population, la surface… Une ligne où elle manque ou vaut zéro n'a pas de rang.",
        )  # fmt: skip
        self.fields["per"] = forms.TypedChoiceField(
            label="Pour combien d'unités", choices=_PER, coerce=int, empty_value=1, initial=1, required=False,
            help_text="Seulement si le classement est rapporté à une colonne.",
        )  # fmt: skip
        self.fields["ascending"] = forms.ChoiceField(
            label="Est premier",
            choices=[("", "le plus grand"), ("oui", "le plus petit")],
            widget=forms.RadioSelect,
            required=False,
        )
        for n in range(self.row_count):
            label = "À égalité, départager par" if n == 0 else f"Puis par (n° {n + 1})"
            self.fields[f"then_{n}"] = column_field(
                label, self.position, lambda c: c.kind != "other", optional="Aucune"
            )
        self.fields["ties"] = forms.ChoiceField(
            label="Après deux premiers ex æquo, le suivant est",
            choices=[("competition", "troisième (1, 1, 3)"), ("dense", "deuxième (1, 1, 2)")],
            widget=forms.RadioSelect,
            initial="competition",
        )
        self.fields["within"] = columns_field(
            "Un classement pour chaque…",
            plain,
            required=False,
            help_text="Rien de coché : un seul classement.",
        )
        self.fields["name"] = name_field("Nom de la colonne du rang", help_text="Laissez vide pour « rang ».")
        self.fields["rate"] = name_field(
            "Nom de la colonne du rapport", help_text="Laissez vide : un nom qui dit le calcul sera donné."
        )
        self.serving["per"] = self.serving["rate"] = VisibilityRule(("denominator",))

    def initial_of(self, step: Ranking) -> dict[str, Any]:
        begun = step.model_dump(include={"value", "denominator", "per", "ties", "name", "rate"})
        begun |= {f"then_{n}": name for n, name in enumerate(step.then)}
        ascending = "oui" if step.ascending else ""
        return {**begun, "ascending": ascending, "within": list(step.within), "rows": len(step.then)}

    def check(self) -> None:
        data = self.cleaned_data
        if not data["denominator"] and (data["per"] != 1 or data["rate"].strip()):
            self.add_error(
                "denominator",
                "Dites à quelle colonne rapporter le classement ; pour classer au total, choisissez 1 unité et "
                "videz le nom du rapport.",
            )

    def steps(self) -> Sequence[Step]:
        data = self.cleaned_data
        made = Ranking(
            value=data["value"],
            denominator=data["denominator"] or None,
            per=data["per"],
            then=tuple(name for n in range(self.row_count) if (name := data[f"then_{n}"])),
            ties=data["ties"],
            ascending=data["ascending"] == "oui",
            within=tuple(data["within"]),
            name=data["name"].strip() or self.position.free("rang"),
            rate=data["rate"].strip() or None,
        )
        if made.denominator and made.rate is None and self.position.column(made.rate_name):
            return [made.model_copy(update={"rate": self.position.free(made.rate_name)})]
        return [made]
