"""Vector tiles of the imported contours, served as stored blobs of one file.

In: the home folder, a layer and a tile's address. Out: gzipped Mapbox Vector Tiles, whose features have a number and
nothing else (`number_of`); the names, frames and sources of the places. `tiling.py` makes the file.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

LAYERS = ("communes", "epci", "departements")
FIRST_ZOOM, LAST_ZOOM = 3, 10
"""MapLibre enlarges the tiles of the last zoom beyond it."""

LETTERED = 10**9

type Box = tuple[float, float, float, float]


def tiles_file(home: Path) -> Path:
    return home / "reference" / "tiles.sqlite"


def number_of(code: str) -> int:
    """Feature number of a place in the tiles, which contain no text: « 01001 » is 1001; a code with a letter (« 2A »)
    is in base 36, beyond every code of digits, SIREN included: Corse-du-Sud would otherwise be 82, like
    Tarn-et-Garonne.

    The map island decodes numbers in the same way.
    """
    return int(code) if code.isdecimal() else LETTERED + int(code, 36)


@dataclass(frozen=True)
class Placed:
    """Place of a layer: its bounding box (west, south, east, north) and a point inside it, in degrees."""

    code: str
    name: str
    source: str
    box: Box
    point: tuple[float, float]


@dataclass(frozen=True)
class Layer:
    """Places of one layer of one version of the tiles, by code."""

    version: str
    name: str
    places: dict[str, Placed]


def version_of(home: Path) -> str | None:
    """Current version of the tiles; None when no contours were imported, or before tiles existed."""
    with _open(home) as database:
        return None if database is None else _version(database)


def tile(home: Path, version: str, layer: str, z: int, x: int, y: int) -> bytes | None:
    """Gzipped tile, empty where nothing is drawn; None for an address that is not of this version."""
    if layer not in LAYERS or not FIRST_ZOOM <= z <= LAST_ZOOM or not (0 <= x < 2**z and 0 <= y < 2**z):
        return None
    with _open(home) as database:
        if database is None or _version(database) != version:
            return None
        row = database.execute(
            "SELECT data FROM tiles WHERE layer = ? AND z = ? AND x = ? AND y = ?", (layer, z, x, y)
        ).fetchone()
    return bytes(row[0]) if row else b""


def names(home: Path, version: str, layer: str) -> bytes | None:
    """Gzipped JSON: `[code, name, longitude, latitude]` of every place of the layer; None as for `tile`."""
    with _open(home) as database:
        if database is None or _version(database) != version:
            return None
        row = database.execute("SELECT data FROM names WHERE layer = ?", (layer,)).fetchone()
    return bytes(row[0]) if row else None


def layer(home: Path, name: str) -> Layer | None:
    """Places of a layer of the current version; None when there is none."""
    version = version_of(home)
    return None if version is None else _layer(tiles_file(home), version, name)


@lru_cache(maxsize=6)
def _layer(file: Path, version: str, name: str) -> Layer:
    with closing(_connect(file)) as database:
        rows = database.execute(
            "SELECT code, name, source, west, south, east, north, x, y FROM places WHERE layer = ? ORDER BY code",
            (name,),
        ).fetchall()
    return Layer(version, name, {r[0]: Placed(r[0], r[1], r[2], r[3:7], r[7:9]) for r in rows})


def box_of(boxes: Iterable[Box]) -> Box | None:
    """Bounding box of all boxes."""
    every = list(boxes)
    if not every:
        return None
    wests, souths, easts, norths = zip(*every, strict=True)
    return min(wests), min(souths), max(easts), max(norths)


@contextmanager
def _open(home: Path) -> Iterator[sqlite3.Connection | None]:
    file = tiles_file(home)
    if not file.is_file():
        yield None
        return
    with closing(_connect(file)) as database:
        yield database


def _connect(file: Path) -> sqlite3.Connection:
    # Replaced whole and never written in place: nobody has to be waited for.
    return sqlite3.connect(f"{file.as_uri()}?mode=ro&immutable=1", uri=True)


def _version(database: sqlite3.Connection) -> str | None:
    row = database.execute("SELECT value FROM meta WHERE key = 'version'").fetchone()
    return str(row[0]) if row else None
