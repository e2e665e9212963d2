"""JSON: lists of objects, lines of objects, GeoJSON, and objects that contain such lists at some depth.

In: a file. Out: a `Source` for each list, whose cells are the texts of the values, one row an element (`_line` is its
rank), typed afterwards like any other. A geometry is the text of its GeoJSON, in longitude and latitude.
"""

# ruff: noqa: S608 - names are ours, and a text of the file only enters through `quote_literal` or a parameter

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from beffroi.lake.engine import load
from beffroi.lake.errors import UnreadableFile
from beffroi.lake.readers.corrections import scan_as
from beffroi.lake.readers.encodings import Scan, as_utf8, scan
from beffroi.lake.readers.materialize import empty_file_error
from beffroi.lake.readers.projections import (
    WGS84,
    code_of,
    coordinates_guess,
    detect_projection,
    geojson_sql,
    is_known_system,
)
from beffroi.lake.readers.refusals import WIDEST, too_wide_error
from beffroi.lake.readers.source import QuarantinedRow, Source, trim_cell
from beffroi.lake.tables import Guess

# Lists inside an object: how deep they are looked for, and how many become tables.
DEEPEST, MAX_LISTS = 3, 50
HEAVIEST = 512 << 20  # bytes of parsed values held at once
GEOMETRIES = {
    "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection",
}  # fmt: skip

MALFORMED = "Ce fichier JSON est mal formé ou incomplet. Exportez-le à nouveau, puis redéposez-le."
NESTED = (
    "Ce fichier JSON imbrique ses valeurs à une profondeur démesurée : il est refusé par prudence. "
    "Exportez les mêmes données en CSV ou en GeoJSON."
)
_NO_LIST = (
    "Ce fichier JSON n'est pas une liste d'enregistrements (c'est un réglage, un schéma ou un arbre) : "
    "il n'est pas repris comme données. S'il contient un tableau, exportez ce dernier en CSV."
)
_NO_COLUMN = (
    "Ce fichier JSON est une liste sans colonnes, ou vide : il n'est pas repris comme données. "
    "Exportez un tableau en CSV, ou une liste d'objets."
)


@dataclass
class ElementList:
    """List of the file: its elements with their ranks, the quarantined ones, and its name inside the file."""

    name: str
    format_label: str
    elements: list[tuple[int, dict[str, Any]]]
    quarantined: list[QuarantinedRow] = field(default_factory=list)
    geographic: bool = False
    system: str = ""


def exceeds_memory(path: Path) -> bool:
    """Whether the parsed values would take far more memory than their text: the file is then read element by element."""
    weight = 0
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            weight += parsed_weight(chunk)
    return weight > HEAVIEST


def parsed_weight(text: bytes | str) -> int:
    """Estimated bytes of a JSON text once parsed by Python and this reader.

    Counted on its delimiters, those inside strings too: an over-estimate only changes the way of reading.
    """
    signs = ("{", "[", ",") if isinstance(text, str) else (b"{", b"[", b",")
    objects, lists, values = (text.count(sign) for sign in signs)  # type: ignore[arg-type]
    return 500 * objects + 150 * lists + 120 * values


def find_lists(path: Path, work: Path, *, encoding: str | None = None) -> tuple[Scan, list[ElementList]]:
    """Lists of objects of the file, in the corrected encoding if any. Raises UnreadableFile when there is none."""
    found = scan(path)
    if not found.size:
        raise empty_file_error("Ce fichier est vide : il")
    if encoding:
        found = scan_as(path, found, encoding)
    text = as_utf8(path, found, work).read_text(encoding="utf-8-sig")
    try:
        data = json.loads(text)
    except RecursionError as error:
        raise UnreadableFile(NESTED) from error
    except ValueError:
        return found, [_lines(text)]
    return found, _lists(data)


def _lines(text: str) -> ElementList:
    """One object a line; other lines are quarantined, if they are few."""
    elements, quarantined = [], []
    for rank, line in enumerate((line for line in text.splitlines() if line.strip()), 1):
        try:
            value = json.loads(line)
        except RecursionError as error:
            raise UnreadableFile(NESTED) from error
        except ValueError:
            value = None
        if isinstance(value, dict):
            elements.append((rank, value))
        else:
            quarantined.append(
                QuarantinedRow(rank, "mal formée", "La ligne n'est pas un objet JSON.", line[:10_000])
            )
    if not elements or len(quarantined) > 0.1 * len(elements):
        raise UnreadableFile(MALFORMED)
    return ElementList("", "JSON, un élément par ligne", elements, quarantined)


def _lists(data: Any) -> list[ElementList]:
    if (
        isinstance(data, dict)
        and data.get("type") == "FeatureCollection"
        and isinstance(data.get("features"), list)
    ):
        system = data.get("crs") or {}
        named = system.get("properties") or {} if isinstance(system, dict) else {}
        found = _elements("", "GeoJSON", data["features"])
        found.geographic, found.system = True, str(named.get("name", "")) if isinstance(named, dict) else ""
        return [found]
    if isinstance(data, dict) and data.get("type") == "Feature":
        return [ElementList("", "GeoJSON (un seul objet)", [(1, data)], geographic=True)]
    if isinstance(data, list):
        return [_elements("", "JSON (liste)", data)]
    lists = list(_inside(data, "", 0)) if isinstance(data, dict) and not _is_schema(data) else []
    if not lists or len(lists) > MAX_LISTS:
        raise UnreadableFile(_NO_LIST)
    if len(lists) == 1:
        lists[0].name = ""
    return lists


def _is_schema(data: dict[str, Any]) -> bool:
    """Whether the document describes data without containing any: a Table Schema, a JSON Schema, a package."""
    return bool(
        {"$schema", "$id", "$defs", "definitions"} & data.keys()
        or ("fields" in data and {"missingValues", "primaryKey", "name"} & data.keys())
        or ("resources" in data and "profile" in data)
        or data.get("type") == "Topology"
    )


def _inside(data: dict[str, Any], before: str, depth: int) -> Iterator[ElementList]:
    for key, value in data.items():
        if isinstance(value, list) and value and all(isinstance(element, dict) for element in value):
            yield _elements(before + key, f"JSON (liste « {before}{key} »)", value)
        elif isinstance(value, dict) and depth + 1 < DEEPEST:
            yield from _inside(value, f"{before}{key}.", depth + 1)


def _elements(name: str, format_label: str, data: list[Any]) -> ElementList:
    if (
        data
        and all(isinstance(row, list) for row in data)
        and data[0]
        and all(isinstance(key, str) for key in data[0])
    ):
        return _rows(name, format_label, data)
    elements = [(rank, element) for rank, element in enumerate(data, 1) if isinstance(element, dict)]
    quarantined = [
        QuarantinedRow(rank, "mal formée", "L'élément n'est pas un objet.", _text(element) or "null")
        for rank, element in enumerate(data, 1)
        if not isinstance(element, dict)
    ]
    if not elements or len(quarantined) > 0.1 * len(elements):
        raise UnreadableFile(_NO_COLUMN)
    return ElementList(name, format_label, elements, quarantined)


def _rows(name: str, format_label: str, data: list[list[Any]]) -> ElementList:
    """Table as a list of rows, header first."""
    labels, elements, quarantined = data[0], [], []
    for rank, row in enumerate(data[1:], 1):
        if len(row) > len(labels):
            reason = f"La ligne a {len(row)} cellules, le tableau {len(labels)} colonnes."
            quarantined.append(QuarantinedRow(rank, "mal formée", reason, _text(row) or ""))
        else:
            elements.append((rank, dict(zip(labels, row, strict=False))))
    return ElementList(name, format_label, elements, quarantined)


def read_list(
    found: ElementList,
    scanned: Scan,
    connection: duckdb.DuckDBPyConnection,
    work: Path,
    *,
    name: str,
    origin: str,
    sha256: str,
) -> Source:
    nested: set[str] = set()
    flat = [
        feature_row(element, nested) if found.geographic else flat_row(element, nested)
        for _, element in found.elements
    ]
    labels = list(dict.fromkeys(key for row in flat for key in row))
    if not labels:
        raise empty_file_error("Ce fichier JSON")
    if len(labels) > WIDEST:
        raise too_wide_error(len(labels))
    source = Source(connection, work, name, origin, sha256, labels, unit="élément")
    source.guesses += [
        scanned.guess(),
        Guess("Format", found.format_label, "D'après la structure du fichier.", True),
    ]
    if nested:
        why = "Leurs valeurs sont des listes ou des objets dans l'objet : elles sont gardées telles quelles, en texte JSON."
        source.guesses.append(Guess("Valeurs imbriquées", ", ".join(sorted(nested))[:300], why, True))
    arrays = [pa.array([row.get(label) for row in flat], pa.string()) for label in labels]
    names = [f"c{place}" for place in range(1, len(labels) + 1)]
    ranks = pa.array([rank for rank, _ in found.elements], pa.int64())
    connection.register("_elements", pa.table([ranks, *arrays], ["_line", *names]))
    cells = [trim_cell(name) for name in names]
    if found.geographic:
        place = labels.index("geometry")
        source.hints[place] = "geometry"
        system = source_projection(
            source, found, [element.get("geometry") for _, element in found.elements[:500]]
        )
        if system:
            load(connection, "spatial")
            cells[place] = (
                f"CASE WHEN {names[place]} IS NOT NULL THEN {geojson_sql(f'ST_GeomFromGeoJSON({names[place]})', system)} END"
            )
    chosen = ", ".join(f"{cell} AS {name}" for cell, name in zip(cells, names, strict=True))
    try:
        connection.execute(f"CREATE TABLE cells AS SELECT _line, {chosen} FROM _elements")
    except duckdb.Error as error:
        raise UnreadableFile(
            "Une géométrie de ce fichier GeoJSON est mal formée. Exportez-le à nouveau, puis redéposez-le."
        ) from error
    connection.unregister("_elements")
    source.quarantine(found.quarantined)
    return source


def source_projection(source: Source, found: ElementList, geometries: Sequence[Any]) -> int | None:
    """EPSG code to convert from; None when the shapes are in WGS 84, or their system is unknown."""
    points = [point for geometry in geometries if (point := _first_point(geometry))]
    degrees = all(-180.001 <= x <= 180.001 and -90.001 <= y <= 90.001 for x, y in points)
    code = code_of(found.system) if found.system else None
    if code and code != WGS84:
        load(source.connection, "spatial")
        if is_known_system(source.connection, code) and not (degrees and points):
            source.guesses.append(
                coordinates_guess(code, "Le fichier le dit lui-même (« crs »).", certain=True)
            )
            return code
    if degrees:
        source.guesses.append(
            coordinates_guess(
                WGS84, "C'est la règle du GeoJSON, et l'étendue des valeurs s'y accorde.", certain=True
            )
        )
        return None
    verdict = detect_projection(points, "", False)
    why = "Le fichier ne la dit pas, et ce ne sont pas des degrés."
    if verdict is None:
        source.guesses.append(coordinates_guess(None, why, certain=False))
        return None
    source.guesses.append(coordinates_guess(verdict[0].code, f"{why} {verdict[2]}", certain=False))
    return verdict[0].code


def _first_point(geometry: Any) -> tuple[float, float] | None:
    inner = geometry.get("coordinates") if isinstance(geometry, dict) else None
    while isinstance(inner, list) and inner and isinstance(inner[0], list):
        inner = inner[0]
    if (
        isinstance(inner, list)
        and len(inner) >= 2
        and all(isinstance(part, int | float) for part in inner[:2])
    ):
        return float(inner[0]), float(inner[1])
    return None


def feature_row(feature: dict[str, Any], nested: set[str]) -> dict[str, str | None]:
    properties = feature.get("properties")
    row = flat_row(properties if isinstance(properties, dict) else {}, nested)
    if "id" in feature and "id" not in row:
        row["id"] = _text(feature["id"])
    geometry = feature.get("geometry")
    if "geometry" in row:
        row["geometry (attribut)"] = row.pop("geometry")
    return row | {"geometry": json.dumps(geometry, separators=(",", ":")) if geometry else None}


def flat_row(element: dict[str, Any], nested: set[str], before: str = "") -> dict[str, str | None]:
    """Row of an element: one level of nesting becomes columns « parent.enfant »; deeper stays JSON text, and is reported."""
    row: dict[str, str | None] = {}
    for key, value in element.items():
        inner = isinstance(value, dict) and value and not before and value.get("type") not in GEOMETRIES
        if inner and not any(f"{key}.{child}" in element for child in value):
            row |= flat_row(value, nested, f"{key}.")
        else:
            if isinstance(value, dict | list) and value:
                nested.add(before + key)
            row[before + key] = _text(value)
    return row


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)  # as json would, many times faster
    return json.dumps(value, ensure_ascii=False)
