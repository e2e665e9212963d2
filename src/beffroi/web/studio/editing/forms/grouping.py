"""Form of the group step: one row for each value of some columns, with measures; dates group by one of their parts."""

from collections.abc import Sequence
from typing import Any

from django import forms

from beffroi.recipes.model import Derive, Group, Measure, Step
from beffroi.text import unique_name

from ...analysis_builder import DATE_PARTS, MEASURES
from .base import StepForm, columns_field, name_field, step_form

_COUNT = "rows"


@step_form
class GroupForm(StepForm):
    kind = "group"
    title = "Regrouper et mesurer"
    help = "Une ligne par école, par mois ou par secteur, avec des sommes, des moyennes, des nombres."
    template = "studio/editing/forms/group.html"
    max_rows = 12
    more_label = "Ajouter une mesure"

    def build(self) -> None:
        if isinstance(self.changed, Group):
            self.missing_columns = [name for name in self.changed.by if self.position.column(name) is None]
        self.fields["by"] = columns_field(
            "Une ligne pour chaque…",
            self._groups(),
            required=False,
            help_text="Ce que l'on compare. Rien de coché : une seule ligne pour tout.",
        )
        offered = self._measures()
        for n in range(self.row_count):
            made = str(self.initial.get(f"measure_{n}") or "")
            # What the step already measures stays its choice, even where this page would not propose it.
            also = (
                [(made, self._default_name(*made.split("|")))] if made and made not in dict(offered) else []
            )
            self.fields[f"measure_{n}"] = forms.ChoiceField(
                label=f"Mesure {n + 1}",
                choices=[*([] if n == 0 else [("", "Aucune")]), *offered, *also],
                required=n == 0,
            )
            self.fields[f"name_{n}"] = name_field(
                f"Nom de la mesure {n + 1}", help_text="Laissez vide : un nom sera proposé." if n == 0 else ""
            )

    def _groups(self) -> list[tuple[str, str]]:
        choices = []
        for column in self.position.columns:
            if column.kind == "other" and column.name not in (self.initial.get("by") or ()):
                continue
            choices.append((column.name, column.label))
            if column.is_dated:
                parts = [
                    (f"{column.name}|{part}", f"{column.label}, {part_label}")
                    for part, part_label in DATE_PARTS.items()
                ]
                choices += parts
        return choices

    def _measures(self) -> list[tuple[str, str]]:
        choices = [(_COUNT, "Nombre de lignes")]
        for column in self.position.columns:
            if column.kind == "other":
                continue
            fits = column.is_number, column.is_number or column.is_dated
            for operation, words in MEASURES.items():
                if operation in ("sum", "mean") and not fits[0]:
                    continue
                if operation in ("min", "max") and not fits[1]:
                    continue
                choices.append((f"{operation}|{column.name}", f"{words} « {column.label} »"))
            choices.append((f"count|{column.name}", f"Nombre de lignes où « {column.label} » est rempli"))
        return choices

    def initial_of(self, step: Group) -> dict[str, Any]:
        begun: dict[str, Any] = {"by": list(step.by), "rows": len(step.measures)}
        for n, measure in enumerate(step.measures):
            chosen = _COUNT if measure.column is None else f"{measure.operation}|{measure.column}"
            begun |= {f"measure_{n}": chosen, f"name_{n}": measure.name}
        return begun

    def steps(self) -> Sequence[Step]:
        data, labels = self.cleaned_data, dict(self.position.choices())
        derived: list[Step] = []
        by: list[str] = []
        for chosen in data["by"]:
            name, _, part = chosen.partition("|")
            if part:
                made = self.position.free(f"{labels[name]}, {DATE_PARTS[part]}", by)
                derived.append(Derive(name=made, operation=part, column=name))  # type: ignore[arg-type]
                name = made
            by.append(name)
        return [*derived, Group(by=tuple(by), measures=self.measured(by))]

    def measured(self, reserved: Sequence[str]) -> tuple[Measure, ...]:
        """Measures chosen; their default names avoid the `reserved` ones."""
        data, labels = self.cleaned_data, dict(self.position.choices())
        measures: list[Measure] = []
        for n in range(self.row_count):
            if not (chosen := data[f"measure_{n}"]):
                continue
            operation, _, column = chosen.partition("|")
            taken = [*reserved, *(measure.name for measure in measures)]
            wanted = data[f"name_{n}"].strip()
            name = wanted or _free(self._default_name(operation, labels.get(column, "")), taken)
            measures.append(
                Measure(
                    name=name,
                    operation="count" if chosen == _COUNT else operation,  # type: ignore[arg-type]
                    column=column or None,
                )
            )
        return tuple(measures)

    @staticmethod
    def _default_name(operation: str, label: str = "") -> str:
        if operation == _COUNT:
            return "Nombre de lignes"
        return f"{MEASURES.get(operation, 'Nombre de')} {label}"

    def measures(self) -> list[tuple[Any, Any]]:
        """For the page: each measure and its name."""
        return [(self[f"measure_{n}"], self[f"name_{n}"]) for n in range(self.row_count)]


def _free(wanted: str, taken: Sequence[str]) -> str:
    folded = {name.casefold() for name in taken}
    return unique_name(wanted[:110], lambda name: name.casefold() in folded, " ")
