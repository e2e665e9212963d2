"""Form of the column selection step: which columns, in which order, under which name; one line a column."""

from collections.abc import Sequence
from typing import Any

from django import forms

from beffroi.recipes.model import Choose, Step
from beffroi.web.ui.fields import VisibleCharField

from ..inspection import Column
from .base import StepForm, step_form


@step_form
class ChooseForm(StepForm):
    kind = "choose"
    title = "Choisir les colonnes"
    help = "Garder certaines colonnes, les renommer, les remettre dans l'ordre."
    template = "studio/editing/forms/choose.html"

    def build(self) -> None:
        self.listed = self._listed()
        if isinstance(self.changed, Choose):
            self.missing_columns = [
                name for name in self.changed.columns if self.position.column(name) is None
            ]
        for n, column in enumerate(self.listed):
            label = f"« {column.label} »"
            self.fields[f"keep_{n}"] = forms.BooleanField(
                label=f"Garder {label}", required=False, initial=not self.changed
            )
            self.fields[f"place_{n}"] = forms.IntegerField(
                label=f"Place de {label}", required=False, min_value=1, max_value=9_999, initial=n + 1
            )
            self.fields[f"name_{n}"] = VisibleCharField(
                label=f"Nouveau nom de {label}", required=False, max_length=110
            )
            for part in ("keep", "place", "name"):
                field = self.fields[f"{part}_{n}"]
                field.widget.attrs["aria-label"] = str(field.label)

    def _listed(self) -> list[Column]:
        """Columns of this position, those of the edited step first and in its order."""
        if not isinstance(self.changed, Choose):
            return list(self.position.columns)
        order = {name: n for n, name in enumerate(self.changed.columns)}
        return sorted(self.position.columns, key=lambda column: order.get(column.name, len(order)))

    def initial_of(self, step: Choose) -> dict[str, Any]:
        begun: dict[str, Any] = {}
        order = {name: n for n, name in enumerate(step.columns)}
        for n, column in enumerate(
            sorted(self.position.columns, key=lambda c: order.get(c.name, len(order)))
        ):
            begun |= {f"keep_{n}": column.name in order, f"name_{n}": step.rename.get(column.name, "")}
        return begun

    def check(self) -> None:
        if not any(self.cleaned_data[f"keep_{n}"] for n in range(len(self.listed))):
            self.add_error(None, "Gardez au moins une colonne.")

    def steps(self) -> Sequence[Step]:
        data = self.cleaned_data
        chosen = [
            (data[f"place_{n}"] or 10_000, n, column.name, data[f"name_{n}"].strip())
            for n, column in enumerate(self.listed)
            if data[f"keep_{n}"]
        ]
        names = [name for _, _, name, _ in sorted(chosen)]
        renamed = {name: new for _, _, name, new in chosen if new and new != name}
        return [Choose(columns=tuple(names), rename=renamed)]

    def lines(self) -> list[dict[str, Any]]:
        """For the page: one line a column."""
        return [
            {"column": c, "keep": self[f"keep_{n}"], "place": self[f"place_{n}"], "name": self[f"name_{n}"]}
            for n, c in enumerate(self.listed)
        ]
