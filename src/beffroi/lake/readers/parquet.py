"""Parquet and GeoParquet: files that name and type their own values.

In: a file. Out: a `Source` whose cells are the texts of the values, one row an element (`_line` is its rank), typed
afterwards like any other. A geometry becomes the text of its GeoJSON, in longitude and latitude.
"""

# ruff: noqa: S608 - names are ours, and a text of the file only enters through `quote_literal` or a parameter

import json
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from beffroi.hashing import file_sha256
from beffroi.lake.engine import load
from beffroi.lake.errors import UnreadableFile
from beffroi.lake.quoting import quote_identifier, quote_literal
from beffroi.lake.readers.projections import WGS84, code_of, coordinates_guess, geojson_sql, is_known_system
from beffroi.lake.readers.refusals import WIDEST, too_wide_error
from beffroi.lake.readers.source import Source, single_threaded, trim_cell
from beffroi.lake.tables import Guess

# The name, in a Parquet file's metadata, of the JSON list of its columns that are texts whatever they look like.
TEXTS = b"beffroi:texts"
MIN_TEXT, HIGHEST_RATIO = 256 << 20, 40
# Cells without text cost their place: as many as a file of its size could honestly hold.
MIN_CELLS, CELLS_A_BYTE = 20_000_000, 4
_TOGETHER = 2_048  # rows whose texts are measured together
_UNFOLDS = (
    "Ce fichier Parquet se décompresse en un volume démesuré, ou ment sur ses tailles : il est refusé par "
    "prudence. Exportez les mêmes données en CSV, puis redéposez-les."
)
_DAMAGED = "Ce fichier Parquet est abîmé ou incomplet. Exportez-le à nouveau, puis redéposez-le."


def read_parquet(
    path: Path, connection: duckdb.DuckDBPyConnection, work: Path, *, name: str, origin: str
) -> Source:
    try:
        systems = _systems(path, connection)
        if systems is not None:
            load(connection, "spatial")  # before the look: geometries are then told as such
        columns = connection.execute(
            f"DESCRIBE SELECT * FROM read_parquet({quote_literal(str(path))})"
        ).fetchall()
    except duckdb.Error as error:
        raise UnreadableFile(_DAMAGED) from error
    if len(columns) > WIDEST:
        raise too_wide_error(len(columns))
    source = Source(
        connection, work, name, origin, file_sha256(path), [column[0] for column in columns], unit="élément"
    )
    cells, long = [], []
    texts = _texts(path)
    for place, (column, type_, *_) in enumerate(columns):
        cell = quote_identifier(column)
        if column in texts:
            source.hints[place] = "text"
        if type_.startswith(("STRUCT", "MAP", "UNION")) or type_.endswith("]"):
            cell = f"to_json({cell})"
            long.append(f"strlen({cell})")
        elif type_.startswith("GEOMETRY") or (
            type_ in ("BLOB", "WKB_BLOB") and column.lower() in ("geometry", "geom", "wkb_geometry")
        ):
            load(connection, "spatial")
            shape = cell if type_.startswith("GEOMETRY") else f"ST_GeomFromWKB({cell})"
            code = (systems or {}).get(column) or code_of(type_) or WGS84
            # By the format, coordinates without a system are longitudes and latitudes.
            known = is_known_system(connection, code)
            cell = geojson_sql(shape, code if known else WGS84)
            source.guesses.append(
                coordinates_guess(code if known else None, "Le fichier le dit lui-même.", certain=True)
            )
            source.hints[place] = "geometry"
            measure = "40 * ST_NPoints" if type_.startswith("GEOMETRY") else "octet_length"
            long.append(f"{measure}({quote_identifier(column)})")
        elif type_ == "BLOB":
            long.append(f"4 * octet_length({cell})")  # as they are shown
        elif type_ in ("VARCHAR", "JSON"):
            long.append(f"strlen({cell})")
        cells.append(f"{trim_cell(f'CAST({cell} AS VARCHAR)')} AS c{place + 1}")
    try:
        _bounded(path, connection, len(columns), long)
        connection.execute(
            f"CREATE TABLE cells AS SELECT row_number() OVER () AS _line, {', '.join(cells)} "
            f"FROM read_parquet({quote_literal(str(path))})"
        )
    except duckdb.OutOfMemoryException as error:
        raise UnreadableFile(_UNFOLDS) from error
    except duckdb.Error as error:
        raise UnreadableFile(_DAMAGED) from error
    source.guesses.append(Guess("Format", "Parquet", "Le fichier le dit lui-même.", True))
    return source


def _bounded(path: Path, connection: duckdb.DuckDBPyConnection, width: int, long: list[str]) -> None:
    """Refuse decompression bombs: a dictionary of one long value expands without limit, so lengths are summed before
    any copy.

    `long`: SQL, the length of each text, blob, structure or list. They are summed a few rows at a time: what is only
    measured may be as large as what is refused.
    """
    size = path.stat().st_size
    (rows,) = connection.execute(
        f"SELECT coalesce(sum(num_rows), 0) FROM parquet_file_metadata({quote_literal(str(path))})"
    ).fetchone() or (0,)
    if rows * width > max(MIN_CELLS, CELLS_A_BYTE * size):
        raise UnreadableFile(_UNFOLDS)
    most = max(MIN_TEXT, HIGHEST_RATIO * size)
    connection.execute(f"SET max_temp_directory_size = '{2 * most} B'")
    if not long:
        return
    lengths = " + ".join(f"coalesce({length}, 0)" for length in long)
    with single_threaded(connection):
        batches = connection.execute(f"SELECT {lengths} FROM read_parquet({quote_literal(str(path))})")
        total = 0
        for batch in batches.to_arrow_reader(_TOGETHER):
            total += pc.sum(batch.column(0)).as_py() or 0
            if total > most:
                raise UnreadableFile(_UNFOLDS)


def _texts(path: Path) -> set[str]:
    """Columns declared as texts by a database, when the file was fetched from one (`lake.sources`)."""
    try:
        found = json.loads((pq.read_schema(path).metadata or {}).get(TEXTS, b"[]"))
    except (pa.ArrowException, OSError, ValueError, RecursionError):
        return set()
    return {name for name in found if isinstance(name, str)} if isinstance(found, list) else set()


def _systems(path: Path, connection: duckdb.DuckDBPyConnection) -> dict[str, int] | None:
    """EPSG code of each geometry of a GeoParquet, by column; None for a plain Parquet."""
    row = connection.execute(
        f"SELECT decode(value) FROM parquet_kv_metadata({quote_literal(str(path))}) WHERE decode(key) = 'geo'"
    ).fetchone()
    if row is None:
        return None
    try:
        columns = json.loads(row[0])["columns"]
        ids = {name: ((metadata.get("crs") or {}).get("id") or {}) for name, metadata in columns.items()}
        return {name: int(id_["code"]) for name, id_ in ids.items() if id_.get("authority") == "EPSG"}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
