"""What a backup repository is to its reader, whatever program made it; and the two ways in which reading it fails."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol

from beffroi.lake.invisible_characters import strip_invisible

LARGEST: Final = 1 << 50
"""Bytes (1 PiB) above which what a repository announces is no size."""
LONGEST_PATH: Final = 1024
_LOST: Final = re.compile(
    "[\x00\ufffd\ud800-\udfff]"
)  # bytes that are no text: the name cannot be asked for again
_LONGEST_DISPLAYED: Final = 160


class ReadingError(Exception):
    """A repository that could not be read, in French: what happened, what to do."""


class Unreachable(ReadingError):
    """It could not be looked at today: no network, no disk, no program, a backup under way. It says nothing of the backup."""


class Damaged(ReadingError):
    """What is there cannot be restored as it should."""


@dataclass(frozen=True)
class Latest:
    """The latest backup of a repository, and how many it has."""

    id: str
    at: datetime
    count: int


@dataclass(frozen=True)
class FileNode:
    """A regular file of a backup. `mtime`: as the program writes it."""

    path: str
    size: int
    mtime: str

    @classmethod
    def of(cls, path: Any, size: Any, mtime: Any) -> "FileNode | None":
        """Of the words of a repository, which may be of any kind."""
        if (
            not isinstance(path, str)
            or not path
            or isinstance(size, bool)
            or not isinstance(size, int | None)
        ):
            return None
        return cls(path, size or 0, str(mtime or "")[:40])

    @property
    def can_be_restored(self) -> bool:
        """Whether it can be asked for by its name, and written down."""
        return 0 <= self.size <= LARGEST and len(self.path) <= LONGEST_PATH and not _LOST.search(self.path)

    @property
    def displayed(self) -> str:
        return displayed_path(self.path)


def displayed_path(path: str) -> str:
    """A path as a page may show it: whoever writes in a repository chooses its names, signs of control included."""
    visible = strip_invisible(_LOST.sub("�", path)).replace("\n", " ")
    return visible if len(visible) <= _LONGEST_DISPLAYED else f"…{visible[-_LONGEST_DISPLAYED:]}"


type Sink = Callable[[bytes], object]


class Repository(Protocol):
    """A repository opened for reading only. Every method may raise Unreachable or Damaged."""

    def latest(self) -> Latest: ...

    def files(self, latest: Latest, take: Callable[[FileNode], object]) -> None:
        """Give each regular file of a backup to `take`, as the program lists it."""
        ...

    def stored_bytes(self) -> int | None:
        """What it takes on its medium; None where it cannot be told cheaply."""
        ...

    def verify(self, part: int, parts: int) -> tuple[float, list[str]]:
        """Check its structure, and read again one part (from 1) of its data: the share that was read, and the faults."""
        ...

    def restore(self, latest: Latest, paths: Sequence[str], into: Path) -> list[str]:
        """Restore these files below `into`; the faults that the program tells."""
        ...

    def stream(self, latest: Latest, path: str, sink: Sink) -> None:
        """Give the bytes of one file to `sink`."""
        ...

    def under_way(self) -> bool:
        """Whether a backup seems to be written right now."""
        ...
