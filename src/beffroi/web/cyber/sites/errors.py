"""Refusals about watched sites, told to a person in French: what happened, what is kept, what to do."""


class SiteError(Exception):
    """Something that will not be done; the message is for the person, `field` the field to correct."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field
