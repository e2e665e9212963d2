"""A whole instance in one file, and back: lakes, database, ledger, delivered files and keys.

`backup` writes a compressed tar with a manifest of SHA-256 sums and content checksums; what is missing or damaged in the
instance is named there, and the rest is saved. `restore` checks every byte, rebuilds beside the target and moves it into
place only when all agree.
"""

import io
import json
import os
import tarfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import DatabaseError

from beffroi import __version__
from beffroi.hashing import file_sha256
from beffroi.home import EXPORT_ADVICE, FIRST_FORMAT, FORMAT, IDENTITY, TEST_VERSION, Home, HomeError
from beffroi.lake import files
from beffroi.web import databases
from beffroi.web.platform.postgresql import lakes, owner

from . import accepted_losses, archives, backup_log, dumps, findings, integrity, upgrade
from .archives import MANIFEST, Holdings
from .lake_checksums import checksums
from .locks import shared
from .stage import Progress, Stage
from .stage_memory import StageMemory
from .territory_swap import BUSY, REPLACING, restored_since, settle
from .vanishing_folder import vanishing_folder

type Manifest = dict[str, Any]


@dataclass(frozen=True)
class BackupReport:
    """What was saved or brought back: the file or the snapshot, its number of members, the lakes' checksums, what it lacks."""

    file: Path | None
    members: int
    size: int  # bytes
    checksums: dict[str, dict[str, str]]  # lake, then table that can be read
    lacks: dict[str, str] = field(
        default_factory=dict
    )  # what is missing or damaged, in French, by the finding's key
    snapshot: str = ""  # of the repository


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
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    target = target or home.backups / f"beffroi-{stamp}.tar.gz"
    if target.exists():
        raise HomeError(f"{target} existe déjà. Rien n'a été écrit. Choisissez un autre nom de fichier.")
    draft = target.with_name(f".{target.name}.tmp")
    refuse_without_database(home)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with vanishing_folder(".copie-", home.path) as folder:
            stage = Stage(home, folder, StageMemory(), progress)
            stage.fill()
            whole = archives.latest_whole(home)
            earlier = _earlier_file(whole) if whole else None
            manifest = manifest_of(stage, earlier, accept_less=accept_less)
            progress("Écriture de la sauvegarde…")
            _pack(folder, manifest, draft)
        draft.replace(target)
        lacking = stage.lacking(earlier[0] if earlier else None)
        backup_log.record(home, target, whole=not manifest["lacks"], lacking=lacking)
    except OSError as error:
        why = "le disque est plein" if files.disk_full(error) else error.strerror
        raise HomeError(
            f"La sauvegarde n'a pas pu être écrite : {why}. L'instance n'a pas été modifiée. "
            "Vérifiez la place libre et vos droits, ou indiquez un autre fichier."
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    return report_of(manifest, target.stat().st_size, file=target)


def _earlier_file(whole: archives.Archive) -> tuple[Holdings, str]:
    still = still_expected(whole.holdings, whole.manifest["made_at"])
    return still, f"Sauvegarde qui l'a encore : {whole.file}."


def still_expected(holdings: Holdings, made_at: str) -> Holdings:
    """What a backup made then had, less the territories restored since: they may rightly hold less."""
    try:
        return holdings.without(restored_since(datetime.fromisoformat(made_at)))
    except DatabaseError:
        return holdings  # a damaged database cannot be asked


def refuse_without_database(home: Home) -> None:
    """Raise Incomplete when the database itself is missing: there is nothing to save it from."""
    integrity.refuse(home, [each for each in findings.of_files(home) if each.key == "database"])


def manifest_of(stage: Stage, earlier: tuple[Holdings, str] | None, *, accept_less: bool) -> Manifest:
    """The manifest of a copy. `earlier`: what the last backup that lacked nothing has, and how to say where it is."""
    lacks = _lacks(stage, earlier, accept=accept_less)
    return {
        "beffroi": __version__,
        "format": FORMAT,
        "made_at": datetime.now(UTC).isoformat(),
        "lacks": lacks,
        "holdings": asdict(stage.holdings),
        "files": stage.digests,
        "checksums": stage.checksums,
    }


def report_of(manifest: Manifest, size: int, *, file: Path | None = None, snapshot: str = "") -> BackupReport:
    lacks = dict(manifest.get("lacks", {}))
    return BackupReport(file, len(manifest["files"]), size, manifest["checksums"], lacks, snapshot)


def _lacks(stage: Stage, earlier: tuple[Holdings, str] | None, *, accept: bool) -> dict[str, str]:
    """What a person should know is not in this backup, each with the earlier one that has it."""
    home = stage.home
    everything = [*integrity.of_files(home), *stage.found]
    found = list({each.key: each for each in reversed(everything)}.values())[::-1]
    # What nothing can be served without is no loss that one may accept.
    found = accepted_losses.accept(home, found) if accept else integrity.unaccepted(home, found)
    # A copy for a repository knows what is in it.
    memory = stage.memory if stage.memory.repository else None
    lacks = dict(zip((each.key for each in found), integrity.described(home, found, memory), strict=True))
    if accept:
        return lacks
    if command := integrity.restore_command(home, found, memory):
        lacks[found[-1].key] += f" Pour cette seule collectivité : « {command} »."
    if earlier is not None:
        holdings, where = earlier
        for what in stage.holdings.lacks(holdings):
            lacks[f"less:{what}"] = f"Il manque {what}. {where}"
    return lacks


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
    manifest = rebuild(home, lambda root: unpack(file, root), progress)
    return report_of(manifest, file.stat().st_size, file=file)


def rebuild(home: Home, unpack: Callable[[Path], Manifest], progress: Progress) -> Manifest:
    """Rebuild an instance on a blank home from what `unpack` writes in an absent folder, whose manifest it returns."""
    if home.path.exists() and (not home.path.is_dir() or any(home.path.iterdir())):
        raise HomeError(
            f"{home.path} n'est pas vide. Rien n'a été modifié. Restaurez dans un dossier vide (--home), "
            "vérifiez, puis mettez-le en service."
        )
    try:
        home.path.parent.mkdir(parents=True, exist_ok=True)
        with vanishing_folder(".restauration-", home.path.parent) as folder:
            root = folder / "instance"
            progress("Lecture de la sauvegarde…")
            manifest = unpack(root)
            progress("Vérification des empreintes…")
            _check_where(root)
            manifest["checksums"] = verify(root, manifest)
            if (root / dumps.NAME).exists():
                progress("Reconstruction de la base PostgreSQL…")
                if dumps.load(root / dumps.NAME):
                    progress(
                        "Une restauration s'était arrêtée dans cette base avant la fin : elle a été reprise du début."
                    )
                (root / dumps.NAME).unlink()
                upgrade.migrate_postgresql()
                lakes.adopt(Home(root))
            if Home(root).requires_marks:
                Home(root).declare(marks=False)  # a backup holds none: they are made when it is opened
            for name in ("run", "backups", "territories", "uploads"):
                (root / name).mkdir(mode=0o700, exist_ok=True)
            root.chmod(0o700)
            if home.path.exists():
                home.path.rmdir()
            if owner.is_used():
                dumps.loaded()
            root.rename(home.path)
    except OSError as error:
        raise HomeError(
            f"La restauration s'est arrêtée : {error.strerror or error}. Rien n'a été mis en place. "
            "Vérifiez le fichier, la place libre et vos droits."
        ) from error
    return manifest


def verify(root: Path, manifest: Manifest) -> dict[str, dict[str, str]]:
    """Compare each byte and each table of an unpacked backup with its manifest; the checksums. Raises HomeError."""
    check_files(root, manifest)
    sums = checksums(root, like=manifest["checksums"])
    if sums != manifest["checksums"]:
        raise HomeError(
            "Les données restaurées ne sont pas identiques à celles qui avaient été sauvegardées. "
            "Rien n'a été mis en place. Essayez une sauvegarde antérieure."
        )
    return sums


def unpack(file: Path, root: Path) -> Manifest:
    """Write a backup in an absent folder; its manifest, taken out of the folder. Raises HomeError."""
    try:
        with tarfile.open(file, mode="r:gz") as archive:
            archive.extractall(root, filter="data")
        return read_manifest(root)
    except (tarfile.TarError, EOFError, ValueError, KeyError, FileNotFoundError) as error:
        raise HomeError(
            f"{file} n'est pas une sauvegarde de Beffroi lisible (fichier absent, coupé ou abîmé). "
            "Rien n'a été mis en place. Essayez une autre sauvegarde."
        ) from error


def read_manifest(root: Path) -> Manifest:
    """The manifest of an unpacked backup, taken out of the folder. Raises HomeError for another format's, OSError, ValueError."""
    manifest: Manifest = json.loads((root / MANIFEST).read_bytes())
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


def check_files(root: Path, manifest: Manifest) -> None:
    """Compare the files of an unpacked backup, and the bytes of each, with its manifest. Raises HomeError."""
    found = {name: file_sha256(root / name) for name in _files(root)}
    expected: dict[str, str] = manifest["files"]
    bad = sorted(n for n in expected.keys() | found.keys() if expected.get(n) != found.get(n))
    if bad or IDENTITY not in found:
        raise HomeError(
            f"La sauvegarde est abîmée ({bad[0] if bad else IDENTITY}). Rien n'a été mis en place. "
            "Essayez une sauvegarde antérieure."
        )
