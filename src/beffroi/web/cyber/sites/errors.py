"""Refusals about watched sites, in French: what happened, what is unchanged, what to do."""

from beffroi.web.ui.form_errors import FieldError


class SiteError(FieldError):
    """A refusal; `field`: where to correct it in a form."""
