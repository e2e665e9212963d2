"""Sizes that a repository has or announces, bounded: whoever writes in it chooses its files and its figures."""

from pathlib import Path
from typing import Final

from .damage_messages import KEEP
from .readable_repository import LARGEST, Damaged, Unreachable

MOST_ENTRIES: Final = 1_000_000


def folder_bytes(folder: Path) -> int:
    """Bytes of the files of a folder; links are not followed. Raises Unreachable, Damaged."""
    total = 0
    for count, path in enumerate(folder.rglob("*")):
        if count >= MOST_ENTRIES:
            raise Unreachable(
                "Ce dépôt a plus d'un million de fichiers : il est trop grand pour être lu ici. Faites rapporter cette copie par la "
                "machine qui la tient."
            )
        if path.is_file() and not path.is_symlink():
            total += path.lstat().st_size
    return plausible(total)


def plausible(size: int) -> int:
    """A size that something can have. Raises Damaged."""
    if not 0 <= size <= LARGEST:
        raise Damaged(f"Ce dépôt annonce une taille impossible ({size} octets). {KEEP}")
    return size
