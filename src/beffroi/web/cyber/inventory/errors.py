"""Refusals of this room, told in French: what happened, what is kept, what to do."""

from beffroi.web.ui.form_errors import FieldError


class InventoryError(FieldError):
    """A refusal told to a person."""
