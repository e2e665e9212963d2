"""Inventory of a lake: SHA-256 of each data file, which never changes once written, and the latest version.

In: a lake's folder. Out: `inventory.jsonl` next to the catalogue, one sealed line a change, and the faults found when
the folder is compared with it. This file alone distinguishes a new lake from one whose catalogue disappeared or was
replaced by an older copy.
"""

# Names are DuckLake's own and ours: no text of a user becomes SQL.
# ruff: noqa: S608

import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import quote

from beffroi.hashing import file_sha256
from beffroi.lake import catalogues
from beffroi.lake.catalogues import SQLite
from beffroi.lake.errors import LakeError
from beffroi.lake.files import DATA, write_lock
from beffroi.lake.quoting import quote_identifier
from beffroi.lake.sampling import Sample

NAME: Final = "inventory.jsonl"
type Kind = Literal[
    "catalogue missing", "catalogue damaged", "catalogue older", "file missing", "file damaged", "inventory"
]


@dataclass(frozen=True)
class Recorded:
    """Data file as written: size in bytes, SHA-256 in hexadecimal."""

    size: int
    sha256: str


@dataclass
class Inventory:
    """Recorded state. `version`: latest version of the lake (None: no record). `files`: by path in `data/`.

    `damaged`: a line was altered. A truncated last line does not count: an interrupted write leaves it, and rewrites it.
    """

    version: int | None = None
    files: dict[str, Recorded] = field(default_factory=dict)
    damaged: bool = False


@dataclass(frozen=True)
class Fault:
    """Missing or altered part of a lake: `path` from the lake's folder, the `table` it belongs to, its expected `sha256`."""

    kind: Kind
    path: str
    table: str = ""
    sha256: str = ""
    detail: str = ""

    @property
    def whole(self) -> bool:
        """Whether the whole lake is affected, rather than some rows of one table."""
        return self.kind.startswith("catalogue")


def exists(folder: Path) -> bool:
    """Whether the folder is, or was, a lake with data."""
    return catalogues.has_catalogue(folder) or (folder / NAME).is_file() or any(_on_disk(folder))


def read(folder: Path) -> Inventory:
    """Inventory of the lake; empty when it has none."""
    found = Inventory()
    try:
        lines = (folder / NAME).read_bytes().split(b"\n")
    except FileNotFoundError:
        return found
    for line in lines[:-1]:
        try:
            seal, text = line[:16], line[17:]
            if _seal(text) != seal:
                raise ValueError("not the line that was written")
            record = json.loads(text)
            found.files.update({name: Recorded(*entry) for name, entry in record["files"].items()})
            found.version = int(record["version"])
        except (ValueError, KeyError, TypeError):
            found.damaged = True
    return found


def record(folder: Path, version: int) -> None:
    """Record the new data files and the latest version. The caller has the writers' lock. Raises OSError."""
    known = read(folder)
    new = {name: _measured(path) for name, path in _on_disk(folder) if name not in known.files}
    if not new and version == known.version:
        return
    line = _line(max(version, known.version or 0), new)
    descriptor = os.open(folder / NAME, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b") as stream:
        # What a stop cut short goes away: its files are among the new ones.
        content = stream.read()
        stream.seek(content.rfind(b"\n") + 1)
        stream.truncate()
        stream.write(line)


def rewrite(folder: Path, version: int) -> None:
    """Drop the missing files that no version needs. The caller has the writers' lock. Raises OSError.

    A needed file that is missing keeps its line: it is still reported as lost, and recognised when it is restored.
    """
    known, needed = read(folder), _catalogued(folder).files
    files = {name: known.files.get(name) or _measured(path) for name, path in _on_disk(folder)}
    there = {_name(name) for name in files}
    for name, entry in known.files.items():
        if _name(name) in needed and _name(name) not in there:
            files[name] = entry
    draft = folder / f".{NAME}.{os.getpid()}.tmp"
    try:
        draft.touch(mode=0o600)
        draft.write_bytes(_line(version, files))
        draft.replace(folder / NAME)
    finally:
        draft.unlink(missing_ok=True)


def accept_current_files(folder: Path, quarantine: Path) -> None:
    """Accept the current files as the expected ones, after a person accepted the losses. Raises OSError.

    Data files unknown to the catalogue are moved to the folder `quarantine`: maintenance would delete them as orphans.
    """
    with write_lock(folder):
        try:
            there = _catalogued(folder)
        except (sqlite3.Error, LakeError):
            return
        for name, path in list(_on_disk(folder)):
            if path.name not in there.files:
                (quarantine / DATA / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                path.rename(quarantine / DATA / name)
        rewrite(folder, there.version)


def refuse_lost_catalogue(folder: Path) -> None:
    """Raise LakeError when a lake with data lost its catalogue: an empty one would replace it."""
    if exists(folder) and (not catalogues.has_catalogue(folder) or _is_emptied(folder)):
        raise LakeError(
            f"Le catalogue des données de « {folder.parent.name} » ({folder.name}) a disparu. Rien n'a été modifié. "
            "Prévenez la personne qui tient l'instance : « beffroi doctor » dit quelle sauvegarde le garde encore."
        )


def _is_emptied(folder: Path) -> bool:
    """Whether the catalogue and its write-ahead log are empty files: a new catalogue would be created there."""
    kind, _ = catalogues.catalogue_identity(folder)
    files = SQLite(folder / kind).files()[:2] if kind == catalogues.SQLITE else []
    return bool(files) and not any(file.is_file() and file.stat().st_size for file in files)


def refuse_older_catalogue(folder: Path, version: int) -> None:
    """Raise LakeError when the catalogue is older than the recorded version: later rows would be lost."""
    recorded = read(folder).version
    if recorded is not None and version < recorded:
        raise LakeError(
            f"Le catalogue des données de « {folder.parent.name} » ({folder.name}) est une copie plus ancienne (version "
            f"{version}, il en était à {recorded}). Rien n'a été modifié. Prévenez la personne qui tient l'instance : "
            "« beffroi doctor » dit quelle sauvegarde le garde encore."
        )


def catch_up(folder: Path) -> None:
    """Record what an interruption left unrecorded, or a lake older than inventories. Raises OSError."""
    if not catalogues.has_catalogue(folder):
        return
    with write_lock(folder):
        try:
            version = _catalogued(folder).version
        except (sqlite3.Error, LakeError):
            return  # `faults` says why
        record(folder, version)


def faults(
    folder: Path,
    *,
    min_version: int | None = None,
    full: bool = False,
    immutable: bool = False,
    sample: Sample | None = None,
    digest: Callable[[Path], str] = file_sha256,
) -> list[Fault]:
    """Faults of a lake. `min_version`: a version that the lake is known to have reached. `immutable`: a copy without writers.

    `full`: every byte of every file is read; otherwise versions, names and sizes are compared, and the files of `sample`,
    the catalogue among them, are read.
    `digest`: SHA-256 of a file, which a caller may remember.
    """
    if not exists(folder):
        return []
    if not catalogues.has_catalogue(folder):
        return [Fault("catalogue missing", catalogues.SQLITE)]
    name = catalogues.catalogue_identity(folder)[0]
    try:
        with (
            nullcontext() if immutable else write_lock(folder)
        ):  # between a commit and its line, nothing is wrong
            there, known = _catalogued(folder, immutable=immutable), read(folder)
        file = folder / name
        if name == catalogues.SQLITE and (
            full or (sample and sample.chooses(str(file), file.stat().st_size))
        ):
            with closing(open_sqlite(file, immutable=immutable)) as catalogue:
                if why := integrity_error(catalogue):
                    return [Fault("catalogue damaged", name, detail=why)]
        found = [
            *_against_inventory(name, there.version, known, min_version or 0, full=full),
            *_of_files(folder, there.files, known.files, full=full, sample=sample, digest=digest),
        ]
        if any(each.kind.startswith("file") for each in found) and not immutable:
            # What the upkeep did away with meanwhile is needed no more.
            still = _catalogued(folder).files
            found = [each for each in found if not each.kind.startswith("file") or _name(each.path) in still]
    except (sqlite3.Error, LakeError, TypeError, ValueError) as error:
        return [Fault("catalogue damaged", name, detail=reason_of(error))]
    return found


def _against_inventory(
    name: str, version: int, known: Inventory, min_version: int, *, full: bool
) -> Iterator[Fault]:
    min_version = max(min_version, known.version or 0)
    if version < min_version:
        yield Fault("catalogue older", name, detail=f"version {version}, il en était à {min_version}")
    if known.damaged:
        yield Fault("inventory", NAME, detail="une ligne n'est pas celle qui a été écrite")
    elif full and (known.version or 0) < version:
        yield Fault("inventory", NAME, detail="il ne dit rien des dernières écritures")


def _of_files(
    folder: Path,
    needed: dict[str, tuple[str, int]],
    known: dict[str, Recorded],
    *,
    full: bool,
    sample: Sample | None,
    digest: Callable[[Path], str],
) -> Iterator[Fault]:
    by_name = {path.name: (at, path) for at, path in _on_disk(folder)}
    recorded = {_name(at): (at, entry) for at, entry in known.items()}
    for name, (table, size) in sorted(needed.items()):
        place, entry = recorded.get(name, ("", None))
        due = entry.sha256 if entry else ""
        if name not in by_name:
            yield Fault("file missing", f"{DATA}/{place or name}", table, due)
            continue
        at, path = by_name[name]
        reread = full or (sample is not None and sample.chooses(name, size))
        try:
            if path.stat().st_size != size:
                yield Fault("file damaged", f"{DATA}/{at}", table, due, "sa taille n'est plus la même")
            elif full and entry is None:
                yield Fault("inventory", NAME, table, detail=f"il ne dit rien de {at}")
            elif reread and entry is not None and digest(path) != entry.sha256:
                yield Fault("file damaged", f"{DATA}/{at}", table, due, "son contenu a changé")
        except OSError as error:
            yield Fault("file damaged", f"{DATA}/{at}", table, due, str(error.strerror))


@dataclass(frozen=True)
class _Catalogued:
    """State of the catalogue: version of the lake; files needed by some version, by name: their table and size."""

    version: int
    files: dict[str, tuple[str, int]]


def version_of(folder: Path, *, immutable: bool = False) -> int:
    """Latest version of a lake, read without DuckDB. Raises LakeError, sqlite3.Error."""
    return _catalogued(folder, immutable=immutable).version


def _catalogued(folder: Path, *, immutable: bool = False) -> _Catalogued:
    with _CatalogueReader(catalogues.catalogue_of(folder), immutable=immutable) as reader:
        found = reader.rows("SELECT max(snapshot_id) FROM {place}.ducklake_snapshot")[0][0]
        if found is None:
            raise LakeError("il ne contient plus aucune version")
        return _Catalogued(int(found), _needed(reader))


def _needed(reader: "_CatalogueReader") -> dict[str, tuple[str, int]]:
    """Files needed by some version, by name (random, hence unique): table and size in bytes."""
    tables = dict(
        reader.rows("SELECT table_id, table_name FROM {place}.ducklake_table ORDER BY begin_snapshot")
    )
    rows = reader.rows(
        "SELECT path, table_id, file_size_bytes FROM {place}.ducklake_data_file UNION ALL "
        "SELECT path, table_id, file_size_bytes FROM {place}.ducklake_delete_file"
    )
    return {_name(path): (tables.get(table, ""), int(size)) for path, table, size in rows}


class _CatalogueReader:
    """Read-only access to a catalogue without DuckDB, in about a millisecond."""

    def __init__(self, catalogue: catalogues.Catalogue, *, immutable: bool = False) -> None:
        self._catalogue, self._immutable = catalogue, immutable
        self.connection: Any = None

    def __enter__(self) -> "_CatalogueReader":
        if isinstance(self._catalogue, SQLite):
            self.connection = open_sqlite(self._catalogue.file, immutable=self._immutable)
            return self
        import psycopg

        try:
            self.connection = self._catalogue.connect()
        except psycopg.Error as error:
            raise LakeError(self._catalogue.scrub(str(error))) from None
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        sql = sql.format(place=quote_identifier(self._catalogue.schema))
        if isinstance(self._catalogue, SQLite):
            return list(self.connection.execute(sql))
        import psycopg

        try:
            return list(self.connection.execute(sql))
        except psycopg.Error as error:
            raise LakeError(self._catalogue.scrub(str(error))) from None


def open_sqlite(file: Path, *, immutable: bool = False) -> sqlite3.Connection:
    """Existing SQLite database: unlike `sqlite3.connect`, never creates one. `immutable`: a copy without writers."""
    how = "immutable=1" if immutable else "mode=rw"
    return sqlite3.connect(f"file:{quote(str(file))}?{how}", uri=True, timeout=30)


def integrity_error(connection: sqlite3.Connection, *, quick: bool = False) -> str:
    """Reason why an SQLite database is damaged, "" when it is intact; every page and text read (`quick`: pages only)."""
    try:
        (result,) = connection.execute(f"PRAGMA {'quick' if quick else 'integrity'}_check(1)").fetchone()
        if result != "ok" or quick:
            return "" if result == "ok" else str(result)
        for table, sql in connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table'"
        ).fetchall():
            if sql.upper().startswith("CREATE VIRTUAL"):
                continue
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({quote_identifier(table)})")]
            # A page of the rest of a long text, zeroed, is one that SQLite itself finds whole.
            zeroed = " OR ".join(
                f"(typeof({quote_identifier(c)}) = 'text' AND instr(CAST({quote_identifier(c)} AS BLOB), x'00') > 0)"
                for c in columns
            )
            if connection.execute(
                f"SELECT 1 FROM {quote_identifier(table)} WHERE {zeroed} LIMIT 1"
            ).fetchone():
                return f"un texte de la table {table} est effacé"
    except sqlite3.Error as error:
        return reason_of(error)
    return ""


_REASONS: Final = {
    "file is not a database": "ce n'est plus une base lisible",
    "malformed": "des pages n'en sont plus lisibles",
}


def reason_of(error: Exception) -> str:
    """What SQLite says of a damaged file, in French; any other message as it is."""
    return next((reason for sign, reason in _REASONS.items() if sign in str(error)), str(error))


def _on_disk(folder: Path) -> Iterator[tuple[str, Path]]:
    """Data files: path in `data/`, and on disk."""
    root = folder / DATA
    for at, _, names in os.walk(root):
        for name in names:
            path = Path(at, name)
            yield path.relative_to(root).as_posix(), path


def _name(path: str) -> str:
    """Name of a data file: random, hence unique whatever its folder."""
    return path.rpartition("/")[2]


def _measured(path: Path) -> Recorded:
    return Recorded(path.stat().st_size, file_sha256(path))


def _line(version: int, files: dict[str, Recorded]) -> bytes:
    entries = {name: [each.size, each.sha256] for name, each in sorted(files.items())}
    text = json.dumps({"version": version, "files": entries}, ensure_ascii=False).encode()
    return _seal(text) + b" " + text + b"\n"


def _seal(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest()[:16].encode()
