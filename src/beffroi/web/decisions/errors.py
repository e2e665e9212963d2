"""The refusals of this room, told in French: what happened, what is kept, what to do."""


class DecisionError(Exception):
    """A refusal told to a person; `field` is where to do something about it."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class NeedsConfirmation(DecisionError):
    """The value is possible but so far from the proposal that the person must confirm it."""


class AlreadyReceived(DecisionError):
    """The same form brought something else before: what it says now must come as a new message."""


class ProposalError(Exception):
    """What a system hands over cannot be shown to a person."""
