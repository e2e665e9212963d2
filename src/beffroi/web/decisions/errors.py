"""The refusals of this room, told in French: what happened, what is kept, what to do."""

from collections.abc import Mapping

from beffroi.web.ui.form_errors import FieldError


class DecisionError(FieldError):
    """A refusal of this room, told to a person."""


class StalePage(DecisionError):
    """What was sent is not what stands any more: the page is shown again as things are."""


class LinesRefused(DecisionError):
    """Some lines of a day cannot be decided as they were typed: `lines`, by proposal, says why.

    `confirmable`: whether some of them would be taken once the person confirms them.
    """

    def __init__(self, message: str, lines: Mapping[int, str], *, confirmable: bool = False) -> None:
        super().__init__(message)
        self.lines = lines
        self.confirmable = confirmable


class NeedsConfirmation(DecisionError):
    """The value is possible but so far from the proposal that the person must confirm it."""


class AlreadyReceived(DecisionError):
    """The same form brought something else before: what it says now must come as a new message."""


class ProposalError(Exception):
    """What a system hands over cannot be shown to a person."""
