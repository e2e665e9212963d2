"""Which files of a backup are restored: everything where it is small, else a sample whose seed is stored with the proof.

Of a large backup: one whole small folder, files that were restored before (what has changed without a new date is seen on them),
files of a list of checksums, and files drawn at random.
"""

import random
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from .readable_repository import FileNode

SAMPLE_BYTES: Final = 64 << 20
SAMPLE_FILES: Final = 60
WHOLE_FILES: Final = 1000
"""Up to so many files, and `SAMPLE_BYTES`, a backup is restored whole."""
PATHS_BYTES: Final = 256 << 10
"""Of all the paths that are restored at once: they go on one command line."""
POOL: Final = 20_000
FOLDER_FILES: Final = 20
STREAMED_BYTES: Final = 20 << 30
"""The largest file that is read without being written on disk, where no smaller one is there."""
SUMS: Final = "SHA256SUMS"
SUMS_BYTES: Final = 4 << 20


@dataclass
class Listing:
    """What a backup holds, seen file by file: counts, a bounded random pool, the files that must be looked at."""

    seed: str
    wanted: Collection[str] = ()
    names: Collection[str] = ()
    files: int = 0
    bytes: int = 0
    paths_bytes: int = 0
    pool: list[FileNode] = field(default_factory=list)
    known: dict[str, FileNode] = field(default_factory=dict)
    named: list[FileNode] = field(default_factory=list)
    sums: list[FileNode] = field(default_factory=list)

    def __post_init__(self) -> None:
        """`wanted`: paths restored before; `names`: last parts of the paths that a list of the town has."""
        self._draw = random.Random(self.seed)  # noqa: S311  a sample, not a secret

    def add(self, node: FileNode) -> None:
        self.files += 1
        self.bytes += max(0, node.size)
        if not node.can_be_restored:
            return
        self.paths_bytes += len(node.path.encode())
        if len(self.pool) < POOL:
            self.pool.append(node)
        elif (at := self._draw.randrange(self.files)) < POOL:
            self.pool[at] = node
        if node.path in self.wanted:
            self.known[node.path] = node
        name = node.path.rpartition("/")[2]
        if name in self.names and len(self.named) < POOL:
            self.named.append(node)
        if name == SUMS and node.size <= SUMS_BYTES and len(self.sums) < 10:
            self.sums.append(node)

    @property
    def is_small(self) -> bool:
        return (
            self.files <= WHOLE_FILES and self.bytes <= SAMPLE_BYTES and self.paths_bytes <= PATHS_BYTES // 2
        )


def choose(listing: Listing, ages: Mapping[str, float], listed: Collection[str] = ()) -> list[FileNode]:
    """The files to restore. `ages`: of the files restored before, when each was, in seconds; `listed`: paths whose checksum is known."""
    if listing.is_small:
        return list(listing.pool)
    draw = random.Random(f"{listing.seed} choose")  # noqa: S311  a sample, not a secret
    oldest = sorted(listing.known.values(), key=lambda node: ages.get(node.path, 0.0))
    known = [node for node in listing.named if node.path in listed]
    draw.shuffle(known)
    drawn = draw.sample(listing.pool, min(len(listing.pool), 10 * SAMPLE_FILES))
    order = [
        *listing.sums,
        *_small_folder(listing, draw),
        *oldest[: SAMPLE_FILES // 3],
        *known[: SAMPLE_FILES // 3],
        *drawn,
    ]
    chosen: dict[str, FileNode] = {}
    room = SAMPLE_BYTES
    for node in order:  # SAMPLE_FILES paths of LONGEST_PATH fit on a command line
        if node.path not in chosen and node.size <= room and len(chosen) < SAMPLE_FILES:
            chosen[node.path] = node
            room -= node.size
    return list(chosen.values())


def smallest(listing: Listing) -> FileNode | None:
    """The smallest file that is not empty: streamed, where all are too large to be restored."""
    return min(
        (node for node in listing.pool if 0 < node.size <= STREAMED_BYTES), key=lambda n: n.size, default=None
    )


def _small_folder(listing: Listing, draw: random.Random) -> list[FileNode]:
    """Every file of one folder that has few, and little."""
    folders: dict[str, list[FileNode]] = defaultdict(list)
    for node in listing.pool:
        folders[str(PurePosixPath(node.path).parent)].append(node)
    small = [
        files
        for _, files in sorted(folders.items())
        if 1 < len(files) <= FOLDER_FILES and sum(node.size for node in files) <= SAMPLE_BYTES // 4
    ]
    return draw.choice(small) if small else []
