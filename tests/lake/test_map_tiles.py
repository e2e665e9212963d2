"""Vector tiles of imported contours: shared borders at every zoom, and numbers only, no names."""

import gzip
import json
import math
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from beffroi.lake.reference import import_contours, place_queries, tiles
from reference_data import require_reference
from vector_tiles import TileLayer, read_tile

WEST, SOUTH, STEP = -1.6, 47.2, 0.12
# Nantes, Saint-Herblain, then Bouguenais and Ajaccio, far from home: two rows of two, with jagged borders.
CODES = ("44109", "44162", "44020", "2A004")


@pytest.fixture(autouse=True, scope="module")
def _places() -> None:
    require_reference()


def jagged(start: tuple[float, float], end: tuple[float, float]) -> list[list[float]]:
    """A border of 60 points, a little off the straight line, the same in both directions."""
    if end < start:
        return jagged(end, start)[::-1]
    (x0, y0), (x1, y1) = start, end
    line = []
    for n in range(61):
        off = 0.0004 * ((n * 7) % 5 - 2) if 0 < n < 60 else 0.0
        across = (off, 0.0) if x0 == x1 else (0.0, off)
        line.append([x0 + (x1 - x0) * n / 60 + across[0], y0 + (y1 - y0) * n / 60 + across[1]])
    return line


def square(column: int, row: int) -> list[list[float]]:
    corners = [
        (WEST + STEP * (column + i), SOUTH + STEP * (row + j)) for i, j in ((0, 0), (1, 0), (1, 1), (0, 1))
    ]
    ring: list[list[float]] = []
    for start, end in zip(corners, [*corners[1:], corners[0]], strict=True):
        ring += jagged(start, end)[:-1]
    return [*ring, ring[0]]


def shapes() -> dict[str, Any]:
    features = []
    for rank, code in enumerate(CODES):
        parts = [[square(rank % 2, rank // 2)]]
        if code == "44162":  # a commune in two pieces, as islands are
            parts.append([[[-2.0, 47.0], [-1.95, 47.0], [-1.95, 47.04], [-2.0, 47.0]]])
        geometry = {"type": "MultiPolygon", "coordinates": parts}
        features.append({"type": "Feature", "properties": {"insee": code}, "geometry": geometry})
    return {"type": "FeatureCollection", "features": features}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiles")
    file = folder / "communes-2025.geojson"
    file.write_text(json.dumps(shapes()), encoding="utf-8")
    import_contours(file, folder, source="IGN")
    return folder


def read(home: Path, layer: str, zoom: int, lon: float, lat: float) -> TileLayer:
    x = int((lon + 180) / 360 * 2**zoom)
    y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**zoom)
    version = tiles.version_of(home)
    assert version is not None
    data = tiles.tile(home, version, layer, zoom, x, y)
    assert data, (layer, zoom, x, y)
    return read_tile(gzip.decompress(data))[layer]


@pytest.mark.parametrize("zoom", range(tiles.FIRST_ZOOM, tiles.LAST_ZOOM + 1))
def test_neighbours_share_every_point_of_their_border_at_every_zoom(home: Path, zoom: int) -> None:
    found = read(home, "communes", zoom, WEST + STEP, SOUTH + STEP / 2)
    left, right = (
        {point for ring in found.rings[tiles.number_of(code)] for point in ring} for code in CODES[:2]
    )
    middle = max(x for x, _ in left)
    # Of each, the points that lie near the border between them: the same ones, or a gap would show.
    near = found.extent / 100
    top, bottom = (limit(y for x, y in left if x > middle - near) for limit in (min, max))
    computed = {p for p in left if p[0] > middle - near and top <= p[1] <= bottom}
    expected = {
        p
        for p in right
        if p[0] < min(x for x, y in right if top <= y <= bottom) + near and top <= p[1] <= bottom
    }
    assert len(computed & expected) >= 2
    assert sum(_area(ring) for code in CODES[:2] for ring in found.rings[tiles.number_of(code)]) > 0


def _area(ring: list[tuple[int, int]]) -> float:
    closed = zip(ring, [*ring[1:], ring[0]], strict=True)
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in closed)) / 2


@pytest.mark.parametrize("zoom", [6, 8, 10])
def test_no_sliver_is_left_between_neighbours(home: Path, zoom: int) -> None:
    """Together the four cover what their outline encloses: edges that two polygons share cancel out."""
    found = read(home, "communes", zoom, WEST + STEP / 2, SOUTH + STEP / 2)
    edges: dict[tuple[tuple[int, int], tuple[int, int]], int] = {}
    for code in CODES:
        for ring in found.rings.get(tiles.number_of(code), []):
            for edge in zip(ring, [*ring[1:], ring[0]], strict=True):
                edges[edge] = edges.get(edge, 0) + 1
    inner = [edge for edge in edges if edge[::-1] in edges]
    assert inner, "some border is shared"
    outline = [edge for edge in edges if edge[::-1] not in edges]
    enclosed = abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in outline)) / 2
    whole = sum(_area(ring) for code in CODES for ring in found.rings.get(tiles.number_of(code), []))
    assert enclosed == pytest.approx(whole)


def test_far_away_borders_are_simpler_than_near(home: Path) -> None:
    far, near = (read(home, "communes", zoom, WEST + 0.01, SOUTH + 0.01) for zoom in (5, 10))
    points = [sum(len(ring) for ring in found.rings[tiles.number_of("44109")]) for found in (far, near)]
    assert points[0] < points[1]


def test_tile_contains_only_the_numbers_of_places(home: Path) -> None:
    found = read(home, "communes", 6, WEST, SOUTH)
    assert set(found.rings) == {tiles.number_of(code) for code in CODES}
    assert found.keys == []


def test_each_place_has_its_own_name_and_frame_even_after_one_in_pieces(home: Path) -> None:
    content = tiles.layer(home, "communes")
    assert content is not None
    for rank, code in enumerate(CODES):
        place = content.places[code]
        x, y = place.point
        assert place.source == "IGN, 2025"
        assert place.box[0] <= x <= place.box[2] and place.box[1] <= y <= place.box[3]
        assert place.box[2] == pytest.approx(WEST + STEP * (rank % 2 + 1), abs=0.01), code
        assert place.box[3] == pytest.approx(SOUTH + STEP * (rank // 2 + 1), abs=0.01), code
    assert (content.places["44109"].name, content.places["2A004"].name) == ("Nantes", "Ajaccio")


def test_larger_places_are_made_of_their_communes(home: Path) -> None:
    found = read(home, "departements", 6, WEST, SOUTH)
    assert set(found.rings) == {44, tiles.number_of("2A")}
    epci = tiles.layer(home, "epci")
    assert epci is not None and epci.places["244400404"].name.startswith("Nantes Métropole")


def test_the_names_of_a_layer_come_apart(home: Path) -> None:
    version = tiles.version_of(home)
    assert version is not None
    data = tiles.names(home, version, "communes")
    assert data is not None
    rows = json.loads(gzip.decompress(data))
    assert [row[:2] for row in rows][:2] == [["2A004", "Ajaccio"], ["44020", "Bouguenais"]]


@pytest.mark.parametrize(
    "address",
    [
        ("communes", 2, 0, 0),
        ("communes", 11, 0, 0),
        ("communes", 5, 32, 0),
        ("communes", 5, 0, -1),
        ("regions", 5, 0, 0),
        ("communes; DROP TABLE tiles", 5, 0, 0),
    ],
)
def test_an_address_outside_the_pyramid_is_none(home: Path, address: tuple[str, int, int, int]) -> None:
    version = tiles.version_of(home)
    assert version is not None
    assert tiles.tile(home, version, *address) is None


def test_a_tile_where_nothing_is_drawn_is_empty_and_another_version_is_none(home: Path) -> None:
    version = tiles.version_of(home)
    assert version is not None
    assert tiles.tile(home, version, "communes", 10, 0, 0) == b""
    assert tiles.tile(home, "autre", "communes", 10, 0, 0) is None
    assert tiles.names(home, "autre", "communes") is None


def test_the_version_changes_with_the_contours_and_only_then(home: Path, tmp_path: Path) -> None:
    file = home / "communes-2025.geojson"
    import_contours(file, tmp_path, source="IGN")
    before = tiles.version_of(tmp_path)
    assert before == tiles.version_of(home)
    import_contours(file, tmp_path, source="IGN")
    assert tiles.version_of(tmp_path) == before
    import_contours(file, tmp_path, source="Commune")
    assert tiles.version_of(tmp_path) != before
    with sqlite3.connect(tiles.tiles_file(tmp_path)) as content:
        assert content.execute("SELECT count(*) FROM tiles").fetchone()[0] > 0
    assert [path.name for path in (tmp_path / "reference").iterdir() if path.name.startswith(".")] == []


def test_without_contours_there_are_no_tiles(tmp_path: Path) -> None:
    assert tiles.version_of(tmp_path) is None
    assert tiles.layer(tmp_path, "communes") is None
    assert tiles.tile(tmp_path, "v", "communes", 5, 0, 0) is None


def test_no_two_places_of_france_have_one_number() -> None:
    communes = {row[0] for row in place_queries.every_commune()}
    departments = {row[5] for row in place_queries.every_commune() if row[5]}
    epci = {place for _, place in place_queries.every_epci()}
    for codes in (communes, departments, epci):
        assert len({tiles.number_of(code) for code in codes}) == len(codes)
    assert {"2A", "82"} <= departments
    assert max(map(tiles.number_of, communes | epci)) < 2**53  # what the browser counts exactly
