"""The field of a form in which people write: what nobody sees of a text is not kept.

Passwords and keys, which `strip=False` keeps whole, stay as they were typed. What the site itself put in a form, and what is
compared with the cells of a table, is Django's own `CharField`.
"""

import re
from datetime import datetime, timedelta
from datetime import timezone as tzinfo_of_offset
from typing import Any, ClassVar, Final

from django import forms
from django.utils import timezone

from beffroi.guides.questions import AnswerError, Question
from beffroi.lake.invisible_characters import strip_invisible


class VisibleCharField(forms.CharField):
    """Text without invisible characters nor those that change its direction; without line breaks where one line is asked.

    A line break counts as one character, as in the browser, though a form is sent with two (RFC 2046, 4.1.1).
    """

    def to_python(self, value: Any) -> Any:
        if self.strip and isinstance(value, str):
            value = strip_invisible(value)
            one_line = isinstance(self.widget, forms.TextInput)
            value = " ".join(value.splitlines()) if one_line else value.replace("\r\n", "\n")
        return super().to_python(value)


class SecretText(forms.Textarea):
    """Several lines that a page never gives back, as with Django's `PasswordInput`."""

    render_value = False

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, None, attrs)


class DayInput(forms.DateInput):
    """The day picker of the browser."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


_PICKED: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
"""A moment as the picker of the browser writes it."""


class MomentInput(forms.TextInput):
    """The picker of a day and an hour of the browser, by the clocks of France.

    What they show twice a year, and what is no moment, stays a text as it was written.
    """

    input_type = "datetime-local"

    def format_value(self, value: Any) -> Any:
        text = super().format_value(value)
        try:
            moment = datetime.fromisoformat(text or "")
            if moment.tzinfo is None:
                return text
            local = timezone.localtime(moment)
        except (ValueError, OverflowError):
            return text
        if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
            return text
        return local.strftime("%Y-%m-%dT%H:%M")

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        rendered = context["widget"]["value"]
        if rendered and not _PICKED.fullmatch(str(rendered)):
            context["widget"]["type"] = "text"
        return context


class MomentField(forms.Field):
    """A day and an hour of the clocks of France, with its offset; what they skip, or show twice without it, is asked again."""

    widget = MomentInput

    def to_python(self, value: Any) -> datetime | None:
        text = strip_invisible(str(value or "")).strip()[:40]
        if not text:
            return None
        question = Question(key="moment", label="Heure", kind="moment")
        try:
            return datetime.fromisoformat(question.read(text))
        except AnswerError as error:
            raise forms.ValidationError(str(error)) from None


_UNSAID: Final = tzinfo_of_offset(timedelta(0), "unsaid")


class WrittenMomentField(forms.DateTimeField):
    """A day and an hour as a file writes them, without a time zone: a reading in UTC has hours that French clocks skip."""

    def to_python(self, value: Any) -> datetime | None:
        with timezone.override(_UNSAID):
            moment: datetime | None = super().to_python(value)
        if moment is None or moment.tzinfo is None or moment.tzinfo is _UNSAID:
            return moment and moment.replace(tzinfo=None)
        return timezone.make_naive(moment)  # an offset that was written


class WholeNumber(forms.IntegerField):
    """A whole number within bounds, refused in words of ours."""

    default_error_messages: ClassVar[dict[str, str]] = {
        "required": "Écrivez un nombre.",
        "invalid": "Écrivez un nombre entier, en chiffres.",
        "min_value": "Écrivez un nombre d'au moins %(limit_value)s.",
        "max_value": "Écrivez un nombre d'au plus %(limit_value)s.",
    }


class DecimalNumber(forms.DecimalField):
    """A number with decimals, refused in words of ours."""

    default_error_messages: ClassVar[dict[str, str]] = {
        "required": "Écrivez un nombre.",
        "invalid": "Écrivez un nombre, par exemple 12,50.",
        "min_value": "Écrivez un nombre d'au moins %(limit_value)s.",
        "max_digits": "Ce nombre est trop long : vérifiez-le.",
        "max_whole_digits": "Ce nombre est trop long : vérifiez-le.",
        "max_decimal_places": "Écrivez %(max)s chiffres au plus après la virgule.",
    }


class Needed:
    """Mixed in before a field that is shown as needed where its form shows it: whether it is there, the service judges."""

    def validate(self, value: Any) -> None:
        if value not in (None, ""):
            super().validate(value)  # type: ignore[misc]


class NeededCharField(Needed, VisibleCharField):
    pass


def decimal_input(size: int) -> forms.TextInput:
    """A text input for a number: a decimal comma can be typed, and a phone shows its numeric keys."""
    return forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "size": size})
