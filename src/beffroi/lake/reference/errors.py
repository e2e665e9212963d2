"""Errors on the name of a place or a file of contours.

Messages are French, list the choices and give what to type next.
"""

from collections.abc import Sequence

from beffroi.lake.errors import LakeError
from beffroi.lake.reference.model import Place


class PlaceError(LakeError, ValueError):
    """Name or code that does not identify one place; `choices` are the candidates."""

    def __init__(self, message: str, choices: Sequence[Place] = ()) -> None:
        super().__init__(message)
        self.choices = tuple(choices)


class UnknownPlace(PlaceError):
    """No place has this name or code; `choices` are the nearest ones."""


class AmbiguousPlace(PlaceError):
    """Several places have this name; `choices` are all of them, the most populated first."""


class ReferenceMissing(LakeError):
    """The installation lacks its reference file."""


class UnusableContours(LakeError):
    """File of contours that cannot be drawn on a map of French places."""
