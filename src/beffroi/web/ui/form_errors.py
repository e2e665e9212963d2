"""Refusals of services, shown in the form that asked: by the field where something can be done, or above the fields."""

from django import forms


class FieldError(Exception):
    """A refusal told in French: what happened, what is kept, what to do. `field`: where to correct it in a form."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


def add_field_error(form: forms.Form, error: Exception) -> None:
    """Show a refusal by the field that it names, or above all fields when this form does not have it."""
    field = getattr(error, "field", None)
    form.add_error(field if field in form.fields else None, str(error))
