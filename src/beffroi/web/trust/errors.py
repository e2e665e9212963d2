"""Refusals of the trust room, told to a person in French: what happened, what is kept, what to do."""

from beffroi.web.ui.form_errors import FieldError


class TrustError(FieldError):
    """Something that the trust room will not do; `field`: where to correct it in a form."""


class AnswersRefused(TrustError):
    """Answers that cannot be kept; `errors` is one complete French sentence a field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = errors
