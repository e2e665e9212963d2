"""The backups of a home, side by side: which has still what is missing, which holds less, which may go.

In: the folder of backups, each with a manifest at its head. Out: the latest that has a file, what a new one lacks, those
deleted. The latest that lacked nothing is never deleted for its age.
"""

import json
import tarfile
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from beffroi.home import Home

MANIFEST: Final = "manifest.json"
PATTERN: Final = "beffroi-*.tar.gz"


@dataclass(frozen=True)
class Holdings:
    """Contents of a backup, to be compared: the version of each lake, the lines of each chain."""

    lakes: dict[str, int] = field(default_factory=dict)
    chains: dict[str, int] = field(default_factory=dict)

    def without(self, territories: Collection[str]) -> "Holdings":
        """What it holds of the others, and of the host."""
        names = {f"territory/{slug}" for slug in territories}
        lakes = {
            lake: version for lake, version in self.lakes.items() if lake.split("/")[1] not in territories
        }
        return Holdings(lakes, {chain: lines for chain, lines in self.chains.items() if chain not in names})

    def poorer_than(self, earlier: "Holdings") -> set[str]:
        """Short names of the territories that lost something since an earlier backup; "" for the host."""
        lakes = {lake for lake, version in earlier.lakes.items() if self.lakes.get(lake, -1) < version}
        chains = {chain for chain, lines in earlier.chains.items() if self.chains.get(chain, 0) < lines}
        return {name.split("/")[1] if "/" in name else "" for name in lakes | chains}

    def lacks(self, earlier: "Holdings") -> list[str]:
        """Losses compared with an earlier backup, in French."""
        found = []
        for lake, version in sorted(earlier.lakes.items()):
            if lake not in self.lakes:
                found.append(f"les données de {lake}")
            elif self.lakes[lake] < version:
                found.append(
                    f"les dernières écritures de {lake} (version {self.lakes[lake]}, avant {version})"
                )
        for chain, lines in sorted(earlier.chains.items()):
            if self.chains.get(chain, 0) < lines:
                found.append(f"des lignes du registre {chain} ({self.chains.get(chain, 0)}, avant {lines})")
        return found


@dataclass(frozen=True)
class Archive:
    """A backup and its manifest. `whole`: nothing was missing when it was made, or a person had accepted that."""

    file: Path
    manifest: dict[str, Any]

    @property
    def whole(self) -> bool:
        return not self.manifest.get("lacks")

    @property
    def holdings(self) -> Holdings:
        # A backup made before holdings were written down says at least which lakes it has.
        stored = self.manifest.get("holdings") or {
            "lakes": dict.fromkeys(self.manifest.get("checksums", {}), 0)
        }
        return Holdings(**stored)

    def has(self, file: str, sha256: str) -> bool:
        found = self.manifest["files"].get(file)
        return found is not None and (not sha256 or found == sha256)


def read(file: Path | IO[bytes]) -> dict[str, Any] | None:
    """The manifest at the head of a backup; None for a file that has none that can be read."""
    where: dict[str, Any] = {"name": file} if isinstance(file, Path) else {"fileobj": file}
    try:
        with tarfile.open(**where, mode="r:gz") as archive:
            head = archive.next()
            stream = archive.extractfile(head) if head is not None and head.name == MANIFEST else None
            return dict(json.load(stream)) if stream is not None else None
    except (OSError, tarfile.TarError, EOFError, ValueError):
        return None


def latest_first(home: Home) -> Iterator[Archive]:
    """The readable backups of the home's own folder."""
    for file in sorted(home.backups.glob(PATTERN), key=lambda path: path.name, reverse=True):
        if (manifest := read(file)) is not None:
            yield Archive(file, manifest)


def copy_of(archives: Iterable[Archive], file: str, sha256: str, key: str) -> Path | None:
    """The first of these that has this file of the home, with this content when it is known; not one that lacked it too."""
    for archive in archives:
        if archive.has(file, sha256) and key not in archive.manifest.get("lacks", {}):
            return archive.file
    return None


def latest_whole(home: Home) -> Archive | None:
    return next((archive for archive in latest_first(home) if archive.whole), None)


def rotate(home: Home, days: int) -> list[Path]:
    """Delete the backups older than so many days, except the latest that lacked nothing; those deleted."""
    before = time.time() - days * 86_400
    old = [file for file in home.backups.glob(PATTERN) if file.stat().st_mtime < before]
    if not old:
        return []
    keep = latest_whole(home)
    expired = [file for file in old if keep is None or file != keep.file]
    # No readable backup lacks nothing: then none is deleted.
    for file in expired if keep is not None else []:
        file.unlink()
    return expired if keep is not None else []
