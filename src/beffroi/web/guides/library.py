"""The guides of this instance: those of the house, read once."""

from functools import lru_cache

from beffroi.guides import CONTENT, KINDS, Guide
from beffroi.guides.loading import Library, load


@lru_cache(maxsize=1)
def library() -> Library:
    """Every guide by identifier, and what could not be loaded."""
    return load([CONTENT], KINDS)


def guide[G: Guide](kind: type[G], key: str) -> G:
    """One guide of this kind. Raises KeyError for one that is not there, or of another kind."""
    found = library().guides[key]
    if not isinstance(found, kind):
        raise KeyError(key)
    return found
