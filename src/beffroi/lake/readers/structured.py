"""Parquet, JSON lists, JSON lines and GeoJSON: files that name and nest their values themselves.

In: a file. Out: a `Source` whose cells are the texts of the values, one row an element (`_line` is its rank), typed
afterwards like any other. A geometry is kept as the text of its GeoJSON, in longitude and latitude.
"""

# ruff: noqa: S608 - names are ours, and a text of the file only enters through `literal` or a parameter

import json
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from beffroi.lake.engine import load
from beffroi.lake.errors import UnreadableFile
from beffroi.lake.readers.encodings import as_utf8, scan
from beffroi.lake.readers.finishing import nothing_inside
from beffroi.lake.readers.sheets import file_hash
from beffroi.lake.readers.source import Source, clean, literal, quoted
from beffroi.lake.tables import Guess

# The name, in a Parquet file's metadata, of the JSON list of its columns that are texts whatever they look like.
TEXTS = b"beffroi:texts"
# A JSON file is read whole: above this size it is asked for in another form.
LARGEST_JSON = 400 * 1024 * 1024


def read_parquet(
    path: Path, connection: duckdb.DuckDBPyConnection, work: Path, *, name: str, origin: str
) -> Source:
    try:
        columns = connection.execute(f"DESCRIBE SELECT * FROM read_parquet({literal(str(path))})").fetchall()
    except duckdb.Error as error:
        raise UnreadableFile(
            "Ce fichier Parquet est abîmé ou incomplet. Exportez-le à nouveau, puis redéposez-le."
        ) from error
    source = Source(
        connection, work, name, origin, file_hash(path), [column[0] for column in columns], unit="élément"
    )
    cells = []
    texts = _texts(path)
    for place, (column, type_, *_) in enumerate(columns):
        cell = quoted(column)
        if column in texts:
            source.hints[place] = "text"
        if type_.startswith(("STRUCT", "MAP", "UNION")) or type_.endswith("]"):
            cell = f"to_json({cell})"
        elif type_ == "GEOMETRY" or (
            type_ in ("BLOB", "WKB_BLOB") and column.lower() in ("geometry", "geom", "wkb_geometry")
        ):
            load(connection, "spatial")
            cell = f"ST_AsGeoJSON({cell if type_ == 'GEOMETRY' else f'ST_GeomFromWKB({cell})'})"
            source.hints[place] = "geometry"
        cells.append(f"{clean(f'CAST({cell} AS VARCHAR)')} AS c{place + 1}")
    connection.execute(
        f"CREATE TABLE cells AS SELECT row_number() OVER () AS _line, {', '.join(cells)} "
        f"FROM read_parquet({literal(str(path))})"
    )
    source.guesses.append(Guess("Format", "Parquet", "Le fichier le dit lui-même.", True))
    return source


def _texts(path: Path) -> set[str]:
    """The columns that a database declared as texts, when the file was fetched from one (`lake.sources`)."""
    try:
        found = json.loads((pq.read_schema(path).metadata or {}).get(TEXTS, b"[]"))
    except (pa.ArrowException, OSError, ValueError):
        return set()
    return {name for name in found if isinstance(name, str)} if isinstance(found, list) else set()


def read_json(
    path: Path, connection: duckdb.DuckDBPyConnection, work: Path, *, name: str, origin: str
) -> Source:
    """A list of objects, a GeoJSON collection, lines of JSON, or an object that holds one list of objects."""
    found = scan(path)
    if not found.size:
        raise nothing_inside("Ce fichier est vide : il")
    if found.size > LARGEST_JSON:
        raise UnreadableFile(
            "Ce fichier JSON est trop lourd (plus de 400 Mo). Exportez les mêmes données en CSV ou en Parquet."
        )
    text = as_utf8(path, found, work).read_text(encoding="utf-8-sig")
    elements, said = _elements(text)
    geographic = said.startswith("GeoJSON")
    flat = [_feature(element) if geographic else _flat(element) for element in elements]
    labels = list(dict.fromkeys(key for element in flat for key in element))
    if not labels:
        raise nothing_inside("Ce fichier JSON")
    source = Source(connection, work, name, origin, found.sha256, labels, unit="élément")
    arrays = [pa.array([element.get(label) for element in flat], pa.string()) for label in labels]
    names = [f"c{place}" for place in range(1, len(labels) + 1)]
    connection.register("_elements", pa.table(arrays, names))
    cleaned = ", ".join(f"{clean(name)} AS {name}" for name in names)
    connection.execute(
        f"CREATE TABLE cells AS SELECT row_number() OVER () AS _line, {cleaned} FROM _elements"
    )
    connection.unregister("_elements")
    if geographic:
        source.hints[labels.index("geometry")] = "geometry"
    source.guesses += [found.guess(), Guess("Format", said, "D'après la structure du fichier.", True)]
    return source


def _elements(text: str) -> tuple[list[dict[str, Any]], str]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            data = [json.loads(line) for line in lines]
        except (ValueError, RecursionError) as error:
            raise UnreadableFile(
                "Ce fichier JSON est mal formé ou incomplet. Exportez-le à nouveau, puis redéposez-le."
            ) from error
        return _objects(data), "JSON, un élément par ligne"
    if (
        isinstance(data, dict)
        and data.get("type") == "FeatureCollection"
        and isinstance(data.get("features"), list)
    ):
        return _objects(data["features"]), "GeoJSON"
    if isinstance(data, dict) and data.get("type") == "Feature":
        return [data], "GeoJSON (un seul objet)"
    if isinstance(data, list):
        return _objects(data), "JSON (liste)"
    lists = {key: value for key, value in data.items() if _is_list(value)} if isinstance(data, dict) else {}
    if len(lists) == 1:
        key, value = next(iter(lists.items()))
        return _objects(value), f"JSON (liste « {key} »)"
    raise UnreadableFile(
        "Ce fichier JSON n'est pas une liste d'enregistrements (c'est un réglage, un schéma ou un arbre) : "
        "il n'est pas repris comme données. S'il contient un tableau, exportez ce dernier en CSV."
    )


def _is_list(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(element, dict) for element in value)


def _objects(data: list[Any]) -> list[dict[str, Any]]:
    if (
        data
        and all(isinstance(element, list) for element in data)
        and all(isinstance(key, str) for key in data[0])
    ):
        # A table as a list of rows, header first.
        return [dict(zip(data[0], row, strict=False)) for row in data[1:]]
    if not data or not all(isinstance(element, dict) for element in data):
        raise UnreadableFile(
            "Ce fichier JSON est une liste sans colonnes, ou vide : il n'est pas repris comme données. "
            "Exportez un tableau en CSV, ou une liste d'objets."
        )
    return data


def _feature(feature: dict[str, Any]) -> dict[str, str | None]:
    row = _flat(feature.get("properties") or {})
    if "id" in feature and "id" not in row:
        row["id"] = _text(feature["id"])
    geometry = feature.get("geometry")
    row.pop("geometry", None)
    return row | {"geometry": json.dumps(geometry, separators=(",", ":")) if geometry else None}


def _flat(element: dict[str, Any], before: str = "") -> dict[str, str | None]:
    """One level of nesting becomes columns « parent.enfant »; deeper stays JSON text."""
    row: dict[str, str | None] = {}
    for key, value in element.items():
        if isinstance(value, dict) and value and not before and value.get("type") not in _GEOMETRIES:
            row |= _flat(value, f"{key}.")
        else:
            row[before + key] = _text(value)
    return row


_GEOMETRIES = {
    "Point",
    "LineString",
    "Polygon",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
    "GeometryCollection",
}


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False)
