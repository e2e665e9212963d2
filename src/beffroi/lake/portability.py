"""Export of a lake's tables as open files, and import with the same checksums.

In: a lake's folder and a target. Out: Parquet (and CSV) files with the content checksum of each table; or a lake made from such
files. A manifest lists the SHA-256 of every file of an export, verified before anything is imported.
"""

# Names go through `quote_identifier`, texts through `quote_literal`: no text of a user becomes SQL.
# ruff: noqa: S608

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

import duckdb

from beffroi.hashing import file_sha256, text_sha256
from beffroi.lake import catalogues, files
from beffroi.lake.errors import LakeError
from beffroi.lake.quoting import quote_literal
from beffroi.lake.store import QUARANTINE, Lake
from beffroi.lake.tables import DELIVERY, LINE

MANIFEST: Final = "manifeste.json"
FILES: Final = "files"
LEDGER: Final = "ledger"
FORMAT: Final = 1


@dataclass(frozen=True)
class ExportedTable:
    """Exported table: its checksum in the lake, its rows, its columns as the lake describes them (`comment`)."""

    checksum: str
    rows: int
    comment: str | None
    types: dict[str, str]


class InvalidExport(LakeError):
    """The export is incomplete, was altered, or cannot be imported here."""


def table_names(folder: Path) -> list[str]:
    """Tables of a lake, quarantine included."""
    if not catalogues.has_catalogue(folder):
        return []
    with Lake(folder, read_only=True) as lake:
        return sorted(
            name
            for (name,) in lake.query_rows(
                "SELECT table_name FROM duckdb_tables() WHERE database_name = 'lake'"
            )
        )


def export_table(folder: Path, table: str, parquet: Path, csv: Path | None = None) -> ExportedTable:
    """Write the current table to `parquet`, with all columns, and its own columns to `csv`. Raises LakeError."""
    parquet.parent.mkdir(parents=True, exist_ok=True)
    with Lake(folder, read_only=True) as lake:
        version = lake.version()  # one state for the file, its copy and its checksum
        place = lake.table_sql(table, version)
        own = f"* EXCLUDE ({DELIVERY}, {LINE})" if table != QUARANTINE else "*"
        try:
            lake.execute(
                f"COPY (FROM {place}) TO {quote_literal(str(parquet))} (FORMAT parquet, COMPRESSION zstd)"
            )
            if csv is not None:
                lake.execute(
                    f"COPY (SELECT {own} FROM {place}) TO {quote_literal(str(csv))} (FORMAT csv, HEADER)"
                )
            shape = lake.column_types(table)
            return ExportedTable(
                lake.checksum(table), lake.count(table, version), lake.table_comment(table), shape
            )
        except (OSError, duckdb.Error) as error:
            raise files.explain(error) from error


def import_tables(folder: Path, tables: Mapping[str, tuple[Path, Mapping[str, Any]]], act: str) -> int:
    """Create a lake from these files (table → Parquet, fields of its `ExportedTable`), in one commit; its version.

    Raises InvalidExport, naming the file, when a table does not have its recorded checksum.
    """
    with Lake(folder) as lake:

        def change() -> None:
            for table, (parquet, exported) in tables.items():
                lake.execute(
                    f"CREATE TABLE {lake.table_sql(table)} AS FROM read_parquet({quote_literal(str(parquet))})"
                )
                lake.set_table_comment(table, exported["comment"])

        try:
            version = lake.commit(act, "carry in", change)
            for table, (parquet, exported) in tables.items():
                if lake.checksum(table, exported["checksum"]) != exported["checksum"]:
                    raise InvalidExport(
                        f"« {parquet.name} » ne donne pas les mêmes données qu'au départ (table {table}). Rien n'a été repris."
                    )
        except duckdb.Error as error:
            raise files.explain(error) from error
        return version


def table_schema(columns: Iterable[Mapping[str, Any]], types: Mapping[str, str]) -> dict[str, Any]:
    """Table Schema (frictionless v1) of the CSV file."""
    known = {
        "text": "string", "code": "string", "integer": "integer", "decimal": "number", "number": "number",
        "boolean": "boolean", "date": "date", "datetime": "datetime", "time": "time", "geometry": "geojson",
    }  # fmt: skip
    described = {column["name"]: column for column in columns}
    fields = []
    for name in types:
        if name in (LINE, DELIVERY):
            continue
        column = described.get(name, {"label": name, "type": "text"})
        field = {"name": name, "title": column["label"], "type": known[column["type"]]}
        if column["type"] == "datetime":
            field["format"] = "any"
        fields.append(field)
    return {"fields": fields, "missingValues": [""]}


def file_checksums(folder: Path) -> dict[str, str]:
    """SHA-256 of each file of the folder but its manifest, by name."""
    return {name: file_sha256(folder / name) for name in _listed(folder)}


def manifest_digest(manifest: Mapping[str, Any], *, ledger_folder: str) -> str:
    """SHA-256 of a manifest without the ledger, whose files are in `ledger_folder`: a line of that ledger can record
    it before the ledger itself is exported.
    """
    content = {name: value for name, value in manifest.items() if name not in (FILES, LEDGER, "format")}
    files = {
        name: value
        for name, value in manifest[FILES].items()
        if PurePosixPath(name).parts[0] != ledger_folder
    }
    text = json.dumps([FORMAT, content, files], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text_sha256(text)


def write_manifest(folder: Path, content: Mapping[str, Any]) -> str:
    """Write the manifest of the folder: `content`, and the SHA-256 of each file. Returns the manifest's own SHA-256."""
    sums = file_checksums(folder)
    text = json.dumps({"format": FORMAT, **content, FILES: sums}, ensure_ascii=False, indent=1).encode()
    (folder / MANIFEST).write_bytes(text)
    return hashlib.sha256(text).hexdigest()


def verify_manifest(folder: Path) -> dict[str, Any]:
    """Manifest of a folder, once all files match it. Raises InvalidExport, naming the first that does not."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
        sums, version = dict(manifest[FILES]), int(manifest["format"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidExport(
            f"« {folder / MANIFEST} » est absent ou illisible : ce dossier n'est pas un export de territoire complet. "
            "Rien n'a été repris."
        ) from error
    if version > FORMAT:
        raise InvalidExport(
            "Cet export vient d'une version plus récente de Beffroi. Rien n'a été repris. Mettez Beffroi à jour, puis recommencez."
        )
    there = set(_listed(folder))
    for name in sorted(sums.keys() | there):
        if name not in there:
            raise InvalidExport(
                f"Il manque « {name} » à cet export. Rien n'a été repris. Copiez-le en entier, puis recommencez."
            )
        if name not in sums:
            raise InvalidExport(
                f"« {name} » ne fait pas partie de cet export. Rien n'a été repris. Retirez-le, puis recommencez."
            )
        if file_sha256(folder / name) != sums[name]:
            raise InvalidExport(
                f"« {name} » a été modifié depuis l'export. Rien n'a été repris. Reprenez le fichier d'origine."
            )
    return manifest


def member_path(folder: Path, name: str) -> Path:
    """Path of a file named by the manifest, never outside of the folder. Raises InvalidExport."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise InvalidExport(f"« {name} » sort de l'export. Rien n'a été repris.")
    return folder / path


def _listed(folder: Path) -> list[str]:
    found = []
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise InvalidExport(
                f"« {name} » est un lien, pas un fichier. Rien n'a été fait. Retirez-le, puis recommencez."
            )
        if path.is_file() and name != MANIFEST:
            found.append(name)
    return sorted(found)
