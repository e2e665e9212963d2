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
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from beffroi.hashing import file_sha256
from beffroi.lake import catalogue_state, catalogues
from beffroi.lake.catalogue_state import CatalogueState
from beffroi.lake.catalogues import SQLite
from beffroi.lake.errors import LakeError
from beffroi.lake.files import DATA, write_lock
from beffroi.lake.quoting import quote_identifier
from beffroi.lake.sampling import Sample

NAME: Final = "inventory.jsonl"
type Kind = Literal[
    "catalogue missing",
    "catalogue damaged",
    "catalogue older",
    "file missing",
    "file damaged",
    "table changed",
    "inventory",
]


@dataclass(frozen=True)
class Recorded:
    """Data file as written: size in bytes, SHA-256 in hexadecimal."""

    size: int
    sha256: str


@dataclass
class Inventory:
    """Recorded state. `version`: latest version of the lake (None: no record). `files`: by path in `data/`.

    `tables`: digest of each by name (see `catalogue_state`), in the kind of catalogue `kind`. `damaged`: a line was altered. A truncated last line does not count: an interrupted write leaves it, and rewrites it.
    """

    version: int | None = None
    files: dict[str, Recorded] = field(default_factory=dict)
    tables: dict[str, str] = field(default_factory=dict)
    kind: str = ""
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
            if (kind := record.get("kind", "")) != found.kind:
                found.tables, found.kind = {}, kind  # another kind of database writes its rows otherwise
            for name, digest in record.get("tables", {}).items():
                found.tables[name] = digest
            for name in record.get("dropped", ()):
                found.tables.pop(name, None)
        except (ValueError, KeyError, TypeError):
            found.damaged = True
    return found


def record(folder: Path, version: int) -> None:
    """Record the new data files, the tables that changed and the latest version. The caller has the writers' lock.

    A table that no version changed since keeps its digest, whatever it has become. Raises OSError.
    """
    known = read(folder)
    new = {name: _measured(path) for name, path in _on_disk(folder) if name not in known.files}
    kind = catalogues.catalogue_identity(folder)[0]
    if not new and version == known.version and kind == known.kind:
        return
    changed, dropped = _digests(folder, known if kind == known.kind else Inventory())
    line = _line(max(version, known.version or 0), new, kind, changed, dropped)
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
    known, there = read(folder), catalogue_state.read_state(folder)
    needed = there.files
    files = {name: known.files.get(name) or _measured(path) for name, path in _on_disk(folder)}
    stored = {_name(name) for name in files}
    for name, entry in known.files.items():
        if _name(name) in needed and _name(name) not in stored:
            files[name] = entry
    draft = folder / f".{NAME}.{os.getpid()}.tmp"
    try:
        draft.touch(mode=0o600)
        digests = {name: table.digest for name, table in there.tables.items()}
        draft.write_bytes(_line(version, files, catalogues.catalogue_identity(folder)[0], digests))
        draft.replace(folder / NAME)
    finally:
        draft.unlink(missing_ok=True)


def accept_current_files(folder: Path, quarantine: Path) -> None:
    """Accept the current files as the expected ones, after a person accepted the losses. Raises OSError.

    Data files unknown to the catalogue are moved to the folder `quarantine`: maintenance would delete them as orphans.
    """
    with write_lock(folder):
        try:
            there = catalogue_state.read_state(folder)
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
            version = catalogue_state.version_of(folder)
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
            there, known = catalogue_state.read_state(folder, immutable=immutable), read(folder)
        file = folder / name
        if name == catalogues.SQLITE and (
            full or (sample and sample.chooses(str(file), file.stat().st_size))
        ):
            with closing(catalogue_state.open_sqlite(file, immutable=immutable)) as catalogue:
                if why := integrity_error(catalogue):
                    return [Fault("catalogue damaged", name, detail=why)]
        found = [
            *_against_inventory(name, there.version, known, min_version or 0, full=full),
            *_of_tables(name, there, known),
            *_of_files(folder, there.files, known.files, full=full, sample=sample, digest=digest),
        ]
        if any(each.kind.startswith("file") for each in found) and not immutable:
            # What the upkeep did away with meanwhile is needed no more.
            still = catalogue_state.read_state(folder).files
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


def _of_tables(name: str, there: CatalogueState, known: Inventory) -> Iterator[Fault]:
    """Tables that are no longer what was recorded of them, though no version changed them: the catalogue was."""
    if there.version != known.version or known.kind != name:
        return
    for table, digest in sorted(known.tables.items()):
        now = there.tables.get(table)
        if now is None:
            yield Fault("table changed", name, table, detail="elle n'est plus au catalogue")
        elif now.digest != digest:
            yield Fault("table changed", name, table)


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


def _digests(folder: Path, known: Inventory) -> tuple[dict[str, str], list[str]]:
    """Digests to record of the tables that a later version changed, and the names of those that one dropped."""
    try:
        there = catalogue_state.read_state(folder)
    except (sqlite3.Error, LakeError):
        return {}, []  # `faults` says why
    recorded = -1 if known.version is None else known.version
    new = {
        name: table.digest
        for name, table in there.tables.items()
        if (table.version > recorded or name not in known.tables) and known.tables.get(name) != table.digest
    }
    return new, sorted(known.tables.keys() & there.dropped)


def _line(
    version: int,
    files: dict[str, Recorded],
    kind: str,
    tables: dict[str, str],
    dropped: Sequence[str] = (),
) -> bytes:
    entries = {name: [each.size, each.sha256] for name, each in sorted(files.items())}
    record = {"version": version, "files": entries, "kind": kind, "tables": tables, "dropped": list(dropped)}
    text = json.dumps(record, ensure_ascii=False).encode()
    return _seal(text) + b" " + text + b"\n"


def _seal(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest()[:16].encode()
