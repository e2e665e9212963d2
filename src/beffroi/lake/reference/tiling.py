"""Builder of the vector tiles of the imported contours, once at import: `reference/tiles.sqlite` in the home folder.

In: the contours (code, name, GeoJSON). Out: for each zoom, communes simplified together so that neighbours share one border
(Visvalingam and Whyatt 1993, as GEOS does for a coverage), dissolved into EPCI and départements, cut into tiles.
"""

import gzip
import hashlib
import json
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
from duckdb import DuckDBPyConnection, InvalidInputException

from beffroi.lake.engine import connect
from beffroi.lake.reference import place_queries
from beffroi.lake.reference.far_grid import Frame, Ring, geojson, on_grid
from beffroi.lake.reference.tiles import FIRST_ZOOM, LAST_ZOOM, LAYERS, number_of, tiles_file

FORMAT = "3"  # of the file and of the drawing: a change makes other addresses
WORLD = 40_075_016.685578488  # metres round the equator, the side of the Web Mercator square
NAMED_ZOOM = 7  # whose shapes say where places are: light, and near enough for a frame
_PIXELS = 512  # of a tile on the screen
_GRID = 4096  # steps of a tile's side
_FAR_GRID = 2048
# Of communes, where all of France is in a few tiles: what a screen shows, in under 200 kB.
_FAR_COMMUNES = {
    3: 896,
    4: 608,
    5: 472,
}
_TOLERANCE = 0.8  # pixels: a corner whose triangle is smaller is not seen

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE tiles (layer TEXT, z INTEGER, x INTEGER, y INTEGER, data BLOB, PRIMARY KEY (layer, z, x, y)) WITHOUT ROWID;
CREATE TABLE names (layer TEXT PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE places (layer TEXT, code TEXT, name TEXT, source TEXT, west REAL, south REAL, east REAL, north REAL,
                     x REAL, y REAL, PRIMARY KEY (layer, code)) WITHOUT ROWID;
"""


def make_tiles(rows: Sequence[Mapping[str, Any]], home: Path) -> str:
    """Replace the tiles by those of these contours; their version. The previous tiles stay if this fails.

    `rows`: code, name, source, year and geometry (GeoJSON text, longitude and latitude).
    """
    version = _version(rows)
    target = tiles_file(home)
    if _stored_version(target) == version:
        return version
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".tiles-") as folder:
        made = Path(folder) / target.name
        with (
            closing(sqlite3.connect(made)) as file,
            connect(extensions=["spatial"], memory_limit="2GB", temporary=Path(folder)) as engine,
        ):
            file.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _SCHEMA)
            file.execute("INSERT INTO meta VALUES ('version', ?)", (version,))
            _load(engine, rows)
            for zoom in range(LAST_ZOOM, FIRST_ZOOM - 1, -1):
                _simplify(engine, zoom)
                _cut(engine, file, zoom)
                if zoom == NAMED_ZOOM:
                    _places(engine, file, {row["code"]: row for row in rows})
            file.commit()
        made.replace(target)
    return version


def _version(rows: Iterable[Mapping[str, Any]]) -> str:
    digest = hashlib.sha256(f"{FORMAT} {sorted(place_queries.meta().items())}".encode())
    for row in sorted(rows, key=lambda row: str(row["code"])):
        words = [row[key] for key in ("code", "name", "source", "year", "geometry")]
        digest.update(json.dumps(words, ensure_ascii=False).encode())
    return digest.hexdigest()[:16]


def _stored_version(file: Path) -> str | None:
    if not file.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as database:
            row = database.execute("SELECT value FROM meta WHERE key = 'version'").fetchone()
    except sqlite3.Error:
        return None
    return str(row[0]) if row else None


def _load(engine: DuckDBPyConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Table `shapes`: polygons in metres, with the numbers of their EPCI and département; `standalone`: shapes of EPCI themselves."""
    epci = dict(place_queries.every_epci())
    departments = {row[0]: row[5] for row in place_queries.every_commune()}
    known = {name: [row[name] for row in rows] for name in ("code", "geometry")}
    numbers: dict[str, list[int | None]] = {
        "id": [number_of(row["code"]) for row in rows],
        "epci": [_number(epci.get(row["code"])) for row in rows],
        "departement": [_number(departments.get(row["code"])) for row in rows],
    }
    columns = {name: pa.array(values, pa.string()) for name, values in known.items()}
    columns |= {name: pa.array(values, pa.int64()) for name, values in numbers.items()}
    engine.register("rows", pa.table(columns))
    engine.execute(
        "CREATE TEMP TABLE shapes AS SELECT id, epci, departement, length(code) = 9 AS standalone,"
        " ST_Transform(shape, 'OGC:CRS84', 'EPSG:3857', true) AS shape FROM ("
        " SELECT *, ST_CollectionExtract(CASE WHEN ST_IsValid(drawn) THEN drawn ELSE ST_MakeValid(drawn) END, 3) AS shape"
        " FROM (SELECT *, ST_GeomFromGeoJSON(geometry) AS drawn FROM rows) WHERE drawn IS NOT NULL)"
        " WHERE NOT ST_IsEmpty(shape) AND ST_YMax(shape) < 85 AND ST_YMin(shape) > -85"
    )
    engine.unregister("rows")


def _number(code: str | None) -> int | None:
    return number_of(code) if code else None


def _simplify(engine: DuckDBPyConnection, zoom: int) -> None:
    """Simplify each zoom from the one below it, so that shared borders stay shared."""
    tolerance = _TOLERANCE * WORLD / 2**zoom / _PIXELS
    engine.execute(
        "CREATE OR REPLACE TEMP TABLE simpler AS WITH together AS"
        " (SELECT standalone, ST_CoverageSimplify(list(shape ORDER BY id), ?) AS drawn FROM shapes GROUP BY standalone),"
        " parts AS (SELECT standalone, unnest(ST_Dump(drawn)) AS part FROM together)"
        # A place in several pieces is one of those put together: the first number of the path is its rank.
        " SELECT standalone, part.path[1] AS rank, ST_Collect(list(part.geom)) AS shape FROM parts GROUP BY ALL",
        [tolerance],
    )
    engine.execute(
        "CREATE OR REPLACE TEMP TABLE shapes AS SELECT id, epci, departement, standalone, simpler.shape FROM"
        " (SELECT * EXCLUDE (shape), row_number() OVER (PARTITION BY standalone ORDER BY id) AS rank FROM shapes)"
        " JOIN simpler USING (standalone, rank)"
    )


def _cut(engine: DuckDBPyConnection, file: sqlite3.Connection, zoom: int) -> None:
    """Cut the three layers into tiles. Larger places are dissolved inside each tile, where their outlines are short."""
    count, side = 2**zoom, f"{WORLD / 2**zoom}e0"  # « e0 »: a DOUBLE, where DuckDB would read a DECIMAL
    half, margin, whole = f"{WORLD / 2}e0", f"{WORLD / 2**zoom / 64}e0", f"{WORLD / 2**zoom * (1 + 2 / 64)}e0"
    column = f"least(greatest(floor((%s + {half}) / {side})::INT, 0), {count - 1})"
    line = f"least(greatest(floor(({half} - %s) / {side})::INT, 0), {count - 1})"
    engine.execute(
        "CREATE OR REPLACE TEMP TABLE pieces AS WITH columns AS (SELECT *,"  # noqa: S608
        f" unnest(range({column % 'ST_XMin(shape)'}, {column % 'ST_XMax(shape)'} + 1))::INT AS x FROM shapes),"
        f" cells AS (SELECT *, unnest(range({line % 'ST_YMax(shape)'}, {line % 'ST_YMin(shape)'} + 1))::INT AS y FROM columns),"
        f" boxed AS (SELECT *, x * {side} - {half} - {margin} AS w, {half} - (y + 1) * {side} - {margin} AS s FROM cells),"
        f" sized AS (SELECT *, w + {whole} AS e, s + {whole} AS n FROM boxed),"
        " clipped AS (SELECT * EXCLUDE (shape), CASE WHEN ST_XMin(shape) >= w AND ST_XMax(shape) <= e AND ST_YMin(shape) >= s"
        " AND ST_YMax(shape) <= n THEN shape ELSE"
        " ST_CollectionExtract(ST_Intersection(shape, ST_MakeEnvelope(w, s, e, n)), 3) END AS shape FROM sized)"
        " SELECT id, epci, departement, standalone, x, y, shape FROM clipped WHERE NOT ST_IsEmpty(shape) ORDER BY x, y, id"
    )
    # An EPCI without imported communes uses its own imported shape.
    lone = "SELECT x, y, id, shape FROM pieces WHERE standalone AND id NOT IN (SELECT epci FROM shapes WHERE epci IS NOT NULL)"
    union = "SELECT x, y, {0} AS id, ST_CoverageUnion_Agg(shape) AS shape FROM pieces WHERE {0} IS NOT NULL GROUP BY ALL"
    drawn = {
        "communes": "SELECT x, y, id, shape FROM pieces WHERE NOT standalone",
        "epci": f"{union.format('epci')} UNION ALL {lone}",
        "departements": union.format("departement"),
    }
    for layer, pieces in drawn.items():
        made = (
            _far(engine, layer, zoom, pieces) if zoom in _FAR_COMMUNES else _near(engine, layer, zoom, pieces)
        )
        tiles = [(layer, zoom, x, y, gzip.compress(data, 9, mtime=0)) for x, y, data in made if data]
        file.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?, ?)", tiles)


def _near(engine: DuckDBPyConnection, layer: str, zoom: int, pieces: str) -> Iterable[tuple[int, int, bytes]]:
    query = (
        f"WITH pieces AS ({pieces}), drawn AS (SELECT id, x, y, ST_AsMVTGeom(shape,"  # noqa: S608
        f" ST_Extent(ST_TileEnvelope({zoom}, x, y)), {_GRID}, {_GRID // 64}, false) AS shape FROM pieces),"
        " kept AS (SELECT * FROM drawn WHERE shape IS NOT NULL AND NOT ST_IsEmpty(shape) ORDER BY x, y, id)"
        f" SELECT x, y, ST_AsMVT({{'shape': shape, 'id': id}}, '{layer}', {_GRID}, 'shape', 'id') FROM kept GROUP BY x, y"
    )
    return _dissolved(engine, query)


def _far(engine: DuckDBPyConnection, layer: str, zoom: int, pieces: str) -> Iterator[tuple[int, int, bytes]]:
    """Tiles of low zooms, snapped to a coarse grid here: the engine would leave holes, repairing each shape separately."""
    query = f"SELECT x, y, id, ST_AsGeoJSON(shape) FROM ({pieces}) ORDER BY x, y, id"  # noqa: S608
    side, extent = WORLD / 2**zoom, _FAR_COMMUNES[zoom] if layer == "communes" else _FAR_GRID
    for (x, y), rows in groupby(_dissolved(engine, query), key=lambda row: row[:2]):
        frame = Frame(x * side - WORLD / 2, WORLD / 2 - y * side, side, extent)
        shapes = [(number, on_grid(shape, frame)) for _, _, number, shape in rows]
        yield x, y, _drawn(engine, layer, extent, [(number, rings) for number, rings in shapes if rings])


def _drawn(
    engine: DuckDBPyConnection, layer: str, extent: int, shapes: Sequence[tuple[int, list[Ring]]]
) -> bytes:
    """Tile of shapes already on its grid; similar shapes are adjacent, which makes it a sixth lighter once gzipped."""
    if not shapes:
        return b""
    rows = sorted(shapes, key=lambda one: (len(one[1][0]), sum(map(len, one[1])), one[0]))
    engine.register("grid", pa.table({"id": [n for n, _ in rows], "shape": [geojson(rings) for _, rings in rows]}))  # fmt: skip
    (data,) = engine.execute(
        "SELECT ST_AsMVT({'shape': ST_GeomFromGeoJSON(shape), 'id': id}, $layer, $extent, 'shape', 'id') FROM grid",
        {"layer": layer, "extent": extent},
    ).fetchone() or (b"",)
    engine.unregister("grid")
    return bytes(data)


def _dissolved(engine: DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    """Rows of a query; contours that overlap (two files) are not a coverage, and are dissolved by the slower general union."""
    try:
        return engine.execute(query).fetchall()
    except InvalidInputException:
        return engine.execute(query.replace("ST_CoverageUnion_Agg", "ST_Union_Agg")).fetchall()


def _places(
    engine: DuckDBPyConnection, file: sqlite3.Connection, contours: Mapping[str, Mapping[str, Any]]
) -> None:
    """Bounding box, inner point, name and source of each place."""
    names = {"communes": [(code, row["name"]) for code, row in contours.items() if len(code) != 9]}
    epci = {place for _, place in place_queries.every_epci()} | {code for code in contours if len(code) == 9}
    departments = {row[5] for row in place_queries.every_commune() if row[5]}
    names["epci"] = [(row[0], row[1]) for row in place_queries.by_codes(epci)]
    names["departements"] = [(row[0], row[1]) for row in place_queries.by_codes(departments)]
    every = sorted({f"{row['source']}, {row['year'] or 'année inconnue'}" for row in contours.values()})
    outlines = {
        "communes": "SELECT id, shape FROM shapes WHERE NOT standalone",
        "epci": "SELECT epci AS id, ST_CoverageUnion_Agg(shape) AS shape FROM shapes WHERE epci IS NOT NULL GROUP BY ALL"
        " UNION ALL SELECT id, shape FROM shapes WHERE standalone AND id NOT IN"
        " (SELECT epci FROM shapes WHERE epci IS NOT NULL)",
        "departements": "SELECT departement AS id, ST_CoverageUnion_Agg(shape) AS shape FROM shapes"
        " WHERE departement IS NOT NULL GROUP BY ALL",
    }
    for layer in LAYERS:
        named = {number_of(code): (code, name) for code, name in names[layer]}
        query = (
            "SELECT id, ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b), ST_X(p), ST_Y(p) FROM (SELECT id,"  # noqa: S608
            " ST_Transform(ST_Envelope(shape), 'EPSG:3857', 'OGC:CRS84', true) AS b,"
            f" ST_Transform(ST_PointOnSurface(shape), 'EPSG:3857', 'OGC:CRS84', true) AS p FROM ({outlines[layer]}))"
        )
        found = _dissolved(engine, query)
        placed = []
        for number, *numbers in found:
            code, name = named.get(number, ("", ""))
            if not code:
                continue
            row = contours.get(code)
            source = f"{row['source']}, {row['year'] or 'année inconnue'}" if row else " ; ".join(every)
            placed.append((layer, code, name, source, *(round(n, 5) for n in numbers)))
        file.executemany(f"INSERT INTO places VALUES ({', '.join('?' * 10)})", placed)  # noqa: S608
        listed = [[row[1], row[2], round(row[8], 4), round(row[9], 4)] for row in sorted(placed)]
        text = json.dumps(listed, ensure_ascii=False, separators=(",", ":")).encode()
        file.execute("INSERT INTO names VALUES (?, ?)", (layer, gzip.compress(text, 9, mtime=0)))
