"""The forms that note rows of a table that a system reads, made from its declared columns: one row, or a number a place.

In come the columns and the names already known; out go rows as ISO texts.
"""

import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone

from beffroi.hashing import text_sha256
from beffroi.systems.input_schema import ColumnNeed, InputSchema
from beffroi.web.ui.fields import VisibleCharField, WrittenMomentField

from .services.recording import ByPlace, Row, by_place

KEY = "_key"  # no column is called so
OLDEST_DAYS = 400  # an older day is more often a wrong year


def _key() -> str:
    return uuid.uuid4().hex


class RecordForm(forms.Form):
    """One field a column, in the words of the manifest."""

    def __init__(
        self,
        schema: InputSchema,
        needs: list[ColumnNeed],
        known: dict[str, list[str]],
        *args: Any,
        most: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.schema, self.needs = schema, needs
        self.fields[KEY] = forms.RegexField(r"^[0-9a-f]{32}$", widget=forms.HiddenInput, initial=_key)
        for need in needs:
            self.fields[need.name] = _field(need, bool(known.get(need.name)))
        if (columns := by_place(needs)) is not None:
            self.fields[columns.day.name].validators.append(_check_day)
            self.fields[columns.number.name].validators += [MinValueValidator(0), *_at_most(most)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        alternatives = [need for need in self.needs if need.name in self.schema.one_of]
        if alternatives and not any(cleaned.get(need.name) for need in alternatives):
            labels = " ou ".join(f"« {need.display_name} »" for need in alternatives)
            self.add_error(alternatives[0].name, f"Donnez {labels}.")
        return cleaned

    @property
    def key(self) -> str:
        """Of this page: sent twice, it is one row."""
        return str(self.cleaned_data[KEY])

    def rows(self) -> list[Row]:
        """The one row, as it is handed to the job."""
        return [{need.name: _written(self.cleaned_data.get(need.name)) for need in self.needs}]


class ByPlaceForm(forms.Form):
    """A day and one number a place, noted by one act; a place left empty is not noted."""

    use_required_attribute = False

    def __init__(
        self,
        columns: ByPlace,
        places: Sequence[str],
        *args: Any,
        most: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, auto_id="id_places_%s", **kwargs)
        self.columns = columns
        self.fields[KEY] = forms.RegexField(r"^[0-9a-f]{32}$", widget=forms.HiddenInput, initial=_key)
        self.fields[columns.day.name] = _field(columns.day, listed=False)
        self.fields[columns.day.name].help_text = ""
        self.fields[columns.day.name].validators.append(_check_day)
        # Named after the place: the places known may have changed since the page was made.
        self.places = {f"n-{text_sha256(place)[:16]}": place for place in places}
        for name, place in self.places.items():
            self.fields[name] = forms.FloatField(
                label=place,
                localize=True,
                required=False,
                min_value=0,
                widget=forms.TextInput(
                    attrs={"inputmode": "decimal", "autocomplete": "off", "class": "short"}
                ),
                validators=_at_most(most),
                error_messages={"invalid": "Écrivez un nombre en chiffres, par exemple 4,5."},
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        sent = {name for name, text in self.data.items() if name.startswith("n-") and str(text).strip()}
        if sent - self.places.keys():
            raise forms.ValidationError(
                "Les lieux ont changé depuis que vous avez ouvert cette page : relisez, puis notez."
            )
        if not sent:
            raise forms.ValidationError("Écrivez au moins un nombre.")
        return cleaned

    @property
    def lines(self) -> list[forms.BoundField]:
        return [self[name] for name in self.places]

    @property
    def day(self) -> forms.BoundField:
        return self[self.columns.day.name]

    @property
    def key(self) -> str:
        """Of this page: sent twice, it is noted once."""
        return str(self.cleaned_data[KEY])

    def rows(self) -> list[Row]:
        """One row a place whose number was written."""
        columns, day = self.columns, _written(self.cleaned_data[self.columns.day.name])
        numbers = {place: _written(self.cleaned_data.get(name)) for name, place in self.places.items()}
        return [
            {columns.place.name: place, columns.day.name: day, columns.number.name: number}
            for place, number in numbers.items()
            if number is not None
        ]


def _at_most(most: float | None) -> list[MaxValueValidator]:
    """Beyond, it is a mistake; no bound where there is none that is sure."""
    message = "C'est plus de 1 000 fois ce qui se note d'habitude : vérifiez le nombre et son unité."
    return [MaxValueValidator(most, message)] if most is not None else []


def _check_day(day: date) -> None:
    """What is noted by place and day has happened, and lately."""
    today = timezone.localdate()
    if day > today:
        raise forms.ValidationError("Ce jour est à venir : donnez aujourd'hui ou un jour passé.")
    if day < today - timedelta(days=OLDEST_DAYS):
        raise forms.ValidationError(
            f"Ce jour date de plus de {OLDEST_DAYS} jours : vérifiez l'année. Ce qui est plus ancien se dépose en fichier."
        )


def _field(need: ColumnNeed, listed: bool) -> forms.Field:
    options: dict[str, Any] = {"label": need.display_name, "help_text": need.why, "required": need.required}
    match need.type:
        case "date":
            return forms.DateField(
                widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options
            )
        case "datetime":
            return WrittenMomentField(
                widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
                **options,
            )
        case "boolean":
            return forms.ChoiceField(choices=[("", "Choisir"), ("true", "Oui"), ("false", "Non")], **options)
        case "integer":
            return forms.IntegerField(**options)
        case "number":
            return forms.FloatField(localize=True, **options)
        case _:
            widget = forms.TextInput(attrs={"list": f"connus-{need.name}"} if listed else {})
            return VisibleCharField(max_length=200, widget=widget, **options)


def _written(value: Any) -> str | None:
    if value is None or value == "":
        return None
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
