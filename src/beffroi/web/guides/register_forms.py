"""Forms of a register: one entry, a few lines typed at once, a file or a text to import."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from django import forms

from beffroi.guides import Register
from beffroi.guides.questionnaire import Fault
from beffroi.guides.register import RegisterField
from beffroi.web.ui.form_errors import add_field_error

from .errors import FaultsError, GuideError
from .forms import QuestionForm, initial

LINES: Final = 5
MOST_IN_GRID: Final = 4
PERSONAL: Final = "Donnée personnelle : écrivez le strict nécessaire."


class EntryForm(QuestionForm):
    """The fields of an entry that are asked; those that name a person say so. `values`: the entry as it stands."""

    def __init__(self, register: Register, *args: Any, values: Mapping[str, Any] | None = None) -> None:
        super().__init__(register.active_fields, *args, initial=initial(register.active_fields, values or {}))
        moved = {each.key for each in register.fields if each.moved_to}
        self._moved_values = {key: value for key, value in (values or {}).items() if key in moved}
        for each in register.active_fields:
            if each.personal:
                field = self.fields[each.key]
                field.help_text = f"{field.help_text} {PERSONAL}".strip()

    def values(self) -> dict[str, Any]:
        """What was posted; what another register answers for now stays as it was."""
        return self._moved_values | super().values()

    def show_error(self, error: GuideError) -> None:
        """Put what a service refused where it belongs: beside its fields, or on top."""
        self.show(list(error.faults) if isinstance(error, FaultsError) else [])
        if not isinstance(error, FaultsError):
            add_field_error(self, error)


def grid_fields(register: Register) -> list[RegisterField]:
    """What a line typed in a hurry has: what an entry cannot do without, its first day that expires, a few others, what these call for."""
    active = register.active_fields
    needed = [each for each in active if each.key in register.identity or (each.required and not each.when)]
    others = [each for each in active if each not in needed and not each.when and each.kind != "text"]
    others = others[: max(0, MOST_IN_GRID - len(needed))]
    calls = _called_for(register, {each.key for each in (*needed, *others)})
    called = {key for keys in calls.values() for key in keys}
    # What a check would refuse to be without comes with what calls for it, before what nothing calls for.
    keys = (
        {each.key for each in needed} | called | calls.keys() | {each.field for each in register.expiries[:1]}
    )
    rest = [each.key for each in others if each.key not in keys]
    keys |= set(rest[: max(0, MOST_IN_GRID - len(keys))])
    return [each for each in active if each.key in keys]


def _called_for(register: Register, keys: Collection[str]) -> dict[str, set[str]]:
    """For each of these fields that calls for others when it is filled in: those that a check then refuses to be without."""
    calls: dict[str, set[str]] = {}
    for check in register.checks:
        tests = [test for condition in check.when for test in condition.tests()]
        wanted = {test.question for test in tests if test.answered is False}
        for test in tests:
            if wanted and test.question in keys and test.question not in wanted:
                calls.setdefault(test.question, set()).update(wanted)
    return calls


class LineForm(QuestionForm):
    """One line of the grid: small controls, each named by its column and its line."""

    def __init__(self, number: int, questions: Iterable[RegisterField], *args: Any) -> None:
        super().__init__(questions, *args, prefix=f"l{number}")
        for question in self.questions:
            field = self.fields[question.key]
            if isinstance(field.widget, forms.RadioSelect):
                field.widget = forms.Select(choices=[("", ""), *field.widget.choices])
            elif isinstance(field.widget, forms.Textarea):
                field.widget = forms.TextInput()
            field.widget.attrs["aria-label"] = f"{question.label}, ligne {number + 1}"
            field.required = False

    def values(self) -> dict[str, Any]:
        several = {question.key for question in self.questions if question.kind == "several"}
        return {
            key: self.data.getlist(name) if key in several else self.data.get(name, "")
            for key in self.fields
            for name in [self.add_prefix(key)]
        }

    @property
    def is_blank(self) -> bool:
        return not any(self.values().values())


def line_forms(register: Register, data: Any = None) -> list[LineForm]:
    return [LineForm(number, grid_fields(register), data) for number in range(LINES)]


def show_faults(lines: list[LineForm], faults: Iterable[tuple[int, Fault]]) -> None:
    """Put each fault beside its control."""
    by_line: dict[int, list[Fault]] = {}
    for number, fault in faults:
        by_line.setdefault(number, []).append(fault)
    for number, found in by_line.items():
        line = lines[number]
        line.show([each if each.question in line.fields else Fault("", each.message) for each in found])


class ImportForm(forms.Form):
    """A file, or cells pasted."""

    use_required_attribute = False
    file = forms.FileField(
        label="Un fichier",
        required=False,
        help_text="Tableur (XLSX, XLS, ODS), CSV ou JSON, 5 Mo au plus. La première ligne porte les titres.",
    )
    text = forms.CharField(
        label="Ou des cases copiées de votre tableur",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Copiez les cases avec leurs titres, puis collez-les ici.",
    )
