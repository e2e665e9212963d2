"""Refusals of the trust room, told to a person in French: what happened, what is kept, what to do."""


class TrustError(Exception):
    """Something that the trust room will not do; the message is for the person, `field` the field to correct."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class AnswersRefused(TrustError):
    """Answers that cannot be kept; `errors` is one complete French sentence a field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = errors
