"""What a backup of an instance has of one territory: taken out of its file alone, each byte of it compared with the manifest.

In: a backup's file (`beffroi backup`) or the folder of an unpacked one, and a territory's short name. Out: a `TerritorySource`. What
the backup has of the other territories is neither written nor read, so that a harm to theirs stops nothing.
"""

import json
import re
import tarfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from beffroi.hashing import file_sha256
from beffroi.home import EXPORT_ADVICE, FIRST_FORMAT, FORMAT, IDENTITY, TEST_VERSION, HomeError
from beffroi.web import databases
from beffroi.web.platform.postgresql import owner

from . import dumps
from .archives import MANIFEST
from .finding import DATABASE
from .territory_rows import ROWS

_COMMON = (IDENTITY, DATABASE, dumps.NAME, ROWS, "secret.key", "ledger.key")


@dataclass(frozen=True)
class TerritorySource:
    """Folder laid out as a home, with the common files and one territory's, whose bytes agree with the manifest."""

    folder: Path
    slug: str
    manifest: dict[str, Any]

    @property
    def made_at(self) -> datetime:
        return datetime.fromisoformat(self.manifest["made_at"])

    @property
    def town(self) -> Path:
        return self.folder / "territories" / self.slug

    @property
    def roots(self) -> Path:
        return self.folder / "roots" / "territory" / f"{self.slug}.jsonl"

    @property
    def rows(self) -> Path:
        """The file of its rows."""
        return next(
            self.folder / name for name in (DATABASE, dumps.NAME, ROWS) if (self.folder / name).is_file()
        )

    @property
    def checksums(self) -> dict[str, dict[str, str]]:
        """Checksums of the territory's tables (lake, then table), as the manifest has them."""
        return {
            lake: sums
            for lake, sums in self.manifest["checksums"].items()
            if lake.startswith(f"territories/{self.slug}/")
        }

    @property
    def lacks(self) -> list[str]:
        """What the backup lacked of this territory when it was made, in French."""
        name = re.escape(self.slug)
        of_it = re.compile(rf"territories/{name}(/|$)|territory/{name}(?![\w-])")
        return [what for key, what in self.manifest.get("lacks", {}).items() if of_it.search(key)]


def unpack(file: Path, root: Path, slug: str) -> TerritorySource:
    """Take one territory out of a backup's file. Raises HomeError."""
    try:
        with tarfile.open(file, mode="r|gz") as archive:
            head = archive.next()
            stream = archive.extractfile(head) if head is not None and head.name == MANIFEST else None
            if stream is None:
                raise tarfile.ReadError("no manifest")
            manifest = dict(json.load(stream))
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            wanted = set(_expected(manifest, slug))
            for member in archive:
                if member.name in wanted and member.isfile():
                    archive.extract(member, root, filter="data")
                    wanted.discard(member.name)
                    if not wanted:
                        break  # what follows is other territories'
    except (tarfile.TarError, EOFError, ValueError, KeyError, FileNotFoundError) as error:
        raise HomeError(
            f"{file} n'est pas une sauvegarde de Beffroi lisible (fichier absent, coupé ou abîmé). "
            "Rien n'a été modifié. Essayez une autre sauvegarde."
        ) from error
    return verify(root, slug, manifest)


def read(folder: Path, slug: str) -> TerritorySource:
    """One territory of the folder of an unpacked backup. Raises HomeError."""
    try:
        manifest = dict(json.loads((folder / MANIFEST).read_bytes()))
    except (OSError, ValueError) as error:
        raise HomeError(
            f"{folder} n'est pas le dossier d'une sauvegarde de Beffroi. Rien n'a été modifié. Essayez une autre sauvegarde."
        ) from error
    return verify(folder, slug, manifest)


def verify(folder: Path, slug: str, manifest: dict[str, Any]) -> TerritorySource:
    """Compare each byte of the territory, and of what all share, with the manifest. Raises HomeError."""
    expected = _expected(manifest, slug)
    place = folder / "territories" / slug
    there = {path.relative_to(folder).as_posix() for path in place.rglob("*") if path.is_file()}
    missing = sorted(name for name in expected if not (folder / name).is_file())
    bad = [*missing, *sorted(there - expected.keys())]
    bad += [
        name for name, due in expected.items() if name not in missing and file_sha256(folder / name) != due
    ]
    if bad:
        raise HomeError(
            f"La sauvegarde est abîmée pour {slug} ({bad[0]}). Rien n'a été modifié. Essayez une sauvegarde antérieure."
        )
    source = TerritorySource(folder, slug, manifest)
    _check_where(source)
    return source


def _expected(manifest: dict[str, Any], slug: str) -> dict[str, str]:
    """Files of the backup that this territory needs: their hashes. Raises HomeError for a backup that does not have it."""
    _check_format(int(manifest["format"]))
    files: dict[str, str] = manifest["files"]
    names = sorted(territories_of(manifest))
    if slug not in names:
        known = ", ".join(names) or "aucune"
        raise HomeError(
            f"Cette sauvegarde ne contient pas « {slug} ». Rien n'a été modifié. Collectivités qu'elle contient : {known}."
        )
    own = (f"territories/{slug}/", f"roots/territory/{slug}.jsonl")
    return {name: due for name, due in files.items() if name in _COMMON or name.startswith(own)}


def territories_of(manifest: dict[str, Any]) -> set[str]:
    """Short names of the territories that a backup has: one that has no data yet has no file, and a chain of the ledger."""
    files: dict[str, str] = manifest["files"]
    chains: dict[str, int] = manifest.get("holdings", {}).get("chains", {})
    of_files = {
        name.split("/")[1] for name in files if name.startswith("territories/") and name.count("/") > 1
    }
    return of_files | {chain.partition("/")[2] for chain in chains if chain.startswith("territory/")}


def _check_format(found: int) -> None:
    if found < FIRST_FORMAT:
        raise HomeError(
            f"Cette sauvegarde vient d'une instance faite par {TEST_VERSION}. Rien n'a été modifié. {EXPORT_ADVICE}"
        )
    if found > FORMAT:
        raise HomeError(
            "Cette sauvegarde vient d'une version plus récente de Beffroi. Rien n'a été modifié. "
            "Installez la version récente, puis recommencez."
        )


def _check_where(source: TerritorySource) -> None:
    """The rows go back to the kind of database that they came from."""
    of_sqlite = (source.folder / DATABASE).is_file()
    if of_sqlite == owner.is_used():
        came, now = ("SQLite", "PostgreSQL") if of_sqlite else ("PostgreSQL", "SQLite")
        raise HomeError(
            f"Cette sauvegarde vient d'une base {came}, et cette instance garde ses lignes dans {now}. Rien n'a été modifié. "
            "Prenez une sauvegarde plus récente, ou restaurez celle-ci entière dans un dossier vide "
            f"(« beffroi restore » sans --territory{'' if of_sqlite else f', avec {databases.APPLICATION}'})."
        )
