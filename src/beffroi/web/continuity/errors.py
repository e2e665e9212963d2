"""Refusals of the continuity room, in French: what happened, what is unchanged, what to do."""

from beffroi.web.ui.form_errors import FieldError


class ContinuityError(FieldError):
    """A refusal; `field`: where to correct it in a form."""
