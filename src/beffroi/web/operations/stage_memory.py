"""What is remembered of the last copy of an instance made for a backup: the next one copies and verifies what changed since.

In: `backups/stage.json`. Out: for each file where it stood and its SHA-256; for each territory the state it was in, and the last
snapshot in which it lacked nothing. Lost, or written by another version, it is made again: everything is verified again.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

from beffroi import __version__
from beffroi.home import Home, write_safely

from .archives import Holdings

HOST: Final = ""
"""In place of a territory's short name: the database, the keys, the host's own ledger."""


class Key(NamedTuple):
    """Identity of a file that is replaced or appended to, never changed in place: inode, bytes, nanoseconds of its last change."""

    inode: int
    size: int
    changed: int

    @classmethod
    def of(cls, stat: os.stat_result) -> "Key":
        return cls(stat.st_ino, stat.st_size, stat.st_mtime_ns)


class StagedFile(NamedTuple):
    """File of the copy: as it was in the instance, as it is in the copy, its SHA-256."""

    live: Key
    staged: Key
    sha256: str


@dataclass(frozen=True)
class StagedTown:
    """State of a territory: last line of its ledger (number, hash), its lakes' catalogues, versions and tables' checksums.

    `snapshot`: the last one in which it lacked nothing.
    """

    head: tuple[int, str] = (-1, "")
    catalogues: dict[str, list[int]] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    sums: dict[str, dict[str, str]] = field(default_factory=dict)
    snapshot: str = ""


@dataclass(frozen=True)
class StageMemory:
    """Memory of the last copy. `holdings`: those of the last backup that lacked nothing: `snapshot` of `repository`, at `made_at`."""

    files: dict[str, StagedFile] = field(default_factory=dict)
    towns: dict[str, StagedTown] = field(default_factory=dict)
    holdings: Holdings = field(default_factory=Holdings)
    snapshot: str = ""
    repository: str = ""
    made_at: str = ""

    def for_repository(self, address: str) -> "StageMemory":
        """The same, of another repository: the snapshots of the former one are not in it."""
        if address == self.repository:
            return self
        towns = {slug: replace(town, snapshot="") for slug, town in self.towns.items()}
        return replace(self, towns=towns, holdings=Holdings(), snapshot="", made_at="", repository=address)

    def without_files(self) -> "StageMemory":
        """The snapshots only: everything is copied and verified again."""
        return replace(
            self,
            files={},
            towns={slug: StagedTown(snapshot=town.snapshot) for slug, town in self.towns.items()},
        )

    def town(self, slug: str) -> StagedTown:
        return self.towns.get(slug, StagedTown())

    def with_snapshots(self, snapshots: Mapping[str, str]) -> "StageMemory":
        """The same, with the snapshot in which each of these territories lacked nothing."""
        new = {slug: replace(self.town(slug), snapshot=each) for slug, each in snapshots.items()}
        return replace(self, towns={**self.towns, **new})

    def snapshot_of(self, slug: str) -> str:
        """Snapshot in which this territory lacked nothing; "" when none is known."""
        return self.town(slug).snapshot or self.snapshot

    @cached_property
    def _by_town(self) -> dict[str, dict[str, StagedFile]]:
        found: dict[str, dict[str, StagedFile]] = {}
        for name, file in self.files.items():
            found.setdefault("/".join(name.split("/")[:2]), {})[name] = file
        return found

    def files_under(self, place: str) -> dict[str, StagedFile]:
        """Files of a territory (`territories/NAME`), or of a folder of it."""
        town = self._by_town.get("/".join(place.split("/")[:2]), {})
        return {name: file for name, file in town.items() if name.startswith(f"{place}/")}


def read(home: Home) -> StageMemory:
    """The memory of this home; an empty one where there is none. Of another version's, the snapshots only."""
    try:
        stored = json.loads(_file(home).read_bytes())
        files = {
            name: StagedFile(Key(*live), Key(*staged), sha256)
            for name, (live, staged, sha256) in stored["files"].items()
        }
        towns = {slug: _town(town) for slug, town in stored["towns"].items()}
        holdings = Holdings(**stored["holdings"])
        memory = StageMemory(
            files, towns, holdings, stored["snapshot"], stored["repository"], stored["made_at"]
        )
        return memory if stored["program"] == __version__ else memory.without_files()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return StageMemory()


def write(home: Home, memory: StageMemory) -> None:
    """Raises OSError."""
    stored: dict[str, Any] = {
        "program": __version__,
        "files": memory.files,
        "towns": {slug: asdict(town) for slug, town in memory.towns.items()},
        "holdings": asdict(memory.holdings),
        "snapshot": memory.snapshot,
        "repository": memory.repository,
        "made_at": memory.made_at,
    }
    write_safely(_file(home), json.dumps(stored, ensure_ascii=False).encode())


def forget_files(home: Home) -> None:
    """Have the next backup copy and verify everything again. Raises OSError."""
    write(home, read(home).without_files())


def _town(stored: dict[str, Any]) -> StagedTown:
    seq, digest = stored["head"]
    return StagedTown(**{**stored, "head": (seq, digest)})


def _file(home: Home) -> Path:
    return home.backups / "stage.json"
