"""Refusals about destinations, in French."""

from ..errors import ContinuityError


class DestinationError(ContinuityError):
    """Something that will not be done with a destination; `field`: where to correct it."""
