"""A whole instance in one file, and back: lakes, database, ledger, delivered files and keys.

`backup` writes a compressed tar with a manifest of SHA-256 sums and content checksums; what is missing or damaged in the
instance is named there, and the rest is saved. `restore` checks every byte, rebuilds beside the target and moves it into
place only when all agree.
"""

import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from beffroi import __version__
from beffroi.hashing import file_sha256
from beffroi.home import EXPORT_ADVICE, FIRST_FORMAT, FORMAT, IDENTITY, TEST_VERSION, Home, HomeError
from beffroi.lake import catalogue_transfer, catalogues, files, inventory
from beffroi.lake.errors import LakeError
from beffroi.web import databases
from beffroi.web.platform import ledger
from beffroi.web.platform.ledger import marks
from beffroi.web.platform.models import Territory
from beffroi.web.platform.postgresql import lakes, owner

from . import accepted_losses, archives, backup_log, dumps, findings, integrity
from .archives import MANIFEST, Holdings
from .findings import Expected, Finding
from .lake_checksums import checksums, lakes_of
from .locks import shared
from .territory_swap import BUSY, REPLACING, restored_since, settle
from .upgrade import copy_database

LEFT_OUT = {"run", "backups", "static", "staging", "cache", "marks", "uploads"}
type Progress = Callable[[str], None]


@dataclass(frozen=True)
class BackupReport:
    """What was saved or brought back: the file, its number of members, the lakes' content checksums, what it lacks."""

    file: Path
    members: int
    size: int  # bytes
    checksums: dict[str, dict[str, str]]  # lake, then table that can be read
    lacks: dict[str, str] = field(
        default_factory=dict
    )  # what is missing or damaged, in French, by the finding's key


def backup(
    home: Home, target: Path | None = None, *, accept_less: bool = False, progress: Progress = lambda _: None
) -> BackupReport:
    """Save the whole instance, which may be serving. The file is readable by its owner only.

    What is missing or damaged is named in `lacks`, with what an earlier backup had more, unless a person accepts it
    (`accept_less`); the rest is saved. Raises Incomplete, nothing written, when the database itself is missing.
    """
    home.check_format()
    settle(home)
    with shared(home, REPLACING, BUSY):
        return _backup(home, target, accept_less=accept_less, progress=progress)


def _backup(home: Home, target: Path | None, *, accept_less: bool, progress: Progress) -> BackupReport:
    found = findings.of_files(home)
    integrity.refuse(home, [each for each in found if each.key == "database"])
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    target = target or home.backups / f"beffroi-{stamp}.tar.gz"
    if target.exists():
        raise HomeError(f"{target} existe déjà. Rien n'a été écrit. Choisissez un autre nom de fichier.")
    draft = target.with_name(f".{target.name}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".copie-", dir=home.path) as folder:
            copy = Path(folder)
            # The rows of an earlier version, or of a damaged database, cannot be asked: it is saved as it is.
            readable = not _damaged_pages(home) and integrity.is_upgraded()
            towns = list(Territory.objects.order_by("pk")) if readable else []
            due = [findings.expected(territory) for territory in towns]
            chains = _sizes_of_chains(due) if readable else {}
            found += _copy_instance(home, copy, progress)
            progress("Vérification de chaque fichier…")
            found += _findings(copy, due) if readable else []
            holdings = Holdings(_versions(copy), chains)
            lacks = _lacks(home, _once(found), holdings, accept=accept_less)
            progress("Calcul des empreintes…")
            sums = checksums(copy)
            manifest = {
                "beffroi": __version__,
                "format": FORMAT,
                "made_at": datetime.now(UTC).isoformat(),
                "lacks": lacks,
                "holdings": asdict(holdings),
                "files": {name: file_sha256(copy / name) for name in _files(copy)},
                "checksums": sums,
            }
            progress("Écriture de la sauvegarde…")
            _pack(copy, manifest, draft)
        draft.replace(target)
        backup_log.record(home, target, whole=not lacks)
    except OSError as error:
        why = "le disque est plein" if files.disk_full(error) else error.strerror
        raise HomeError(
            f"La sauvegarde n'a pas pu être écrite : {why}. L'instance n'a pas été modifiée. "
            "Vérifiez la place libre et vos droits, ou indiquez un autre fichier."
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return BackupReport(target, len(manifest["files"]), target.stat().st_size, sums, lacks)


def _damaged_pages(home: Home) -> bool:
    return not owner.is_used() and bool(findings.damage_of_database(home.database, quick=True))


def _copy_instance(home: Home, copy: Path, progress: Progress) -> list[Finding]:
    """Copy all that can be read; what cannot."""
    # The signed roots before the database, which then has at least their lines; the lakes after it: they may hold more than
    # the database knows of, never less.
    found: list[Finding] = []
    if home.roots.is_dir():
        shutil.copytree(home.roots, copy / home.roots.name)
    progress("Copie de la base…")
    if owner.is_used():
        dumps.dump(copy / dumps.NAME)
    else:
        copy_database(home.database, copy / home.database.name)
        if why := findings.damage_of_database(copy / home.database.name, immutable=True):
            found.append(findings.damaged_database(why))
    for folder in lakes_of(home.path):
        relative = folder.relative_to(home.path)
        progress(f"Copie de {relative}…")
        try:
            inventory.catch_up(folder)
            catalogue_transfer.copy_lake(folder, copy / relative)
        except (LakeError, OSError) as error:
            if files.disk_full(error):
                raise
            _copy_as_is(folder, copy / relative)
            name = relative.as_posix()
            message = f"Les données de {name} n'ont pas pu être copiées en ordre : {error}"
            found.append(
                Finding(
                    f"catalogue:{name}/{catalogues.SQLITE}",
                    message,
                    f"{name}/{catalogues.SQLITE}",
                    stops=True,
                )
            )
    for name in _files(home.path):
        path = PurePosixPath(name)
        if path.parts[0] in LEFT_OUT or "staging" in path.parts or path.name.startswith(home.database.name):
            continue
        if path.parts[0].startswith(".") or path.parts[0] == home.roots.name:
            continue
        if (copy / name).exists() or any(catalogues.has_catalogue(copy / parent) for parent in path.parents):
            continue
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copy2(home.path / name, copy / name)
        except FileNotFoundError:
            continue  # erased, or given up, a moment ago: `_findings` says when it should be there
        except OSError as error:
            if files.disk_full(error):
                raise
            message = f"Le fichier {name} ne peut pas être lu : {error.strerror}."
            found.append(Finding(f"file:{name}", message, name))
    return found


def _copy_as_is(folder: Path, target: Path) -> None:
    """What can be read of a lake whose catalogue is damaged: whoever mends it will want it all."""
    target.mkdir(parents=True, exist_ok=True)
    for path in folder.rglob("*"):
        if path.is_file() and path.name != files.LOCK and not (target / path.relative_to(folder)).exists():
            (target / path.relative_to(folder)).parent.mkdir(parents=True, exist_ok=True)
            with suppress(OSError):
                shutil.copyfile(path, target / path.relative_to(folder))


def _findings(copy: Path, due: list[Expected]) -> list[Finding]:
    """What the copy lacks of what the rows said before it was made, each byte read; what the ledger says of itself."""
    found = findings.of_chains(full=True)
    for each in due:
        found += findings.of_territory(Home(copy), each, full=True, immutable=True)
    return found


def _once(found: list[Finding]) -> list[Finding]:
    return list({each.key: each for each in reversed(found)}.values())[::-1]


def _lacks(home: Home, found: list[Finding], holdings: Holdings, *, accept: bool) -> dict[str, str]:
    """What a person should know is not in this backup, each with the earlier one that has it."""
    if accept:
        # What nothing can be served without is no loss that one may accept.
        return {each.key: integrity.listed(home, [each])[2:] for each in accepted_losses.accept(home, found)}
    lacks = {each.key: integrity.listed(home, [each])[2:] for each in integrity.unaccepted(home, found)}
    earlier = archives.latest_whole(home)
    if earlier is not None:
        since = datetime.fromisoformat(earlier.manifest["made_at"])
        for what in holdings.lacks(earlier.holdings.without(restored_since(since))):
            lacks[f"less:{what}"] = f"Il manque {what}. Sauvegarde qui l'a encore : {earlier.file}."
    return lacks


def _versions(copy: Path) -> dict[str, int]:
    """The version of each lake of a copy that has one."""
    found = {}
    for folder in lakes_of(copy):
        with suppress(LakeError, sqlite3.Error):
            found[folder.relative_to(copy).as_posix()] = inventory.version_of(folder, immutable=True)
    return found


def _sizes_of_chains(due: list[Expected]) -> dict[str, int]:
    found = {}
    for territory in (None, *(each.territory for each in due)):
        with ledger.opened(territory):
            last = ledger.lines_of(territory).last()
        found[marks.chain_name(territory)] = last.seq if last else 0
    return found


def _files(root: Path) -> list[str]:
    return sorted(
        p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file() and not p.is_symlink()
    )


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


def restore(file: Path, home: Home, *, progress: Progress = lambda _: None) -> BackupReport:
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
            progress("Lecture de la sauvegarde…")
            manifest = _unpack(file, root)
            progress("Vérification des empreintes…")
            _check(root, manifest)
            _check_where(root)
            sums = checksums(root, like=manifest["checksums"])
            if sums != manifest["checksums"]:
                raise HomeError(
                    "Les données restaurées ne sont pas identiques à celles qui avaient été sauvegardées. "
                    "Rien n'a été mis en place. Essayez une sauvegarde antérieure."
                )
            if (root / dumps.NAME).exists():
                progress("Reconstruction de la base PostgreSQL…")
                dumps.load(root / dumps.NAME)
                (root / dumps.NAME).unlink()
                lakes.adopt(Home(root))
            if Home(root).requires_marks:
                Home(root).declare(marks=False)  # a backup holds none: they are made when it is opened
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
    return BackupReport(
        file, len(manifest["files"]), file.stat().st_size, sums, dict(manifest.get("lacks", {}))
    )


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
    if int(manifest["format"]) < FIRST_FORMAT:
        raise HomeError(
            f"Cette sauvegarde vient d'une instance faite par {TEST_VERSION}. Rien n'a été mis en place. "
            f"Restaurez-la avec cette version d'essai. {EXPORT_ADVICE}"
        )
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
    found = {name: file_sha256(root / name) for name in _files(root)}
    expected: dict[str, str] = manifest["files"]
    bad = sorted(n for n in expected.keys() | found.keys() if expected.get(n) != found.get(n))
    if bad or IDENTITY not in found:
        raise HomeError(
            f"La sauvegarde est abîmée ({bad[0] if bad else IDENTITY}). Rien n'a été mis en place. "
            "Essayez une sauvegarde antérieure."
        )
