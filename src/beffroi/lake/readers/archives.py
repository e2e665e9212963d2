"""Zip and gzip archives: members are unpacked one at a time, under limits, never to a path that they choose.

In: an archive. Out: members as (name, path of a temporary copy), or the reason why one cannot be read.
"""

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from beffroi.lake.errors import UnreadableFile
from beffroi.zip_entries import Fault, ZipRefused, open_zip

MAX_MEMBERS = 10_000
MAX_ENTRIES = 2 * MAX_MEMBERS  # its folders are entries too
DEEPEST = 4
# A spreadsheet of text shrinks 20 times, rarely 100; a bomb thousands of times.
HIGHEST_RATIO = 250
RATIO_MATTERS_ABOVE = 32 << 20
MIN_DECLARED = 1 << 30
LARGEST_MEMBER = 4 << 30
LARGEST_TOTAL = 8 << 30

BOMB = "Cette archive se décompresse en un volume démesuré : elle est refusée par prudence. Déposez les fichiers un par un."


@dataclass
class Budget:
    """Remaining bytes that may be unpacked for one delivered file, nested archives included."""

    left: int = LARGEST_TOTAL

    def spend(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise UnreadableFile(BOMB)


@contextmanager
def open_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """Archive, its directory read once for all members. Raises UnreadableFile."""
    try:
        with open_zip(path, most_entries=MAX_ENTRIES) as archive:
            yield archive
    except ZipRefused as refused:
        raise UnreadableFile(
            f"Cette archive contient plus d'entrées que les {MAX_ENTRIES} admises. Découpez-la."
            if refused.fault == Fault.TOO_MANY
            else "Cette archive zip est abîmée ou incomplète. Refaites-la, puis redéposez-la."
        ) from refused


def members(archive: zipfile.ZipFile, size: int) -> list[zipfile.ZipInfo]:
    """Files of a zip of `size` bytes, without folders. Raises UnreadableFile when it cannot be trusted."""
    files = [info for info in archive.infolist() if not info.is_dir()]
    declared = sum(info.file_size for info in files)
    if declared > LARGEST_TOTAL or (declared > MIN_DECLARED and declared > HIGHEST_RATIO * size):
        raise UnreadableFile(BOMB)  # members may share the same bytes: each alone would pass
    if len(files) > MAX_MEMBERS:
        raise UnreadableFile(
            f"Cette archive contient {len(files)} fichiers, plus que les {MAX_MEMBERS} admis. Découpez-la."
        )
    return files


def member_name(info: zipfile.ZipInfo) -> str:
    """Display name, decoded as French Windows wrote it, without path traversal."""
    name = info.filename
    if not info.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            try:
                name = name.encode("cp437").decode("cp850")
            except UnicodeError:
                name = info.filename
    parts = [
        part
        for part in PurePosixPath(name.replace("\\", "/")).parts
        if part not in ("..", ".", "/") and ":" not in part
    ]
    return "/".join(parts) or "sans nom"


def unpack_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, into: Path, budget: Budget) -> Path:
    """Unpack one member to a file named here, inside `into`. Raises UnreadableFile."""
    if info.flag_bits & 1:
        raise UnreadableFile(
            "Ce fichier est protégé par un mot de passe dans l'archive. Refaites l'archive sans mot de passe."
        )
    suffix = PurePosixPath(member_name(info)).suffix.lower()[:12]
    target = into / f"membre{suffix if suffix[1:].isalnum() else ''}"
    try:
        with archive.open(info) as source:
            _copy(source, target, info.compress_size, budget)
    except UnreadableFile:
        raise
    except OSError:
        raise
    except Exception as error:  # a wrong checksum, an unknown method
        raise UnreadableFile(
            "Ce fichier est abîmé dans l'archive. Refaites l'archive, puis redéposez-la."
        ) from error
    return target


def gunzip(path: Path, name: str, into: Path, budget: Budget) -> Path:
    target = into / f"membre{PurePosixPath(name).suffix.lower()}"
    try:
        with gzip.open(path) as source:
            _copy(source, target, path.stat().st_size, budget)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UnreadableFile(
            "Cette archive gzip est abîmée ou incomplète. Refaites-la, puis redéposez-la."
        ) from error
    return target


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _copy(source: _Readable, target: Path, packed: int, budget: Budget) -> None:
    written = 0
    with target.open("wb") as out:
        while chunk := source.read(1 << 20):
            written += len(chunk)
            budget.spend(len(chunk))
            if written > LARGEST_MEMBER or (
                written > RATIO_MATTERS_ABOVE and written > HIGHEST_RATIO * max(1, packed)
            ):
                raise UnreadableFile(BOMB)
            out.write(chunk)


def with_siblings(infos: list[zipfile.ZipInfo]) -> Iterator[tuple[zipfile.ZipInfo, list[zipfile.ZipInfo]]]:
    """Members with the companions of each .shp, which are not listed on their own."""
    stems = {
        member_name(info).lower().removesuffix(".shp")
        for info in infos
        if member_name(info).lower().endswith(".shp")
    }
    companions: dict[str, list[zipfile.ZipInfo]] = {stem: [] for stem in stems}
    standalone = []
    for info in infos:
        name = member_name(info).lower()
        stem = name.removesuffix(".shp.xml") if name.endswith(".shp.xml") else name.rpartition(".")[0]
        if stem in stems and not name.endswith((".shp", ".csv", ".txt", ".json", ".geojson", ".pdf")):
            companions[stem].append(info)
        else:
            standalone.append(info)
    for info in standalone:
        yield (
            info,
            companions.get(member_name(info).lower().removesuffix(".shp"), [])
            if member_name(info).lower().endswith(".shp")
            else [],
        )
