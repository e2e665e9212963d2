"""Readers of delivered files: any format in, typed tables out.

`stage` reads one file, `stage_folder` a folder of any depth. In: a path. Out: a `StagedTable` for each table found,
or a `Refused` with its reason. Nothing is lost, and a bad file raises nothing.
"""

import errno
import logging
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath

import duckdb

from beffroi.hashing import file_sha256, hash_in_background
from beffroi.lake.errors import LakeError, UnreadableFile
from beffroi.lake.readers import archives, gtfs, large_json, sheets, single_pass, workbooks
from beffroi.lake.readers.corrections import NONE, Corrections
from beffroi.lake.readers.delimited import Undecided, read_delimited
from beffroi.lake.readers.json_lists import exceeds_memory, find_lists, read_list
from beffroi.lake.readers.map_layers import layers, read_shapes
from beffroi.lake.readers.materialize import materialize
from beffroi.lake.readers.networks import read_network
from beffroi.lake.readers.parquet import read_parquet
from beffroi.lake.readers.refusals import MAX_TABLES, Format, detect_format, is_sidecar, too_many_error
from beffroi.lake.readers.single_pass import read_in_one_pass
from beffroi.lake.readers.source import Source, workspace
from beffroi.lake.tables import Refused, StagedTable

__all__ = ["stage", "stage_folder", "stage_parts"]

log = logging.getLogger(__name__)
Outcome = StagedTable | Refused
_MAX_REFUSED = 1_000
_Read = Callable[[duckdb.DuckDBPyConnection, Path], Source]


@dataclass(frozen=True)
class _ReadRequest:
    """Request to read a file: the corrections of its tables, and the requested tables (None: all)."""

    corrections: Mapping[str, Corrections] = field(default_factory=dict)
    only: Collection[str] | None = None

    def wants(self, origin: str) -> bool:
        return self.only is None or origin in self.only


_ALL = _ReadRequest()


def stage(
    path: Path,
    staging: Path,
    *,
    origin: str | None = None,
    corrections: Mapping[str, Corrections] | None = None,
    only: Collection[str] | None = None,
) -> tuple[list[StagedTable], list[Refused]]:
    """Tables of one file (sheets, members of a zip) and its refusals. Never raises for a bad file.

    `corrections`: a person's corrections of a table, by its `origin`; one that the file does not allow refuses its
    table. `only`: the origins to read, when the others are already known.
    """
    return partition(stage_parts(path, staging, origin=origin, corrections=corrections, only=only))


def partition(outcomes: Iterable[Outcome]) -> tuple[list[StagedTable], list[Refused]]:
    """Tables, then refusals, each in order."""
    outcomes = list(outcomes)
    tables = [outcome for outcome in outcomes if isinstance(outcome, StagedTable)]
    return tables, [outcome for outcome in outcomes if isinstance(outcome, Refused)]


def stage_parts(
    path: Path,
    staging: Path,
    *,
    origin: str | None = None,
    corrections: Mapping[str, Corrections] | None = None,
    only: Collection[str] | None = None,
) -> Iterator[Outcome]:
    """`stage`, each part as soon as it is read."""
    request = _ReadRequest(corrections or {}, only)
    origin = origin or path.name
    return _counted(_stage(path, staging, origin, path.name, archives.Budget(), 0, request), origin)


def _counted(outcomes: Iterator[Outcome], origin: str) -> Iterator[Outcome]:
    """Outcomes up to the maximum number of tables and refusals of one file; those read before stay."""
    tables = refused = 0
    for outcome in outcomes:
        if isinstance(outcome, Refused):
            refused += 1
            if refused <= _MAX_REFUSED:
                yield outcome
        elif tables == MAX_TABLES:
            shutil.rmtree(outcome.parquet.parent, ignore_errors=True)
            yield Refused(origin, str(too_many_error("Ce fichier", "tableaux")))
            return
        else:
            tables += 1
            yield outcome
    if refused > _MAX_REFUSED:
        more = refused - _MAX_REFUSED
        yield Refused(origin, f"{more} autres de ses parties ne sont pas reprises comme données non plus.")


def stage_folder(
    folder: Path, staging: Path, *, on_progress: Callable[[int, int, str], None] | None = None
) -> Iterator[Outcome]:
    """Tables of every file of the folder, at any depth, or the reason of each refusal. Raises LakeError if it is missing."""
    if not folder.is_dir():
        raise LakeError(f"Le dossier « {folder} » n'existe pas. Vérifiez son chemin, puis recommencez.")
    files = sorted(path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    neighbours: dict[Path, set[str]] = {}
    for path in files:
        neighbours.setdefault(path.parent, set()).add(path.name)
    shapes = {path.with_suffix("") for path in files if path.suffix.lower() == ".shp"}
    for index, path in enumerate(files):
        origin = path.relative_to(folder).as_posix()
        if on_progress:
            on_progress(index, len(files), origin)
        if is_sidecar(path.name) and _stem(path) in shapes:
            continue  # read with its .shp
        siblings = neighbours[path.parent]
        yield from _stage(path, staging, origin, path.name, archives.Budget(), 0, siblings=siblings)
    if on_progress:
        on_progress(len(files), len(files), "")


def _stem(path: Path) -> Path:
    return (
        path.with_name(path.name[: -len(".shp.xml")])
        if path.name.lower().endswith(".shp.xml")
        else path.with_suffix("")
    )


def _stage(
    path: Path,
    staging: Path,
    origin: str,
    name: str,
    budget: archives.Budget,
    depth: int,
    request: _ReadRequest = _ALL,
    siblings: Collection[str] = (),
) -> Iterator[Outcome]:
    """Outcomes of one file. `siblings` names the files of the same folder, which may identify its format."""
    try:
        if path.is_symlink() or not path.is_file():
            yield Refused(
                origin,
                "Ce n'est pas un fichier ordinaire (lien ou fichier spécial). Déposez le fichier lui-même.",
            )
            return
        format_, reason = detect_format(path, name)
        if format_ is Format.REFUSED:
            yield Refused(origin, reason)
        elif format_ is Format.ARCHIVE:
            yield from _archive(path, staging, origin, budget, depth, request)
        elif format_ is Format.GZIP:
            yield from _gzip(path, staging, origin, name, budget, depth, request)
        elif format_ is Format.JSON:
            yield from _lists(path, staging, origin, name, request)
        elif format_ is Format.SHAPES:
            yield from _layers(path, staging, origin, name, request)
        elif format_ is Format.WORKBOOK:
            yield from _workbook(path, staging, origin, name, request)
        elif request.wants(origin):
            corrections = request.corrections.get(origin, NONE)
            yield _table(format_, path, staging, origin, name, corrections, feed=_in_feed(name, siblings))
    except Exception as error:
        yield _refused(origin, error)


def _in_feed(name: str, siblings: Collection[str]) -> bool:
    return name.lower().endswith(".txt") and gtfs.is_feed(siblings)


def _table(
    format_: Format,
    path: Path,
    staging: Path,
    origin: str,
    name: str,
    corrections: Corrections,
    *,
    feed: bool = False,
) -> StagedTable:
    stem = PurePosixPath(name).stem
    if format_ not in (Format.PARQUET, Format.NETWORK):
        return _delimited(path, staging, origin, name, corrections, feed=feed)
    with workspace(staging) as (connection, work):
        read = read_parquet if format_ is Format.PARQUET else read_network
        source = read(path, connection, work, name=stem, origin=origin)
        source.corrections = corrections
        return materialize(source, staging)


def _delimited(
    path: Path, staging: Path, origin: str, name: str, corrections: Corrections, *, feed: bool
) -> StagedTable:
    """Table of a delimited text: in one pass if it is long and regular."""
    strict = not feed and PurePosixPath(name).suffix.lower() not in (".csv", ".tsv", ".tab", ".xls")
    read = partial(
        read_delimited,
        path,
        name=PurePosixPath(name).stem,
        origin=origin,
        sha256=hash_in_background(path),
        strict=strict,
        corrections=corrections,
    )
    tried = ""
    if not feed and not corrections and path.stat().st_size >= single_pass.MIN_SIZE:
        with suppress(Undecided), workspace(staging) as (connection, work):
            source = read(connection, work, sampled=True)
            if table := read_in_one_pass(source, staging):
                return table
            if source.text is None or source.text.rows is not None:
                return materialize(source, staging)
            tried = source.text.encoding
    # All its bytes are known now: they may have another encoding than its beginning.
    with workspace(staging) as (connection, work):
        source = read(connection, work)
        if feed:
            gtfs.add_hints(source)
        source.corrections = corrections
        again = feed or (source.text is not None and source.text.encoding == tried)
        return (None if again else read_in_one_pass(source, staging)) or materialize(source, staging)


def _part(
    inside: str, request: _ReadRequest, staging: Path, read: _Read, extensions: Collection[str] = ()
) -> Iterator[Outcome]:
    """One table of a file, if requested: its failure does not affect the others."""
    if not request.wants(inside):
        return
    try:
        with workspace(staging, extensions) as (connection, work):
            source = read(connection, work)
            source.corrections = request.corrections.get(inside, NONE)
            yield materialize(source, staging)
    except Exception as error:
        yield _refused(inside, error)


def _lists(path: Path, staging: Path, origin: str, name: str, request: _ReadRequest) -> Iterator[Outcome]:
    stem = PurePosixPath(name).stem
    if path.stat().st_size > large_json.LARGE or exceeds_memory(path):
        large = partial(large_json.read_large, path, name=stem, origin=origin)
        yield from _part(origin, request, staging, large)
        return
    # One file has one encoding, whichever of its lists was corrected.
    file_corrections = [
        one for key, one in request.corrections.items() if key.partition("#")[0] == origin.partition("#")[0]
    ]
    encodings = [one.encoding for one in file_corrections if one.encoding]
    with workspace(staging) as (_, work):
        scanned, found = find_lists(path, work, encoding=next(iter(encodings), None))
    sha256 = file_sha256(path)
    for one in found:
        inside = f"{origin}#{one.name}" if one.name else origin
        called = f"{stem} – {one.name}" if one.name else stem
        read = partial(read_list, one, scanned, name=called, origin=inside, sha256=sha256)
        yield from _part(inside, request, staging, read)


def _layers(path: Path, staging: Path, origin: str, name: str, request: _ReadRequest) -> Iterator[Outcome]:
    found = layers(path)
    stem, sha256 = PurePosixPath(name).stem, file_sha256(path)
    for layer in found:
        inside = origin if len(found) == 1 else f"{origin}#{layer}"
        called = stem if len(found) == 1 else f"{stem} – {layer}"
        read = partial(read_shapes, path, layer, name=called, origin=inside, sha256=sha256)
        yield from _part(inside, request, staging, read, extensions=("spatial",))


def _workbook(path: Path, staging: Path, origin: str, name: str, request: _ReadRequest) -> Iterator[Outcome]:
    surveyed = workbooks.survey(path)
    opened = sheets.open_workbook(path)
    names = opened.sheet_names
    stem, sha256 = PurePosixPath(name).stem, file_sha256(path)
    for sheet in names:
        inside = origin if len(names) == 1 else f"{origin}#{sheet}"
        called = stem if len(names) == 1 else f"{stem} – {sheet}"
        read = partial(
            sheets.read_sheet,
            opened,
            sheet,
            name=called,
            origin=inside,
            sha256=sha256,
            surveyed=surveyed.get(sheet),
            corrections=request.corrections.get(inside, NONE),
        )
        yield from _part(inside, request, staging, read)


def _archive(
    path: Path, staging: Path, origin: str, budget: archives.Budget, depth: int, request: _ReadRequest
) -> Iterator[Outcome]:
    if depth >= archives.DEEPEST:
        raise UnreadableFile(
            "Cette archive contient trop d'archives l'une dans l'autre. Déposez les fichiers un par un."
        )
    with archives.open_archive(path) as archive:
        infos = archives.members(archive, path.stat().st_size)
        if not infos:
            raise UnreadableFile("Cette archive est vide. Refaites-la, puis redéposez-la.")
        neighbours: dict[PurePosixPath, set[str]] = {}
        for info in infos:
            member = PurePosixPath(archives.member_name(info))
            neighbours.setdefault(member.parent, set()).add(member.name)
        for info, companions in archives.with_siblings(infos):
            name = archives.member_name(info)
            inside = f"{origin}!{name}"
            folder = Path(tempfile.mkdtemp(dir=_made(staging), prefix=".zip-"))
            try:
                for companion in companions:
                    archives.unpack_member(archive, companion, folder, budget)
                unpacked = archives.unpack_member(archive, info, folder, budget)
                siblings = neighbours[PurePosixPath(name).parent]
                inner = PurePosixPath(name).name
                yield from _stage(unpacked, staging, inside, inner, budget, depth + 1, request, siblings)
            except Exception as error:
                yield _refused(inside, error)
                if budget.left < 0:
                    return
            finally:
                shutil.rmtree(folder, ignore_errors=True)


def _gzip(
    path: Path,
    staging: Path,
    origin: str,
    name: str,
    budget: archives.Budget,
    depth: int,
    request: _ReadRequest,
) -> Iterator[Outcome]:
    folder = Path(tempfile.mkdtemp(dir=_made(staging), prefix=".gz-"))
    try:
        inner = name[: -len(".gz")] or name
        unpacked = archives.gunzip(path, inner, folder, budget)
        yield from _stage(unpacked, staging, origin, inner, budget, depth + 1, request)
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
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        return Refused(origin, archives.BOMB)
    if isinstance(error, MemoryError | duckdb.OutOfMemoryException):
        return Refused(
            origin,
            "La lecture de ce fichier demandait une mémoire démesurée : elle a été arrêtée. Le fichier d'origine est intact. "
            "Exportez son tableau en CSV, puis déposez cet export.",
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
