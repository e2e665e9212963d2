"""Shapefiles and DBF tables, read by DuckDB's spatial extension.

In: the .shp (its companions beside it, same stem) or a lone .dbf. Out: a `Source`; the geometry is GeoJSON text,
brought to longitude and latitude when the .prj says where it comes from.
"""

# ruff: noqa: S608 - names are ours, and a text of the file only enters through `literal` or a parameter

from pathlib import Path

import duckdb

from beffroi.lake.engine import load
from beffroi.lake.errors import UnreadableFile
from beffroi.lake.readers.sheets import file_hash
from beffroi.lake.readers.source import Source, clean, literal, quoted
from beffroi.lake.tables import Guess


def read_shapes(
    path: Path, connection: duckdb.DuckDBPyConnection, work: Path, *, name: str, origin: str
) -> Source:
    if path.suffix.lower() == ".shp" and not path.with_suffix(".dbf").is_file():
        raise UnreadableFile(
            "Cette couche est incomplète : déposez dans un même zip ses fichiers .shp, .dbf, .shx et .prj."
        )
    load(connection, "spatial")
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM ST_Read({literal(str(path))})").fetchall()
        # OGC_FID is the reader's own count, not a column of the file.
        columns = [column for column in described if column[0] != "OGC_FID"]
        geometry = [column[0] for column in columns if column[1].startswith("GEOMETRY")]
        labels = [column[0] for column in columns]
        source = Source(connection, work, name, origin, file_hash(path), labels, unit="élément")
        source.guesses.append(
            Guess("Format", "shapefile" if geometry else "DBF", "D'après ses fichiers.", True)
        )
        system = _system(path, connection, source) if geometry else ""
        cells = []
        for place, (column, *_) in enumerate(columns):
            cell = quoted(column)
            if column in geometry:
                moved = f"ST_Transform({cell}, {literal(system)}, 'EPSG:4326', true)" if system else cell
                cell = f"ST_AsGeoJSON({moved})"
                source.hints[place] = "geometry"
            cells.append(f"{clean(f'CAST({cell} AS VARCHAR)')} AS c{place + 1}")
        connection.execute(
            f"CREATE TABLE cells AS SELECT row_number() OVER () AS _line, {', '.join(cells)} "
            f"FROM ST_Read({literal(str(path))})"
        )
    except duckdb.Error as error:
        raise UnreadableFile(
            "Cette couche cartographique est abîmée ou incomplète. Exportez-la à nouveau (shapefile ou GeoJSON)."
        ) from error
    return source


def _system(path: Path, connection: duckdb.DuckDBPyConnection, source: Source) -> str:
    """The well-known text of the .prj, when the extension can use it."""
    prj = path.with_suffix(".prj")
    text = prj.read_text(encoding="utf-8", errors="ignore").strip() if prj.is_file() else ""
    if text:
        try:
            connection.execute(f"SELECT ST_Transform(ST_Point(0, 0), {literal(text)}, 'EPSG:4326', true)")
        except duckdb.Error:
            text = ""
    why = (
        "D'après le fichier .prj."
        if text
        else "Aucun fichier .prj utilisable : les coordonnées sont gardées telles quelles."
    )
    source.guesses.append(
        Guess("Coordonnées", "ramenées en longitude et latitude" if text else "inconnues", why, bool(text))
    )
    return text
