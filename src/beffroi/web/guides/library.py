"""The guides of this instance: those of Beffroi, read once, and those that its operator put in the folder « guides » of its home.

That folder is looked at once a minute at most: a guide added, changed or taken away there counts without a restart.
"""

import time
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Final

from django.conf import settings

from beffroi.guides import CONTENT, KINDS, Guide
from beffroi.guides.loading import Library, load

EVERY: Final = 60.0
"""Seconds between two looks at the folder."""


@lru_cache(maxsize=1)
def _house() -> Library:
    return load([CONTENT], KINDS)


class _Instance:
    """The library as it was when the folder was last seen to change."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: tuple[tuple[str, int, int], ...] = ()
        self._looked_at = -EVERY
        self._library = _house()

    def library(self) -> Library:
        if time.monotonic() - self._looked_at >= EVERY:
            self._looked_at = time.monotonic()
            # A file taken away meanwhile: the library stays as it was until the next look.
            with suppress(OSError):
                if (seen := self._look()) != self._seen:
                    self._library, self._seen = load([self._folder], KINDS, _house()), seen
        return self._library

    def _look(self) -> tuple[tuple[str, int, int], ...]:
        """Name, size and time of change of each file."""
        files = [(path, path.lstat()) for path in self._folder.rglob("*.toml")]
        return tuple(sorted((str(path), stat.st_size, stat.st_mtime_ns) for path, stat in files))


@lru_cache(maxsize=1)
def _instance(folder: Path) -> _Instance:
    return _Instance(folder)


def library() -> Library:
    """Every guide by identifier, and what could not be loaded."""
    return _instance(settings.HOME.guides).library()


def guide[G: Guide](kind: type[G], key: str) -> G:
    """One guide of this kind. Raises KeyError for one that is not there, or of another kind."""
    found = library().guides[key]
    if not isinstance(found, kind):
        raise KeyError(key)
    return found
