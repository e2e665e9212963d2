"""Refusals of the checks of mail, in French: what happened, what is unchanged, what to do."""

from beffroi.web.ui.form_errors import FieldError


class MailError(FieldError):
    """A refusal; `field`: where to correct it in a form."""
