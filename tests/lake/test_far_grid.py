"""Tiles of far zooms: coarse, yet without a gap between neighbours; read back by a reader that is not the writer."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.lake.engine import connect
from beffroi.lake.reference.far_grid import Frame, on_grid
from beffroi.lake.reference.tiling import _drawn
from vector_tiles import read_tile

FRAME = Frame(west=0, north=1000, side=1000, extent=10)  # a step is 100 m
SQUARE = [[100, 100], [500, 100], [500, 500], [100, 500], [100, 100]]


def polygon(*rings):
    return json.dumps({"type": "Polygon", "coordinates": rings})


@pytest.fixture(scope="module")
def engine():
    with connect(extensions=("spatial",)) as made:
        yield made


@pytest.fixture(scope="module")
def tile(engine):
    def written(*shapes, frame=FRAME, layer="communes"):
        on = [(number, rings) for number, shape in shapes if (rings := on_grid(shape, frame))]
        return _drawn(engine, layer, frame.extent, on)

    return written


@pytest.fixture(scope="module")
def drawn(tile):
    def read(*shapes, frame=FRAME):
        data = tile(*shapes, frame=frame)
        return read_tile(data)["communes"].rings if data else {}

    return read


def twice(ring):
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True))


def inside(ring, x, y):
    odd = False
    for (x0, y0), (x1, y1) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
            odd = not odd
    return odd


def test_a_shape_goes_to_the_grid_with_north_up_and_its_number(drawn, tile):
    assert drawn((44109, polygon(SQUARE))) == {44109: [[(1, 5), (5, 5), (5, 9), (1, 9)]]}
    layer = read_tile(tile((7, polygon(SQUARE)), layer="epci"))["epci"]
    assert (layer.extent, layer.keys) == (10, [])


@pytest.mark.parametrize("ring", [SQUARE, SQUARE[::-1]])
def test_an_outline_turns_one_way_and_a_hole_the_other_however_they_came(drawn, ring):
    hole = [[200, 200], [200, 400], [400, 400], [400, 200], [200, 200]]
    for inner in (hole, hole[::-1]):
        outline, within = drawn((1, polygon(ring, inner)))[1]
        assert twice(outline) > 0 > twice(within)


def test_redundant_points_are_removed(drawn):
    ring = [
        [100, 100],
        [120, 110],
        [300, 104],
        [500, 100],
        [500, 500],
        [300, 500],
        [300, 700],
        [300, 500],
        [100, 500],
    ]
    assert drawn((1, polygon([*ring, ring[0]]))) == {1: [[(1, 5), (5, 5), (5, 9), (1, 9)]]}


def test_what_encloses_no_step_is_not_drawn_and_an_empty_tile_is_empty(drawn, tile):
    speck = [[110, 110], [130, 110], [120, 130], [110, 110]]
    thread = [[100, 100], [900, 110], [900, 130], [100, 100]]
    assert drawn((1, polygon(speck)), (2, polygon(thread)), (3, polygon(SQUARE))).keys() == {3}
    assert tile((1, polygon(speck))) == b""


def test_each_piece_of_a_place_is_drawn_and_a_speck_among_them_is_not(drawn):
    other = [[600, 600], [900, 600], [900, 900], [600, 600]]
    speck = [[0, 0], [10, 0], [0, 10], [0, 0]]
    shape = json.dumps({"type": "MultiPolygon", "coordinates": [[SQUARE], [speck], [other]]})
    assert len(drawn((1, shape))[1]) == 2


@given(seed=st.integers(0, 10_000), extent=st.integers(6, 40))
def test_neighbours_that_shared_borders_leave_no_gap_on_any_grid(drawn, seed, extent):
    """Forty-nine unequal shapes that cover a square still cover it once snapped to the grid."""
    chance = random.Random(seed)
    count, step = 7, 1000 / 7

    def moved(rank):
        return rank * step + (chance.uniform(-0.45, 0.45) * step if 0 < rank < count else 0)

    corners = {(i, j): [moved(i), moved(j)] for i in range(count + 1) for j in range(count + 1)}
    shapes = []
    for i in range(count):
        for j in range(count):
            ring = [corners[i, j], corners[i + 1, j], corners[i + 1, j + 1], corners[i, j + 1], corners[i, j]]
            shapes.append((i * count + j, polygon(ring)))
    rings = [
        ring for covered in drawn(*shapes, frame=Frame(0, 1000, 1000, extent)).values() for ring in covered
    ]
    for _ in range(60):
        x, y = chance.uniform(0, extent), chance.uniform(0, extent)
        assert any(inside(ring, x, y) for ring in rings), (x, y)
