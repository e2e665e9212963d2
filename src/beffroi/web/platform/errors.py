"""What the people part refuses, told to a person in French: what happened, what is kept, what to do."""


class PeopleError(Exception):
    """A refusal; `field` is where to mend it in a form."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field
