"""What every place can do, and what goes wrong there, in French. Paths are relative, with « / »."""

from typing import Final, Protocol

from beffroi.lake.sources.errors import SourceError

FULL: Final = "il n'y reste plus assez de place"
LARGEST_READ: Final = 64 << 20


class CopyError(SourceError):
    """A place refused to write, or was lost meanwhile; the message says what, and ends with a full stop."""


class Place(Protocol):
    """An opened place. Every method raises a SourceError in French."""

    def write(self, path: str, content: bytes) -> None:
        """A new file, whose folder exists; an older one of this name is replaced."""

    def size(self, path: str) -> int | None:
        """Bytes of a file; None where it is not."""

    def read(self, path: str) -> bytes: ...

    def move(self, path: str, target: str) -> None:
        """Rename a file over `target`, or a folder to a name that is free."""

    def make_folder(self, path: str) -> None:
        """A folder inside one that exists; nothing when it is there."""

    def has_folder(self, path: str) -> bool: ...

    def remove(self, path: str) -> None:
        """A file, if it is there."""

    def remove_folder(self, path: str) -> None:
        """A folder with what it contains, if it is there."""


def make_folders(place: Place, path: str) -> str:
    """Have every folder of this path, one inside the other; the path without its outer « / »."""
    inside = ""
    for part in filter(None, path.split("/")):
        inside = f"{inside}/{part}" if inside else part
        place.make_folder(inside)
    return inside
