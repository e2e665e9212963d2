"""Refusals of the checks of mail, told to a person in French: what happened, what is kept, what to do."""


class MailError(Exception):
    """`field`: the field to correct."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field
