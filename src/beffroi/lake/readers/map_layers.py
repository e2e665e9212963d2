"""Map layers: shapefiles, standalone DBF tables and GeoPackages, read by DuckDB's spatial extension.

In: the .shp (its companions next to it, same stem), a .dbf or a .gpkg. Out: a `Source` for each layer; the geometry
is GeoJSON text, converted to longitude and latitude when the layer declares its system. GDAL may open only that
format: a forged file could otherwise point to any other.
"""

# ruff: noqa: S608 - names are ours, and a text of the file only enters through `quote_literal` or a parameter

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from beffroi.hashing import file_sha256
from beffroi.lake.errors import UnreadableFile
from beffroi.lake.quoting import quote_identifier, quote_literal
from beffroi.lake.readers import shapefile_lengths
from beffroi.lake.readers.materialize import empty_file_error
from beffroi.lake.readers.projections import code_of, coordinates_guess, geojson_sql, is_known_system
from beffroi.lake.readers.refusals import MAX_TABLES, WIDEST, too_many_error, too_wide_error
from beffroi.lake.readers.source import Source, trim_cell
from beffroi.lake.tables import Guess

_DAMAGED = "Cette couche cartographique est abîmée ou incomplète. Exportez-la à nouveau (GeoPackage, shapefile ou GeoJSON)."


_VIEW = (
    "Cette couche est une vue, une table virtuelle ou a des colonnes calculées : c'est une requête, pas des données, et elle n'est "
    "pas exécutée. Enregistrez-la comme une couche ordinaire (dans QGIS : Exporter), puis redéposez-la."
)
_VIEWS = (
    "Ce GeoPackage décrit ses couches par des requêtes au lieu de tables : il est refusé par prudence. "
    "Exportez ses couches dans un nouveau GeoPackage, puis redéposez-le."
)
# Tables of a GeoPackage's catalogue that the reader queries.
_CATALOGUE = ("gpkg_", "rtree_", "sqlite_", "ogr_")


@dataclass(frozen=True)
class Layer:
    """`system` is what the engine can convert to WGS 84 (a code, or a well-known text), None when unknown."""

    name: str | None
    system: int | str | None
    named: str


def layers(path: Path) -> list[str | None]:
    """Names of the layers of the file, tables without geometry included; None for the only one of another format.

    Raises UnreadableFile.
    """
    if path.suffix.lower() == ".shp" and not path.with_suffix(".dbf").is_file():
        raise UnreadableFile(
            "Cette couche est incomplète : déposez dans un même zip ses fichiers .shp, .dbf, .shx et .prj."
        )
    if path.suffix.lower() != ".gpkg" and not shapefile_lengths.are_whole(path):
        raise UnreadableFile(_DAMAGED)
    return [*_contents(path)] if path.suffix.lower() == ".gpkg" else [None]


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """GeoPackage opened as an SQLite file. Raises UnreadableFile."""
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        # These queries are instant: one that is not is a trap of the file.
        connection.set_progress_handler(lambda: 1, 10_000_000)
        yield connection
    except sqlite3.Error as error:
        raise UnreadableFile(_DAMAGED) from error
    finally:
        connection.close()


def _contents(path: Path) -> list[str]:
    """Tables listed by a GeoPackage, rasters excluded. Its own catalogue must be made of tables."""
    with _opened(path) as connection:
        views = connection.execute("SELECT lower(name) FROM sqlite_master WHERE type = 'view'")
        if any(name.startswith(_CATALOGUE) for (name,) in views):
            raise UnreadableFile(_VIEWS)
        found = connection.execute(
            "SELECT table_name FROM gpkg_contents WHERE data_type IN ('features', 'attributes') ORDER BY rowid"
        ).fetchmany(MAX_TABLES + 1)
    if not found:
        raise empty_file_error("Ce GeoPackage")
    if len(found) > MAX_TABLES:
        raise too_many_error("Ce GeoPackage", "couches")
    return [str(row[0]) for row in found]


def _must_be_a_table(path: Path, name: str) -> None:
    """Refuse a view, a virtual table or a computed column: a program of the file, which may never end."""
    with _opened(path) as connection:
        row = connection.execute(
            "SELECT type, sql FROM sqlite_master WHERE lower(name) = lower(?) AND type IN ('table', 'view')",
            [name],
        ).fetchone()
        if row is None:
            raise UnreadableFile(_DAMAGED)
        columns = connection.execute("SELECT hidden FROM pragma_table_xinfo(?)", [name])
        if row[0] != "table" or "VIRTUAL" in str(row[1])[:40].upper() or any(hidden for (hidden,) in columns):
            raise UnreadableFile(_VIEW)


def _layer(
    path: Path, connection: duckdb.DuckDBPyConnection, name: str | None, columns: list[tuple[str, str]]
) -> Layer:
    """Coordinate system of a layer, as the engine recognises it, or else from the text of the .prj."""
    declared = next((type_ for _, type_ in columns if type_.startswith("GEOMETRY")), "")
    code = code_of(declared)
    if code and is_known_system(connection, code):
        return Layer(name, code, "")
    prj = path.with_suffix(".prj")
    text = _beginning(prj).strip() if prj.is_file() else ""
    if text and "LOCAL_CS" not in text and is_known_system(connection, text):
        named = re.search(r'"([^"]*)"', text)
        return Layer(name, text, named[1] if named else "projection du fichier .prj")
    return Layer(name, None, "")


def _beginning(prj: Path) -> str:
    """Text of a .prj, which has one line of a few kilobytes at most."""
    with prj.open(encoding="utf-8", errors="ignore") as file:
        return file.read(1 << 16)


def _reading(path: Path, layer: str | None) -> str:
    driver = "GPKG" if path.suffix.lower() == ".gpkg" else "ESRI Shapefile"
    named = f", layer = {quote_literal(layer)}" if layer is not None and driver == "GPKG" else ""
    return f"ST_Read({quote_literal(str(path))}, allowed_drivers = [{quote_literal(driver)}]{named})"


def _describe(path: Path, connection: duckdb.DuckDBPyConnection, layer: str | None) -> list[tuple[str, str]]:
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {_reading(path, layer)}").fetchall()
    except duckdb.Error as error:
        raise UnreadableFile(_DAMAGED) from error
    # OGC_FID is the reader's own count, not a column of the file.
    return [(column[0], column[1]) for column in described if column[0] != "OGC_FID"]


def read_shapes(
    path: Path,
    layer_name: str | None,
    connection: duckdb.DuckDBPyConnection,
    work: Path,
    *,
    name: str,
    origin: str,
    sha256: str = "",
) -> Source:
    """Source of one layer. The connection has the spatial extension. Raises UnreadableFile."""
    if layer_name is not None:
        _must_be_a_table(path, layer_name)
    columns = _describe(path, connection, layer_name)
    if len(columns) > WIDEST:
        raise too_wide_error(len(columns))
    layer = _layer(path, connection, layer_name, columns)
    geometry = {column for column, type_ in columns if type_.startswith("GEOMETRY")}
    labels = [column for column, _ in columns]
    source = Source(connection, work, name, origin, sha256 or file_sha256(path), labels, unit="élément")
    kind = "GeoPackage" if path.suffix.lower() == ".gpkg" else "shapefile" if geometry else "DBF"
    source.guesses.append(Guess("Format", kind, "D'après ses fichiers.", True))
    if geometry:
        code = layer.system if isinstance(layer.system, int) else None
        named = layer.named if layer.system is not None else ""
        why = "La couche le dit elle-même." if named or code else "La couche ne dit pas sa projection."
        source.guesses.append(coordinates_guess(code, why, certain=True, named=named))
    cells = []
    for place, (column, _) in enumerate(columns):
        cell = quote_identifier(column)
        if column in geometry:
            cell = (
                f"CAST(ST_AsGeoJSON({cell}) AS VARCHAR)"
                if layer.system is None
                else geojson_sql(cell, layer.system)
            )
            source.hints[place] = "geometry"
        cells.append(f"{trim_cell(f'CAST({cell} AS VARCHAR)')} AS c{place + 1}")
    try:
        connection.execute(
            f"CREATE TABLE cells AS SELECT row_number() OVER () AS _line, {', '.join(cells)} "
            f"FROM {_reading(path, layer.name)}"
        )
    except duckdb.Error as error:
        raise UnreadableFile(_DAMAGED) from error
    return source
