"""Base of the step forms: position in the draft, registry, offered columns, repeated lines.

A form declares its `kind` (the step's name in a recipe), writes its steps (`steps`) and reads an edited step
(`initial_of`). What the columns do not allow is refused by the recipe itself, in French.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.utils.datastructures import MultiValueDict
from pydantic import ValidationError

from beffroi.recipes.model import Step
from beffroi.text import unique_name
from beffroi.web.ui.fields import VisibleCharField

from ...models import Draft
from ..inspection import Column, RecipeInspector

MORE = "more"
"""The action of the buttons that add a line to a form."""
_forms: dict[str, type["StepForm"]] = {}


@dataclass(frozen=True)
class StepPosition:
    """A place in a draft: after its first `count` steps, as `look` sees it."""

    draft: Draft
    look: RecipeInspector
    count: int

    @property
    def columns(self) -> tuple[Column, ...]:
        return self.look.columns_after(self.count)

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)

    def choices(self, fits: Callable[[Column], bool] = lambda _: True) -> list[tuple[str, str]]:
        """The columns of this place that fit, for a list of choices."""
        return [(column.name, column.label) for column in self.columns if fits(column)]

    def free(self, wanted: str, also: Iterable[str] = ()) -> str:
        """A name of a column that none bears here: « Somme de Tonnage », then « Somme de Tonnage 2 »."""
        taken = {name.casefold() for name in (*(c.name for c in self.columns), *also)}
        return unique_name(wanted.strip()[:110], lambda name: name.casefold() in taken, " ")


@dataclass(frozen=True)
class VisibilityRule:
    """Rule that displays a field when one of the lists `depends_on` has one of the choices `when` (none: any choice)."""

    depends_on: tuple[str, ...]
    when: tuple[str, ...] = ()


class StepForm(forms.Form):
    """Form of one kind of step. `rows`: the number of its repeated lines.

    `missing_columns`: named by the step and no longer there, which the page reports. `row_parts`: the fields of one
    line, displayed together. `notice`: what was measured, reported once the step is saved. `serving`: when the fields
    that do not always serve are displayed.
    """

    kind: ClassVar[str]
    title: ClassVar[str]
    help: ClassVar[str]
    template: ClassVar[str] = "studio/editing/forms/plain.html"
    min_rows: ClassVar[int] = 1
    max_rows: ClassVar[int] = 8
    more_label: ClassVar[str] = ""
    row_parts: ClassVar[tuple[str, ...]] = ()
    more_in_foot: ClassVar[bool] = True  # otherwise the form's own template has the button that adds a line
    do_not_call_in_templates: ClassVar[bool] = True  # the page lists the forms themselves

    rows = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, position: StepPosition, *args: Any, step: Step | None = None, **kwargs: Any) -> None:
        self.position, self.changed = position, step
        begun = self.initial_of(step) if step is not None else {}
        kwargs["initial"] = begun | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.row_count = self._row_count()
        self.fields["rows"].initial = self.row_count
        self.initial["rows"] = self.row_count
        self.missing_columns: list[str] = []
        self.serving: dict[str, VisibilityRule] = {}
        self.notice = ""
        self.build()

    def build(self) -> None:
        """Add the fields that depend on the columns present."""

    def initial_of(self, step: Any) -> dict[str, Any]:
        """Initial values of the form for an edited step; `rows`: how many lines it fills."""
        return {}

    def steps(self) -> Sequence[Step]:
        """The steps to put there, from what was chosen; called once the fields are valid."""
        raise NotImplementedError

    def sources(self) -> dict[str, str]:
        """Datasets that the steps read, by alias."""
        return {}

    def check(self) -> None:
        """Validate across fields: `add_error` with what to do."""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        self.check()
        if not self.errors:
            try:
                self.made = tuple(self.steps())
            except ValidationError as error:
                for reason in error.errors():
                    self.add_error(None, str(reason["msg"]).removeprefix("Value error, "))
        return data

    def longer(self) -> "StepForm":
        """The same form with what was typed, one line more, and nothing checked yet."""
        data = self.data
        typed: dict[str, Any] = {}
        for name, field in self.fields.items():
            many = isinstance(field, forms.MultipleChoiceField) and isinstance(data, MultiValueDict)
            typed[name] = data.getlist(name) if many else data.get(name, "")  # type: ignore[union-attr]
        typed["rows"] = min(self.row_count + 1, self.max_rows)
        return type(self)(self.position, step=self.changed, initial=typed | self.added(data))

    def added(self, data: Any) -> dict[str, Any]:
        """What the line that is added begins with."""
        return {}

    def groups(self) -> list[list[forms.BoundField]]:
        """The fields in sight, those of one line of the form together."""
        found: dict[str, list[forms.BoundField]] = {}
        for bound in self.visible_fields():
            part, _, line = bound.name.rpartition("_")
            found.setdefault(line if part in self.row_parts else bound.name, []).append(bound)
        return list(found.values())

    def hint(self, name: str) -> Any:
        """Raw value of a field before validation: the fields that depend on it are built from it."""
        return self.data.get(name) if self.is_bound else self.initial.get(name)

    def _row_count(self) -> int:
        try:
            requested = int(self.hint("rows") or 0)
        except (TypeError, ValueError):
            requested = 0
        return max(self.min_rows, min(requested, self.max_rows))


def step_form[F: type[StepForm]](form: F) -> F:
    """Offer this form on the page."""
    _forms[form.kind] = form
    return form


def step_forms() -> list[type[StepForm]]:
    """Every form, in the order in which they are offered."""
    return list(_forms.values())


def form_for(kind: str) -> type[StepForm] | None:
    return _forms.get(kind)


def column_field(label: str, position: StepPosition, fits: Callable[[Column], bool] = lambda _: True, *, optional: str = "",
                 help_text: str = "") -> forms.ChoiceField:  # fmt: skip
    """List of the columns that fit; `optional`: the text of the empty choice, which is refused without it."""
    first = ("", optional or "Choisir…")
    return forms.ChoiceField(
        label=label, choices=[first, *position.choices(fits)], required=not optional, help_text=help_text
    )


def columns_field(label: str, choices: Sequence[Any], *, required: bool = True, help_text: str = "") -> forms.MultipleChoiceField:  # fmt: skip
    """Boxes to tick, one a column."""
    return forms.MultipleChoiceField(
        label=label,
        choices=choices,
        required=required,
        help_text=help_text,
        widget=forms.CheckboxSelectMultiple,
    )


def name_field(label: str = "Nom de la nouvelle colonne", *, help_text: str = "") -> forms.CharField:
    return VisibleCharField(label=label, max_length=110, required=False, help_text=help_text)
