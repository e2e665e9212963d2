"""The form that corrects one row: a field a column, filled in with the row as it is, and the reason.

In: the described columns and the values of the row. Out: the changed cells as ISO texts.
"""

import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django import forms

from beffroi.web.ui.fields import VisibleCharField, WrittenMomentField, decimal_input

from .row_cells import iso_text

LONGEST: Final = 20_000
A_LINE: Final = 80
_DATE, _TIME = "%Y-%m-%d", "%H:%M:%S"
_INPUTS: Final = {"date": "date", "datetime": "datetime-local", "time": "time"}


def _key() -> str:
    return uuid.uuid4().hex


class RowForm(forms.Form):
    """`columns`: those that may be corrected. `row`: the values now. `typed`: what a person has already written instead."""

    key = forms.RegexField(r"^[0-9a-f]{32}$", widget=forms.HiddenInput, initial=_key)

    def __init__(
        self,
        columns: Sequence[Mapping[str, Any]],
        row: Mapping[str, Any],
        data: Any = None,
        *,
        typed: Mapping[str, Any] | None = None,
        reason: str = "",
    ) -> None:
        super().__init__(data)
        # The names of the columns are a file's: they name no field of this form.
        self.names = {f"c{rank}": column["name"] for rank, column in enumerate(columns)}
        for (name, own), column in zip(self.names.items(), columns, strict=True):
            self.fields[name] = _field(column, row.get(own))
            self.fields[name].is_cell = True  # type: ignore[attr-defined]  an empty cell is no field left aside
            self.fields[name].initial = (typed or {}).get(own, self.fields[name].initial)
        self.fields["reason"] = VisibleCharField(
            label="Pourquoi cette correction",
            max_length=300,
            initial=reason,
            help_text="Par exemple : « L'école a rappelé : 121 repas, pas 112. »",
        )

    def changes(self) -> dict[str, str | None]:
        """The cells that differ from the row, by column, as ISO texts."""
        return {self.names[name]: _written(self.cleaned_data[name]) for name in self._changed()}

    def typed(self) -> dict[str, Any]:
        """The same as they were typed."""
        return {self.names[name]: self[name].value() for name in self._changed()}

    def _changed(self) -> list[str]:
        return [name for name in self.changed_data if name in self.names]

    @property
    def act(self) -> str:
        """Of this page: sent twice, it is one correction."""
        return str(self.cleaned_data["key"])


class _Text(VisibleCharField):
    """A text: the ends of lines that a browser sends, and what nobody sees, are no change."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.replace("\r\n", "\n") if isinstance(value, str) else value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial) != self.to_python(data))


class _Number(forms.CharField):
    """A number as people write it, « 1 234,5 »; cleaned to its ISO text."""

    def __init__(self, *, whole: bool, **options: Any) -> None:
        super().__init__(max_length=60, **options)
        self.whole = whole

    def to_python(self, value: Any) -> str:
        text = "".join(str(value or "").split()).replace("\u2212", "-").replace(",", ".")
        if not text:
            return ""
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or abs(number.adjusted()) > 30:
            raise forms.ValidationError("Écrivez un nombre, par exemple 1 234,5.")
        if self.whole and number != number.to_integral_value():
            raise forms.ValidationError("Écrivez un nombre entier, sans virgule.")
        return format(number.to_integral_value() if self.whole else number, "f")

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(initial) != self.to_python(data))
        except forms.ValidationError:
            return True


def _field(column: Mapping[str, Any], value: Any) -> forms.Field:
    options: dict[str, Any] = {"label": column["label"] or column["name"], "required": False}
    kind = column["type"]
    match kind:
        case "date":
            return forms.DateField(widget=_picker(kind, _DATE), initial=value, **options)
        case "datetime":
            return WrittenMomentField(widget=_picker(kind, f"{_DATE}T{_TIME}"), initial=value, **options)
        case "time":
            return forms.TimeField(widget=_picker(kind, _TIME), initial=value, **options)
        case "boolean":
            choices = [("", "Sans valeur"), ("true", "Oui"), ("false", "Non")]
            return forms.ChoiceField(choices=choices, initial=iso_text(value) or "", **options)
        case "integer" | "decimal" | "number":
            text = iso_text(value) or ""
            if kind == "decimal" and "." in text:
                text = text.rstrip("0").rstrip(".")
            text = text.replace(".", ",")
            return _Number(whole=kind == "integer", widget=decimal_input(20), initial=text, **options)
        case _:
            long = isinstance(value, str) and (len(value) > A_LINE or "\n" in value)
            widget = forms.Textarea(attrs={"rows": 4}) if long else forms.TextInput()
            return _Text(max_length=LONGEST, widget=widget, initial=value or "", **options)


def _picker(kind: str, written: str) -> forms.Widget:
    widget = {"date": forms.DateInput, "datetime": forms.DateTimeInput, "time": forms.TimeInput}[kind]
    attrs = {"type": _INPUTS[kind]} | ({} if kind == "date" else {"step": "1"})
    return widget(attrs=attrs, format=written)


def _written(value: Any) -> str | None:
    if value is None or value == "":
        return None
    return iso_text(value)
