"""Refusals about rights, people or their territory, in French: what happened, what is unchanged, what to do."""

from beffroi.web.ui.form_errors import FieldError


class PeopleError(FieldError):
    """A refusal of rights, people or their territory."""
