"""Map layers: shapefiles, lone DBF tables and GeoPackages, read by DuckDB's spatial extension.

In: the .shp (its companions beside it, same stem), a .dbf or a .gpkg. Out: a `Source` a layer; the geometry is GeoJSON
text, brought to longitude and latitude when the layer says where it comes from. GDAL opens nothing but that format:
a file that only pretends to be one could otherwise point to any other.
"""

# ruff: noqa: S608 - names are ours, and a text of the file only enters through `literal` or a parameter

import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import duckdb

from beffroi.lake.engine import load
from beffroi.lake.errors import UnreadableFile
from beffroi.lake.readers.finishing import nothing_inside
from beffroi.lake.readers.projections import code_of, moved, told, works
from beffroi.lake.readers.sheets import file_hash
from beffroi.lake.readers.source import Source, clean, literal, quoted
from beffroi.lake.tables import Guess

MOST_LAYERS = 500
_DAMAGED = "Cette couche cartographique est abîmée ou incomplète. Exportez-la à nouveau (GeoPackage, shapefile ou GeoJSON)."


@dataclass(frozen=True)
class Layer:
    """`system` is what the engine can bring to WGS 84 (a code, or a well-known text), None when unknown."""

    name: str | None
    system: int | str | None
    named: str


def layers(path: Path, connection: duckdb.DuckDBPyConnection) -> list[Layer]:
    """Every layer of the file, tables without geometry included. Raises UnreadableFile."""
    if path.suffix.lower() == ".shp" and not path.with_suffix(".dbf").is_file():
        raise UnreadableFile(
            "Cette couche est incomplète : déposez dans un même zip ses fichiers .shp, .dbf, .shx et .prj."
        )
    load(connection, "spatial")
    if path.suffix.lower() == ".gpkg":
        return [_layer(path, connection, name) for name in _contents(path)]
    return [_layer(path, connection, None)]


def _contents(path: Path) -> list[str]:
    """The tables that a GeoPackage lists, its pictures left out."""
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        # A view of a hostile file could count for ever.
        connection.set_progress_handler(lambda: 1, 10_000_000)
        found = connection.execute(
            "SELECT table_name FROM gpkg_contents WHERE data_type IN ('features', 'attributes') ORDER BY rowid"
        ).fetchmany(MOST_LAYERS + 1)
    except sqlite3.Error as error:
        raise UnreadableFile(_DAMAGED) from error
    finally:
        connection.close()
    if not found:
        raise nothing_inside("Ce GeoPackage")
    if len(found) > MOST_LAYERS:
        raise UnreadableFile(
            f"Ce GeoPackage a plus de {MOST_LAYERS} couches. Exportez celles qui servent dans un autre fichier."
        )
    return [str(row[0]) for row in found]


def _layer(path: Path, connection: duckdb.DuckDBPyConnection, name: str | None) -> Layer:
    """Where its coordinates come from, by what the engine recognises, or else by the text of the .prj."""
    columns = _describe(path, connection, name)
    declared = next((type_ for _, type_ in columns if type_.startswith("GEOMETRY")), "")
    code = code_of(declared)
    if code and works(connection, code):
        return Layer(name, code, "")
    prj = path.with_suffix(".prj")
    text = prj.read_text(encoding="utf-8", errors="ignore").strip() if prj.is_file() else ""
    if text and "LOCAL_CS" not in text and works(connection, text):
        named = re.search(r'"([^"]*)"', text)
        return Layer(name, text, named[1] if named else "projection du fichier .prj")
    return Layer(name, None, "")


def _reading(path: Path, layer: str | None) -> str:
    driver = "GPKG" if path.suffix.lower() == ".gpkg" else "ESRI Shapefile"
    named = f", layer = {literal(layer)}" if layer is not None and driver == "GPKG" else ""
    return f"ST_Read({literal(str(path))}, allowed_drivers = [{literal(driver)}]{named})"


def _describe(path: Path, connection: duckdb.DuckDBPyConnection, layer: str | None) -> list[tuple[str, str]]:
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {_reading(path, layer)}").fetchall()
    except duckdb.Error as error:
        raise UnreadableFile(_DAMAGED) from error
    # OGC_FID is the reader's own count, not a column of the file.
    return [(column[0], column[1]) for column in described if column[0] != "OGC_FID"]


def read_shapes(
    path: Path,
    layer: Layer,
    connection: duckdb.DuckDBPyConnection,
    work: Path,
    *,
    name: str,
    origin: str,
    sha256: str = "",
) -> Source:
    load(connection, "spatial")
    columns = _describe(path, connection, layer.name)
    geometry = {column for column, type_ in columns if type_.startswith("GEOMETRY")}
    labels = [column for column, _ in columns]
    source = Source(connection, work, name, origin, sha256 or file_hash(path), labels, unit="élément")
    kind = "GeoPackage" if path.suffix.lower() == ".gpkg" else "shapefile" if geometry else "DBF"
    source.guesses.append(Guess("Format", kind, "D'après ses fichiers.", True))
    if geometry:
        code = layer.system if isinstance(layer.system, int) else None
        named = layer.named if layer.system is not None else ""
        why = "La couche le dit elle-même." if named or code else "La couche ne dit pas sa projection."
        source.guesses.append(told(code, why, certain=True, named=named))
    cells = []
    for place, (column, _) in enumerate(columns):
        cell = quoted(column)
        if column in geometry:
            cell = (
                f"CAST(ST_AsGeoJSON({cell}) AS VARCHAR)"
                if layer.system is None
                else moved(cell, layer.system)
            )
            source.hints[place] = "geometry"
        cells.append(f"{clean(f'CAST({cell} AS VARCHAR)')} AS c{place + 1}")
    try:
        connection.execute(
            f"CREATE TABLE cells AS SELECT row_number() OVER () AS _line, {', '.join(cells)} "
            f"FROM {_reading(path, layer.name)}"
        )
    except duckdb.Error as error:
        raise UnreadableFile(_DAMAGED) from error
    return source
