"""What can go wrong with the name of a place or a file of contours, said to the person who typed it.

Each message is in French, lists the choices and says what to type next.
"""

from collections.abc import Sequence

from beffroi.lake.errors import LakeError
from beffroi.lake.reference.model import Place


class PlaceError(LakeError, ValueError):
    """A name or code that does not lead to one place; `choices` are those that it may mean."""

    def __init__(self, message: str, choices: Sequence[Place] = ()) -> None:
        super().__init__(message)
        self.choices = tuple(choices)


class UnknownPlace(PlaceError):
    """No place bears this name or code; `choices` are the nearest ones."""


class AmbiguousPlace(PlaceError):
    """Several places bear this name; `choices` are all of them, the most populated first."""


class ReferenceMissing(LakeError):
    """The installation lacks its file of places."""


class UnusableContours(LakeError):
    """A file of contours that cannot be drawn on a map of French places."""
