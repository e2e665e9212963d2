"""Form that corrects how a table was read: the questions first, then every other decision.

In: a planned table, the examples that this person may see. Out: the fields of its guesses, and `Corrections`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django import forms

from beffroi.lake.readers.corrections import (
    FORCEABLE,
    NONE,
    Corrections,
    Uncorrectable,
    clean_label,
    label_trouble,
    repeated_labels,
)
from beffroi.lake.readers.dialect import NAMES
from beffroi.lake.tables import Column, Guess
from beffroi.web.ui.fields import VisibleCharField

from .labels import TYPES
from .lifecycle import TablePlan
from .reading_questions import ReadingQuestion, question

# The correction that an answer goes into, by the kind of guess.
_KINDS: Final = {
    "order": "orders",
    "century": "centuries",
    "missing": "values",
    "decimals": "decimals",
    "type": "types",
}
_VALUES: Final = {"absent": False, "value": True, "aside": False, "keep": True}
_SEPARATORS: Final = {name: sign for sign, name in NAMES.items()}
_LEFT: Final = [("", "Laisser ainsi")]


@dataclass(frozen=True)
class Slot:
    """Where the answer of a field goes, the current answer, and whether it is an open question."""

    kind: str
    column: str
    current: str
    is_question: bool


class ReadingForm(forms.Form):
    """The fields of one table. An answer left as it was changes nothing; a question may stay without answer."""

    def __init__(self, plan: TablePlan, alike: Sequence[int], examples: bool, data: Any = None) -> None:
        super().__init__(data, prefix=f"l{plan.index}")
        self.plan, self.alike_tables = plan, alike
        self.slots: dict[str, Slot] = {}
        self.question_names: list[str] = []
        self.settled_names: list[str] = []
        self.by_guess: dict[int, str] = {}
        labels = {column.name: column.label for column in plan.staged.columns}
        self.visible_examples = plan.peek.get("asked", {}) if examples else {}
        for place, guess in enumerate(plan.staged.guesses):
            reading_question = question(guess, labels.get(guess.column, ""), self.examples_of(guess))
            name = f"{guess.about}_{guess.column}" if guess.column else guess.about
            if reading_question is not None and name not in self.fields:
                self._add(name, guess, reading_question)
                self.by_guess[place] = name
        for column in plan.staged.columns:
            self._add_type(column)
            self._add_label(column)
        self._add_missing()
        if alike:
            self.fields["alike"] = forms.BooleanField(
                label=f"Corriger de même les autres tables qui ont les mêmes colonnes ({len(alike)})",
                required=False,
                initial=True,
            )

    def examples_of(self, guess: Guess) -> list[str]:
        """The values of the file that a guess is about, for who may see them."""
        examples: list[str] = self.visible_examples.get(f"{guess.about}:{guess.column}", [])
        return examples

    def _add(self, name: str, guess: Guess, reading_question: ReadingQuestion) -> None:
        uncertain = not guess.certain
        initial = None if uncertain else guess.chosen
        field: forms.Field
        if guess.about == "header":
            field = forms.IntegerField(
                label=reading_question.prompt,
                help_text=reading_question.help,
                required=False,
                min_value=0,
                initial=initial,
            )
        else:
            few = uncertain and len(reading_question.answers) <= 3
            if guess.about == "separator" and initial is not None:
                initial = NAMES[initial]
            field = forms.ChoiceField(
                label=reading_question.prompt,
                help_text=reading_question.help,
                required=False,
                initial=initial,
                choices=reading_question.answers
                if few or not uncertain
                else [*_LEFT, *reading_question.answers],
                widget=forms.RadioSelect if few else forms.Select,
            )
        current = NAMES[guess.chosen] if guess.about == "separator" else guess.chosen
        self.fields[name] = field
        self.slots[name] = Slot(_KINDS.get(guess.about, guess.about), guess.column, current, uncertain)
        (self.question_names if uncertain else self.settled_names).append(name)

    def _add_type(self, column: Column) -> None:
        """Every column has a type that may be changed, in the table of columns unless a question is already asked."""
        name = f"type_{column.name}"
        if column.type == "geometry" or name in self.question_names:
            return
        offered = [
            type_ for type_ in FORCEABLE if type_ != ("decimal" if column.type == "number" else "number")
        ]
        self.fields[name] = forms.ChoiceField(
            label=f"Type de « {column.label} »",
            required=False,
            initial=column.type,
            choices=[(type_, TYPES[type_]) for type_ in offered],
            widget=forms.Select(attrs={"aria-label": f"Type de « {column.label} »"}),
        )
        self.slots[name] = Slot("types", column.name, column.type, False)
        if name in self.settled_names:
            self.settled_names.remove(name)

    def _add_label(self, column: Column) -> None:
        """Every column may be called otherwise, above all one that the file does not name."""
        if column.type == "geometry":
            return
        name = f"label_{column.name}"
        self.fields[name] = VisibleCharField(
            label=f"Nom de « {column.label} »",
            required=False,
            initial=column.label,
            widget=forms.TextInput(attrs={"aria-label": f"Nom de « {column.label} »", "autocomplete": "off"}),
        )
        self.slots[name] = Slot("labels", column.name, column.label, False)

    def _add_missing(self) -> None:
        self.fields["marks"] = forms.CharField(
            label="Autres mentions qui veulent dire « pas de valeur »",
            required=False,
            max_length=400,
            initial=" ; ".join(self.plan.corrections.missing),
            help_text="Séparées par un point-virgule. Par exemple : inconnu ; sans objet. NC, NA, ND et - sont déjà compris ainsi dans les nombres et les dates ; les textes les gardent.",
        )

    @property
    def questions(self) -> list[forms.BoundField]:
        return [self[name] for name in self.question_names]

    @property
    def settled(self) -> list[forms.BoundField]:
        return [self[name] for name in (*self.settled_names, "marks")]

    def type_field(self, column: str) -> forms.BoundField | None:
        name = f"type_{column}"
        return self[name] if name in self.fields and name not in self.question_names else None

    def label_field(self, column: str) -> forms.BoundField | None:
        name = f"label_{column}"
        return self[name] if name in self.fields else None

    def _clean_labels(self, cleaned: dict[str, Any]) -> None:
        """Judge the labels that were changed; one that the page did not send stays as it is."""
        labels = {name: slot.current for name, slot in self.slots.items() if slot.kind == "labels"}
        changed = {
            name: clean_label(cleaned.get(name, ""))
            for name, current in labels.items()
            if self.add_prefix(name) in self.data and clean_label(cleaned.get(name, "")) != current
        }
        cleaned.update({**labels, **changed})
        repeated = repeated_labels((labels | changed).values(), changed.values())
        for name, label in changed.items():
            if trouble := label_trouble(label):
                self.add_error(name, trouble)
            elif label in repeated:
                self.add_error(name, f"Deux colonnes s'appelleraient « {label} ». Choisissez un autre nom.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self._clean_labels(cleaned)
        self.corrections = NONE
        try:
            self.corrections = Corrections.from_dict(self._correction_fields(cleaned))
        except Uncorrectable as error:
            self.add_error(None, str(error))
        return cleaned

    def _correction_fields(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        values = self.plan.corrections.to_dict()
        for name, slot in self.slots.items():
            answer = cleaned.get(name)
            if answer in (None, "") or (str(answer) == slot.current and not slot.is_question):
                continue
            value = _VALUES.get(answer, answer)
            if slot.kind == "separator":
                value = _SEPARATORS[answer]
            if slot.column:
                values.setdefault(slot.kind, {})[slot.column] = value
            else:
                values[slot.kind] = value
        marks = [mark.strip() for mark in cleaned.get("marks", "").split(";")]
        values["missing"] = [mark for mark in marks if mark]
        return _coherent(values)

    @property
    def changed(self) -> bool:
        """Whether the corrections differ from those of this reading."""
        return self.corrections != self.plan.corrections


def _coherent(values: dict[str, Any]) -> dict[str, Any]:
    """Drop the corrections of dates and numbers whose column is corrected to another type."""
    types = values.get("types", {})
    kinds = {
        "orders": ("date", "datetime"),
        "centuries": ("date", "datetime"),
        "decimals": ("integer", "decimal", "number"),
    }
    for kind, allowed in kinds.items():
        if kind in values:
            values[kind] = {
                column: value
                for column, value in values[kind].items()
                if column not in types or types[column] in allowed
            }
    return values


def reading_forms(
    plans: Sequence[TablePlan], examples: Mapping[int, bool], data: Any = None
) -> list[ReadingForm]:
    """One form a table; tables of the same columns may be corrected together."""
    columns = {plan.index: [column.name for column in plan.staged.columns] for plan in plans}
    return [
        ReadingForm(
            plan,
            [
                other.index
                for other in plans
                if other is not plan and columns[other.index] == columns[plan.index]
            ],
            examples.get(plan.index, False),
            data,
        )
        for plan in plans
    ]


def wanted(forms_: Sequence[ReadingForm]) -> dict[int, Corrections]:
    """The corrections of each table from valid forms; unchanged ones are left out."""
    corrections = {form.plan.index: form.corrections for form in forms_ if form.changed}
    for form in forms_:
        if form.changed and form.cleaned_data.get("alike"):
            for index in form.alike_tables:
                corrections.setdefault(index, form.corrections)
    return corrections
