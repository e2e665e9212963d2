"""Refusals about the restoration page, in French."""

from ..errors import ContinuityError


class RestorationError(ContinuityError):
    """Something that will not be done with the page; `field`: where to correct it."""


class StaleDraftError(RestorationError):
    """What was read is no longer the draft."""
