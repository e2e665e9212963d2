"""A whole instance in one file, and back: lakes, database, ledger, delivered files and keys.

`backup` writes a compressed tar with a manifest of SHA-256 sums and content checksums; `restore` checks every
byte, rebuilds beside the target and moves it into place only when all agree.
"""

import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from beffroi import __version__
from beffroi.home import FORMAT, IDENTITY, Home, HomeError
from beffroi.lake import catalogues
from beffroi.lake.store import Lake
from beffroi.web import databases
from beffroi.web.territories.postgresql import lakes, owner

from . import dumps
from .upgrade import copy_database

MANIFEST = "manifest.json"
LEFT_OUT = {"run", "backups", "static", "staging", "cache"}
type Say = Callable[[str], None]


@dataclass(frozen=True)
class BackupReport:
    """What was saved or brought back: the file, its number of members, the lakes' content checksums."""

    file: Path
    members: int
    size: int  # bytes
    checksums: dict[str, dict[str, str]]  # lake, then table


def lakes_of(root: Path) -> Iterator[Path]:
    """The folders of the lakes under a home, in order."""
    yield from sorted(folder for folder in root.glob("territories/*/*") if catalogues.held(folder))


def checksums(root: Path) -> dict[str, dict[str, str]]:
    """Content checksums of every table of every lake of a home."""
    sums = {}
    for folder in lakes_of(root):
        with Lake(folder, read_only=True) as lake:
            sums[folder.relative_to(root).as_posix()] = lake.checksums()
    return sums


def backup(home: Home, target: Path | None = None, *, say: Say = lambda _: None) -> BackupReport:
    """Save the whole instance, which may be serving. The file is readable by its owner only."""
    home.check_format()
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    target = target or home.backups / f"beffroi-{stamp}.tar.gz"
    if target.exists():
        raise HomeError(f"{target} existe déjà. Rien n'a été écrit. Choisissez un autre nom de fichier.")
    draft = target.with_name(f".{target.name}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".copie-", dir=home.path) as folder:
            copy = Path(folder)
            _copy_instance(home, copy, say)
            say("Calcul des empreintes…")
            sums = checksums(copy)
            manifest = {
                "beffroi": __version__,
                "format": FORMAT,
                "made_at": datetime.now(UTC).isoformat(),
                "files": {name: _sha256(copy / name) for name in _files(copy)},
                "checksums": sums,
            }
            say("Écriture de la sauvegarde…")
            _pack(copy, manifest, draft)
        draft.replace(target)
    except OSError as error:
        raise HomeError(
            f"La sauvegarde n'a pas pu être écrite : {error.strerror}. L'instance n'a pas été modifiée. "
            "Vérifiez la place libre et vos droits, ou indiquez un autre fichier."
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return BackupReport(target, len(manifest["files"]), target.stat().st_size, sums)


def _copy_instance(home: Home, copy: Path, say: Say) -> None:
    # The database first: a lake copied later may hold more than the database knows of, never less.
    say("Copie de la base…")
    if owner.is_used():
        dumps.dump(copy / dumps.NAME)
    else:
        copy_database(home.database, copy / home.database.name)
    for folder in lakes_of(home.path):
        relative = folder.relative_to(home.path)
        say(f"Copie de {relative}…")
        with Lake(folder, read_only=True) as lake:
            lake.snapshot_to(copy / relative)
    for name in _files(home.path):
        path = PurePosixPath(name)
        if path.parts[0] in LEFT_OUT or "staging" in path.parts or path.name.startswith(home.database.name):
            continue
        if path.parts[0].startswith("."):
            continue
        if (copy / name).exists() or any(catalogues.held(copy / parent) for parent in path.parents):
            continue
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(home.path / name, copy / name)


def _files(root: Path) -> list[str]:
    return sorted(
        p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file() and not p.is_symlink()
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _pack(copy: Path, manifest: dict[str, Any], draft: Path) -> None:
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as raw:
        # Level 1: Parquet files are compressed already.
        with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=1) as archive:
            content = json.dumps(manifest, indent=1, ensure_ascii=False).encode()
            head = tarfile.TarInfo(MANIFEST)
            head.size, head.mode = len(content), 0o600
            archive.addfile(head, io.BytesIO(content))
            for name in manifest["files"]:
                archive.add(copy / name, arcname=name, recursive=False)
        raw.flush()
        os.fsync(raw.fileno())


def restore(file: Path, home: Home, *, say: Say = lambda _: None) -> BackupReport:
    """Rebuild an instance from its backup on a blank home. Nothing is put in place before every byte agrees."""
    if home.path.exists() and (not home.path.is_dir() or any(home.path.iterdir())):
        raise HomeError(
            f"{home.path} n'est pas vide. Rien n'a été modifié. Restaurez dans un dossier vide (--home), "
            "vérifiez, puis mettez-le en service."
        )
    try:
        home.path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".restauration-", dir=home.path.parent) as folder:
            root = Path(folder) / "instance"
            say("Lecture de la sauvegarde…")
            manifest = _unpack(file, root)
            say("Vérification des empreintes…")
            _check(root, manifest)
            _check_where(root)
            sums = checksums(root)
            if sums != manifest["checksums"]:
                raise HomeError(
                    "Les données restaurées ne sont pas identiques à celles qui avaient été sauvegardées. "
                    "Rien n'a été mis en place. Essayez une sauvegarde antérieure."
                )
            if (root / dumps.NAME).exists():
                say("Reconstruction de la base PostgreSQL…")
                dumps.load(root / dumps.NAME)
                (root / dumps.NAME).unlink()
                lakes.adopt(Home(root))
            for name in ("run", "backups"):
                (root / name).mkdir(mode=0o700, exist_ok=True)
            root.chmod(0o700)
            if home.path.exists():
                home.path.rmdir()
            root.rename(home.path)
    except OSError as error:
        raise HomeError(
            f"La restauration s'est arrêtée : {error.strerror or error}. Rien n'a été mis en place. "
            "Vérifiez le fichier, la place libre et vos droits."
        ) from error
    return BackupReport(file, len(manifest["files"]), file.stat().st_size, sums)


def _unpack(file: Path, root: Path) -> dict[str, Any]:
    try:
        with tarfile.open(file, mode="r:gz") as archive:
            archive.extractall(root, filter="data")
        manifest: dict[str, Any] = json.loads((root / MANIFEST).read_bytes())
    except (tarfile.TarError, EOFError, ValueError, KeyError, FileNotFoundError) as error:
        raise HomeError(
            f"{file} n'est pas une sauvegarde de Beffroi lisible (fichier absent, coupé ou abîmé). "
            "Rien n'a été mis en place. Essayez une autre sauvegarde."
        ) from error
    if int(manifest["format"]) > FORMAT:
        raise HomeError(
            "Cette sauvegarde vient d'une version plus récente de Beffroi. Rien n'a été mis en place. "
            "Installez la version récente, puis recommencez."
        )
    (root / MANIFEST).unlink()
    return manifest


def _check_where(root: Path) -> None:
    """The rows go back to the kind of database that they came from."""
    if (root / dumps.NAME).exists() and not owner.is_used():
        raise HomeError(
            "Cette sauvegarde vient d'une base PostgreSQL. Rien n'a été mis en place. Donnez une base vide par "
            f"{databases.APPLICATION} et {databases.OWNER}, puis recommencez."
        )
    if not (root / dumps.NAME).exists() and owner.is_used():
        raise HomeError(
            "Cette sauvegarde vient d'une base SQLite. Rien n'a été mis en place. Restaurez-la sans "
            f"{databases.APPLICATION}, puis portez-la avec « beffroi database move »."
        )


def _check(root: Path, manifest: dict[str, Any]) -> None:
    found = {name: _sha256(root / name) for name in _files(root)}
    expected: dict[str, str] = manifest["files"]
    bad = sorted(n for n in expected.keys() | found.keys() if expected.get(n) != found.get(n))
    if bad or IDENTITY not in found:
        raise HomeError(
            f"La sauvegarde est abîmée ({bad[0] if bad else IDENTITY}). Rien n'a été mis en place. "
            "Essayez une sauvegarde antérieure."
        )
