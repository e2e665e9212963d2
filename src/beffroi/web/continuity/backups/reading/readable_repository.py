"""What a backup repository is to its reader, whatever program made it; and the two ways in which reading it fails."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol


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


type Sink = Callable[[bytes], object]


class Repository(Protocol):
    """A repository opened for reading only. Every method may raise Unreachable or Damaged."""

    def latest(self) -> Latest: ...

    def files(self, latest: Latest) -> Iterator[FileNode]:
        """Regular files of a backup."""
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
