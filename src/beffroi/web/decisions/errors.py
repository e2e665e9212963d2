"""The refusals of this room, told in French: what happened, what is kept, what to do."""

from beffroi.web.ui.form_errors import FieldError


class DecisionError(FieldError):
    """A refusal of this room, told to a person."""


class NeedsConfirmation(DecisionError):
    """The value is possible but so far from the proposal that the person must confirm it."""


class AlreadyReceived(DecisionError):
    """The same form brought something else before: what it says now must come as a new message."""


class ProposalError(Exception):
    """What a system hands over cannot be shown to a person."""
