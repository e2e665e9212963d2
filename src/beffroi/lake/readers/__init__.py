"""Any file in, typed tables out: the first gate of the house.

`stage` takes one file, `stage_folder` a folder of any depth. What comes in is a path; what goes out is a
`StagedTable` a table found, or a `Refused` with its reason. Nothing is lost, nothing is raised for a bad file.
"""

import errno
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from beffroi.lake.errors import LakeError, UnreadableFile
from beffroi.lake.readers import archives, sheets
from beffroi.lake.readers.delimited import read_delimited
from beffroi.lake.readers.finishing import finish
from beffroi.lake.readers.refusals import Format, is_sidecar, recognise
from beffroi.lake.readers.shapes import read_shapes
from beffroi.lake.readers.source import workshop
from beffroi.lake.readers.straight import in_one_pass
from beffroi.lake.readers.structured import read_json, read_parquet
from beffroi.lake.tables import Refused, StagedTable

__all__ = ["stage", "stage_folder"]

log = logging.getLogger(__name__)
Outcome = StagedTable | Refused


def stage(path: Path, staging: Path, *, origin: str | None = None) -> tuple[list[StagedTable], list[Refused]]:
    """One file → its tables (sheets, members of a zip) and what was refused of it. Never raises for a bad file."""
    outcomes = list(_stage(path, staging, origin or path.name, path.name, archives.Budget(), 0))
    tables = [outcome for outcome in outcomes if isinstance(outcome, StagedTable)]
    return tables, [outcome for outcome in outcomes if isinstance(outcome, Refused)]


def stage_folder(
    folder: Path, staging: Path, *, on_progress: Callable[[int, int, str], None] | None = None
) -> Iterator[Outcome]:
    """Every file of the folder, at any depth: its tables, or a line that says why not. Raises LakeError if absent."""
    if not folder.is_dir():
        raise LakeError(f"Le dossier « {folder} » n'existe pas. Vérifiez son chemin, puis recommencez.")
    files = sorted(path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    layers = {path.with_suffix("") for path in files if path.suffix.lower() == ".shp"}
    for index, path in enumerate(files):
        origin = path.relative_to(folder).as_posix()
        if on_progress:
            on_progress(index, len(files), origin)
        if is_sidecar(path.name) and _stem(path) in layers:
            continue  # read with its .shp
        yield from _stage(path, staging, origin, path.name, archives.Budget(), 0)
    if on_progress:
        on_progress(len(files), len(files), "")


def _stem(path: Path) -> Path:
    return (
        path.with_name(path.name[: -len(".shp.xml")])
        if path.name.lower().endswith(".shp.xml")
        else path.with_suffix("")
    )


def _stage(
    path: Path, staging: Path, origin: str, name: str, budget: archives.Budget, depth: int
) -> Iterator[Outcome]:
    try:
        if path.is_symlink() or not path.is_file():
            yield Refused(
                origin,
                "Ce n'est pas un fichier ordinaire (lien ou fichier spécial). Déposez le fichier lui-même.",
            )
            return
        format_, reason = recognise(path, name)
        if format_ is Format.REFUSED:
            yield Refused(origin, reason)
        elif format_ is Format.ARCHIVE:
            yield from _archive(path, staging, origin, budget, depth)
        elif format_ is Format.GZIP:
            yield from _gzip(path, staging, origin, name, budget, depth)
        elif format_ is Format.WORKBOOK:
            yield from _workbook(path, staging, origin, name)
        else:
            yield _table(format_, path, staging, origin, name)
    except Exception as error:
        yield _refused(origin, error)


def _table(format_: Format, path: Path, staging: Path, origin: str, name: str) -> StagedTable:
    stem = PurePosixPath(name).stem
    with workshop(staging) as (connection, work):
        if format_ is Format.PARQUET:
            source = read_parquet(path, connection, work, name=stem, origin=origin)
        elif format_ is Format.JSON:
            source = read_json(path, connection, work, name=stem, origin=origin)
        elif format_ is Format.SHAPES:
            source = read_shapes(path, connection, work, name=stem, origin=origin)
        else:
            strict = PurePosixPath(name).suffix.lower() not in (".csv", ".tsv", ".tab", ".xls")
            source = read_delimited(path, connection, work, name=stem, origin=origin, strict=strict)
        return in_one_pass(source, staging) or finish(source, staging)


def _workbook(path: Path, staging: Path, origin: str, name: str) -> Iterator[Outcome]:
    names = sheets.sheet_names(path)
    stem, sha256 = PurePosixPath(name).stem, sheets.file_hash(path)
    for sheet in names:
        inside = origin if len(names) == 1 else f"{origin}#{sheet}"
        called = stem if len(names) == 1 else f"{stem} – {sheet}"
        try:
            with workshop(staging) as (connection, work):
                yield finish(
                    sheets.read_sheet(
                        path, sheet, connection, work, name=called, origin=inside, sha256=sha256
                    ),
                    staging,
                )
        except Exception as error:
            yield _refused(inside, error)


def _archive(
    path: Path, staging: Path, origin: str, budget: archives.Budget, depth: int
) -> Iterator[Outcome]:
    if depth >= archives.DEEPEST:
        raise UnreadableFile(
            "Cette archive contient trop d'archives l'une dans l'autre. Déposez les fichiers un par un."
        )
    infos = archives.members(path)
    if not infos:
        raise UnreadableFile("Cette archive est vide. Refaites-la, puis redéposez-la.")
    for info, companions in archives.with_siblings(infos):
        name = archives.member_name(info)
        inside = f"{origin}!{name}"
        folder = Path(tempfile.mkdtemp(dir=_made(staging), prefix=".zip-"))
        try:
            for companion in companions:
                archives.unpack(path, companion, folder, budget)
            unpacked = archives.unpack(path, info, folder, budget)
            yield from _stage(unpacked, staging, inside, PurePosixPath(name).name, budget, depth + 1)
        except Exception as error:
            yield _refused(inside, error)
            if budget.left < 0:
                return
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _gzip(
    path: Path, staging: Path, origin: str, name: str, budget: archives.Budget, depth: int
) -> Iterator[Outcome]:
    folder = Path(tempfile.mkdtemp(dir=_made(staging), prefix=".gz-"))
    try:
        inner = name[: -len(".gz")] or name
        unpacked = archives.gunzip(path, inner, folder, budget)
        yield from _stage(unpacked, staging, origin, inner, budget, depth + 1)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _refused(origin: str, error: Exception) -> Refused:
    if isinstance(error, LakeError):
        return Refused(origin, str(error))
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return Refused(
            origin,
            "Le disque est plein : rien n'a été repris de ce fichier. Libérez de la place, puis recommencez.",
        )
    if isinstance(error, PermissionError):
        return Refused(
            origin, "Beffroi n'a pas le droit de lire ce fichier. Changez ses droits, puis recommencez."
        )
    log.exception("unexpected failure while staging %s", origin)
    return Refused(
        origin,
        "Ce fichier n'a pas pu être lu, pour une raison imprévue. Le fichier d'origine est intact. "
        "Exportez-le dans un autre format (CSV, ODS, XLSX), ou envoyez ce message à l'équipe de Beffroi.",
    )
