"""The lakes under a home, or a copy of one, and the content checksums of their tables."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from beffroi.lake import catalogues
from beffroi.lake.errors import LakeError
from beffroi.lake.store import Lake


def lakes_of(root: Path) -> Iterator[Path]:
    """The folders of the lakes under a home, in order."""
    yield from sorted(folder for folder in root.glob("territories/*/*") if catalogues.has_catalogue(folder))


def checksums(root: Path, like: Mapping[str, Mapping[str, str]] = {}) -> dict[str, dict[str, str]]:
    """Content checksums of every table of every lake of a home; a table, or a lake, that cannot be read has none.

    `like`: those recorded earlier (lake, then table), each of which says by its form how it was computed.
    """
    sums = {}
    for folder in lakes_of(root):
        name = folder.relative_to(root).as_posix()
        try:
            with Lake(folder, read_only=True) as lake:
                sums[name] = lake.readable_checksums(like.get(name, {}))[0]
        except LakeError:
            sums[name] = {}
    return sums
