"""Form of the formula step: live check, faulty characters marked, reference of the functions.

A column is named as in the recipe, or by its label, which is then replaced by its name.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django import forms

from beffroi.recipes import formula
from beffroi.recipes.formula import GROUPS, MAX_LENGTH, FormulaError, Function
from beffroi.recipes.model import Compute, Step
from beffroi.recipes.text_folding import fold

from ...presentation import typeset
from .base import StepForm, name_field, step_form


@step_form
class FormulaForm(StepForm):
    kind = "compute"
    title = "Calculer par une formule"
    help = 'Comme dans un tableur : SI([Tonnage] > 10 ; "gros" ; "petit").'
    template = "studio/editing/forms/compute.html"
    more_label = "Vérifier la formule"

    def build(self) -> None:
        self.fields["formula"] = forms.CharField(
            label="Formule", max_length=MAX_LENGTH, strip=False,
            widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocapitalize": "off"}),
            help_text="Une colonne entre crochets, une virgule pour les décimales, un point-virgule entre les valeurs "
            "d'une fonction.",
        )  # fmt: skip
        self.fields["name"] = name_field(help_text="Laissez vide : un nom sera proposé.")

    def initial_of(self, step: Compute) -> dict[str, Any]:
        return step.model_dump(exclude={"step"})

    def check(self) -> None:
        if self.fault is not None:
            message = str(self.fault)
            self.add_error("formula", typeset(message[0].upper() + message[1:]))

    def steps(self) -> Sequence[Step]:
        name = self.cleaned_data["name"].strip() or self.position.free("Résultat de la formule")
        self.notice = typeset(f"« {name} » contient {self.gives}.")
        return [Compute(name=name, formula=self._as_named)]

    @property
    def fault(self) -> FormulaError | None:
        """Why the formula that was typed cannot be followed."""
        return self._checked[1]

    @property
    def gives(self) -> str:
        """What its result is, « du texte »; empty while it is at fault or not written."""
        return self._checked[0]

    @property
    def marked(self) -> tuple[str, str, str]:
        """The formula before its faulty characters, these characters, and what follows them."""
        if self.fault is None:
            return self._typed, "", ""
        start, end = self.fault.position
        return self._typed[:start], self._typed[start:end], self._typed[end:]

    @property
    def named(self) -> list[tuple[str, str]]:
        """Each column as a formula names it, and its label when it is another."""
        columns = [column for column in self.position.columns if column.kind != "other"]
        return [
            (f"[{column.name.replace(']', ']]')}]", column.label if column.label != column.name else "")
            for column in columns
        ]

    @property
    def functions(self) -> list[tuple[str, tuple[Function, ...]]]:
        """The functions by their groups, for the help."""
        return list(GROUPS.items())

    def _row_count(self) -> int:
        return 1

    @cached_property
    def _typed(self) -> str:
        return str(self.hint("formula") or "").replace("\r\n", "\n")

    @cached_property
    def _checked(self) -> tuple[str, FormulaError | None]:
        if not self._typed:
            return "", None
        columns = {column.name: column.type for column in self.position.columns}
        try:
            columns |= {typed: columns[name] for typed, name in self._labels_used().items()}
            return formula.check(self._typed, columns).french_name, None
        except FormulaError as error:
            return "", error

    def _labels_used(self) -> dict[str, str]:
        """The labels that the formula calls columns by, as typed, with the names of these columns."""
        names = {fold(column.name) for column in self.position.columns}
        labels: dict[str, list[str]] = {}
        for column in self.position.columns:
            labels.setdefault(fold(column.label), []).append(column.name)
        found = {typed: labels.get(fold(typed), []) for typed in formula.columns_of(self._typed)}
        return {typed: own[0] for typed, own in found.items() if fold(typed) not in names and len(own) == 1}

    @property
    def _as_named(self) -> str:
        """The formula with the columns as the recipe names them; as it was typed when it calls none by its label."""
        used = self._labels_used()
        return formula.format_formula(self._typed, used) if used else self._typed
