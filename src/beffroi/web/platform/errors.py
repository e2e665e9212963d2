"""What the people part refuses, told to a person in French: what happened, what is kept, what to do."""

from beffroi.web.ui.form_errors import FieldError


class PeopleError(FieldError):
    """A refusal of rights, people or their territory."""
