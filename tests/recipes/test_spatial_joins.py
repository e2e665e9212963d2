"""Spatial joins against the reference implementation: containing area, nearest row, rows around, covered share."""

import json
import math
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

import rings
from beffroi.lake.engine import connect
from beffroi.recipes.compile import compile, disclosure_step
from beffroi.recipes.context import StepContext
from beffroi.recipes.errors import RecipeError
from beffroi.recipes.model import Recipe, sources_of
from beffroi.recipes.spatial_report import SpatialJoinReport, report
from recipes import geometry_reference, interpreter

DUMPS = pa.schema([("id", pa.int64()), ("lon", pa.float64()), ("lat", pa.float64())])
AREAS = pa.schema([("nom", pa.string()), ("rang", pa.int64()), ("geometry", pa.string())])
SCHOOLS = pa.schema(
    [("ecole", pa.string()), ("eleves", pa.int64()), ("x", pa.float64()), ("y", pa.float64())]
)
SHAPES = pa.schema([("id", pa.int64()), ("geometry", pa.string())])
SCHEMAS = {"depots": DUMPS, "quartiers": AREAS, "ecoles": SCHOOLS, "parcelles": SHAPES}
XY = {"x": "lon", "y": "lat"}
SHAPE = {"geometry": "geometry"}
SCHOOL = {"x": "x", "y": "y"}
NOTRE_DAME, REIMS, STRASBOURG = (2.34990, 48.85297), (4.03400, 49.25388), (7.75110, 48.58190)

connection = ibis.duckdb.from_connection(connect(extensions=["spatial"]))


def tables(**rows: list[interpreter.Row]) -> dict[str, ir.Table]:
    for name, table_rows in rows.items():
        connection.con.register("arriving", pa.Table.from_pylist(table_rows, SCHEMAS[name]))
        connection.con.execute(f"CREATE OR REPLACE TABLE {name} AS FROM arriving")
    return {name: connection.table(name) for name in rows}


def recipe(first: str, *steps: dict[str, Any]) -> Recipe:
    sources = {name: name for name in SCHEMAS}
    start = {"step": "source", "source": first}
    return Recipe.model_validate({"title": "Essai", "sources": sources, "steps": [start, *steps]})


def found(made: Recipe, **rows: list[interpreter.Row]) -> list[interpreter.Row]:
    result: list[interpreter.Row] = compile(made, tables(**rows)).to_pyarrow().to_pylist()
    return sorted(result, key=lambda row: row["id"])


def compared(made: Recipe, *, metres: float = 0.002, **rows: list[interpreter.Row]) -> None:
    """The same rows and values; measures to `metres` (the reference's own formulas stop there)."""
    expected = interpreter.follow(made, rows, None)  # type: ignore[arg-type]
    for one, other in zip(found(made, **rows), sorted(expected, key=lambda row: row["id"]), strict=True):
        assert list(one) == list(other)
        for name, value in one.items():
            if isinstance(value, float) and other[name] is not None:
                assert math.isclose(value, other[name], rel_tol=1e-6, abs_tol=metres), (one, other)
            else:
                assert value == other[name], (one, other)


# Areas end on whole hundredths of a degree and points stand between: none is on a border.
def _between(low: int, high: int) -> st.SearchStrategy[float]:
    return st.integers(low, high).map(lambda n: n / 100 + 0.0037)


dumps = st.lists(
    st.tuples(st.none() | _between(610, 640), st.none() | _between(4760, 4780)), min_size=1, max_size=12
).map(lambda points: [{"id": n, "lon": lon, "lat": lat} for n, (lon, lat) in enumerate(points)])


@st.composite
def rectangles(draw: st.DrawFn) -> str:
    west, south = draw(st.integers(605, 640)), draw(st.integers(4755, 4780))
    east, north = west + draw(st.integers(1, 6)), south + draw(st.integers(1, 15))
    return geometry_reference.rectangle(west / 100, south / 100, east / 100, north / 100)


areas = st.lists(
    st.fixed_dictionaries(
        {"nom": st.sampled_from("ABCDE"), "rang": st.integers(0, 3), "geometry": rectangles()}
    ),
    max_size=6,
)
schools = st.lists(
    st.fixed_dictionaries(
        {
            "ecole": st.sampled_from("ABCDEFGH"),
            "eleves": st.integers(0, 300),
            "x": _between(600, 650),
            "y": _between(4750, 4790),
        }
    ),
    max_size=8,
)
parcels = st.lists(rectangles(), min_size=1, max_size=5).map(
    lambda points: [{"id": n, "geometry": shape} for n, shape in enumerate(points)]
)

WITHIN = {"step": "within", "source": "quartiers", "coordinates": XY, "other": SHAPE, "columns": ["nom"]}
NEAREST = {"step": "nearest", "source": "ecoles", "coordinates": XY, "other": SCHOOL, "columns": ["ecole"]}
AROUND = {"step": "around", "source": "ecoles", "coordinates": XY, "other": SCHOOL, "metres": 5_000}
SHARE = {"step": "area_share", "source": "quartiers", "coordinates": SHAPE, "other": SHAPE}


@rings.costly
@given(dumps, areas, st.booleans())
def test_each_row_gets_the_first_area_that_contains_it(
    depots: list[interpreter.Row], quartiers: list[interpreter.Row], last: bool
) -> None:
    first = [{"column": "rang", "descending": last}]
    compared(recipe("depots", WITHIN), depots=depots, quartiers=quartiers)
    compared(
        recipe("depots", {**WITHIN, "columns": ["nom", "rang"], "first": first}),
        depots=depots,
        quartiers=quartiers,
    )


def test_the_requested_order_precedes_that_of_the_joined_columns() -> None:
    """Both areas hold the place and bear the same name: the greater rank comes first, though it is brought too."""
    around = [
        {"nom": "A", "rang": rang, "geometry": geometry_reference.rectangle(6.05, 47.55, 6.11, 47.61)}
        for rang in (0, 1)
    ]
    made = recipe(
        "depots",
        {**WITHIN, "columns": ["nom", "rang"], "first": [{"column": "rang", "descending": True}]},
    )
    (row,) = found(made, depots=[{"id": 0, "lon": 6.1, "lat": 47.6}], quartiers=around)
    assert row["rang"] == 1


@rings.costly
@given(dumps, schools, st.sampled_from([300_000, 8_000, 1_500]))
def test_each_row_gets_its_nearest_and_the_metres(
    depots: list[interpreter.Row], ecoles: list[interpreter.Row], farthest: float
) -> None:
    made = recipe("depots", {**NEAREST, "farthest": farthest})
    step = made.steps[1]
    for row in depots:
        apart = sorted(distance for distance, _ in geometry_reference.distances(row, step, ecoles))  # type: ignore[arg-type]
        assume(all(abs(distance - farthest) > 0.01 for distance in apart))
        # Two at the same distance but for the last digits may be told apart differently.
        assume(len(apart) < 2 or apart[1] == apart[0] or apart[1] - apart[0] > 0.01)
    compared(made, depots=depots, ecoles=ecoles)


@rings.costly
@given(dumps, schools, st.sampled_from([600, 5_000, 20_000]))
def test_what_is_around_each_row_is_counted_and_added_up(
    depots: list[interpreter.Row], ecoles: list[interpreter.Row], metres: float
) -> None:
    made = recipe(
        "depots", {**AROUND, "metres": metres, "sums": [{"column": "eleves", "name": "eleves_autour"}]}
    )
    step = made.steps[1]
    for row in depots:
        apart = [distance for distance, _ in geometry_reference.distances(row, step, ecoles)]  # type: ignore[arg-type]
        assume(all(abs(distance - metres) > 0.01 for distance in apart))
    compared(made, depots=depots, ecoles=ecoles)


@rings.costly
@given(parcels, areas)
def test_what_covers_each_area_counts_once(
    parcelles: list[interpreter.Row], quartiers: list[interpreter.Row]
) -> None:
    # A parallel is not the straight line that the engine draws between two corners: 4 km of it differ by half a metre.
    made = recipe("parcelles", SHARE)
    expected = geometry_reference.area_share(parcelles, made.steps[1], quartiers)  # type: ignore[arg-type]
    for one, other in zip(found(made, parcelles=parcelles, quartiers=quartiers), expected, strict=True):
        assert math.isclose(one["part_couverte"], other["part_couverte"], abs_tol=0.1)
        assert math.isclose(one["surface_commune_m2"], other["surface_commune_m2"], rel_tol=1e-3, abs_tol=1)


@pytest.mark.parametrize(("town", "metres"), [(REIMS, 130_900), (STRASBOURG, 398_500)])
def test_the_metres_are_those_of_an_independent_formula(
    town: geometry_reference.Point, metres: float
) -> None:
    """From Notre-Dame de Paris to the cathedrals of Reims and of Strasbourg, to the millimetre."""
    apart = geometry_reference.vincenty(NOTRE_DAME, town)
    assert math.isclose(apart, metres, rel_tol=1e-3)
    here = [{"id": 1, "lon": NOTRE_DAME[0], "lat": NOTRE_DAME[1]}]
    there = [{"ecole": "cathédrale", "eleves": 1, "x": town[0], "y": town[1]}]
    (row,) = found(recipe("depots", NEAREST), depots=here, ecoles=there)
    if apart > 300_000:
        assert row["distance_m"] is None  # beyond, nothing is looked for
    else:
        assert math.isclose(row["distance_m"], apart, abs_tol=0.001)


@pytest.mark.parametrize(
    "point",
    [(2.37, 51.03), (8.74, 41.92), (-4.48, 48.39), (3.06, 50.63), (7.27, 43.7), (2.34, 48.85), (-61.0, 14.6),
     (55.45, -20.88), (-52.33, 4.93), (45.23, -12.78), (-56.17, 46.78)],
)  # fmt: skip
def test_metres_to_a_shape_are_right_from_dunkirk_to_ajaccio_and_overseas(
    point: geometry_reference.Point,
) -> None:
    """The nearest corner of a small square is known: due north-east of the point, about 5 km away."""
    lon, lat = point
    corner = (lon + 0.04, lat + 0.03)
    square = geometry_reference.rectangle(*corner, corner[0] + 0.001, corner[1] + 0.001)
    step = {**NEAREST, "source": "quartiers", "other": SHAPE, "columns": ["nom"]}
    (row,) = found(
        recipe("depots", step),
        depots=[{"id": 1, "lon": lon, "lat": lat}],
        quartiers=[{"nom": "carré", "rang": 1, "geometry": square}],
    )
    assert math.isclose(row["distance_m"], geometry_reference.vincenty(point, corner), rel_tol=2e-4)


def test_projected_coordinates_are_reprojected() -> None:
    """Notre-Dame in Lambert-93 and in CC49, by the formulas of the projection, is within a metre of its longitude."""
    x, y = NOTRE_DAME
    metre = 0.00001
    square = geometry_reference.rectangle(x - metre, y - metre, x + metre, y + metre)
    quartiers = [{"nom": "parvis", "rang": 1, "geometry": square}]
    projected = {
        2154: geometry_reference.lambert(NOTRE_DAME, (44, 49), (3, 46.5), (700_000, 6_600_000)),
        3949: geometry_reference.lambert(NOTRE_DAME, (48.25, 49.75), (3, 49), (1_700_000, 8_200_000)),
    }
    for system, (east, north) in projected.items():
        step = {**WITHIN, "coordinates": {**XY, "system": system}}
        depots = [{"id": 1, "lon": east, "lat": north}, {"id": 2, "lon": east + 3, "lat": north}]
        rows = found(recipe("depots", step), depots=depots, quartiers=quartiers)
        assert [row["nom"] for row in rows] == ["parvis", None], system


def test_only_the_distance_can_be_requested() -> None:
    depots = [{"id": 1, "lon": 6.8, "lat": 47.6}]
    ecoles = [{"ecole": name, "eleves": 1, "x": x, "y": 47.6} for name, x in (("A", 6.9), ("B", 6.81))]
    (row,) = found(recipe("depots", {**NEAREST, "columns": []}), depots=depots, ecoles=ecoles)
    assert list(row) == ["id", "lon", "lat", "distance_m"] and 740 < row["distance_m"] < 760


def test_two_territories_are_never_near() -> None:
    here = [{"id": 1, "lon": 45.2, "lat": -12.8}]
    there = [{"ecole": "Belfort", "eleves": 1, "x": 6.86, "y": 47.64}]
    (row,) = found(recipe("depots", NEAREST), depots=here, ecoles=there)
    assert (row["ecole"], row["distance_m"]) == (None, None)


BOW = json.dumps({"type": "Polygon", "coordinates": [[[6, 47], [7, 48], [7, 47], [6, 48], [6, 47]]]})
BAD_SHAPES = ["", "n'importe quoi", "{}", '{"type":"Polygon","coordinates":[]}', BOW,
              '{"type":"Point","coordinates":[990000,6740000]}']  # fmt: skip


def test_invalid_shapes_are_skipped_and_the_rest_is_computed() -> None:
    quartiers = [{"nom": str(n), "rang": n, "geometry": shape} for n, shape in enumerate(BAD_SHAPES)]
    quartiers.append({"nom": "bon", "rang": 9, "geometry": geometry_reference.rectangle(6, 47, 7, 48)})
    depots = [
        {"id": 1, "lon": 6.1, "lat": 47.5},  # in the left wing of the bow
        {"id": 2, "lon": 6.5, "lat": 47.9},  # between its wings
        {"id": 3, "lon": float("nan"), "lat": 47.5},
        {"id": 4, "lon": 47.5, "lat": 6.5},  # swapped
        {"id": 5, "lon": float("inf"), "lat": 47.5},
    ]
    made = recipe("depots", WITHIN)
    assert [row["nom"] for row in found(made, depots=depots, quartiers=quartiers)] == [
        "4",
        "bon",
        None,
        None,
        None,
    ]
    counted = report_of(made, depots=depots, quartiers=quartiers)
    assert (counted.here.rows, counted.here.located, counted.here.swapped, counted.found) == (5, 3, 1, 2)
    assert (counted.there.rows, counted.there.located, counted.there.repaired) == (7, 2, 1)
    assert SpatialJoinReport.from_dict(counted.to_dict()) == counted
    assert counted.sentence("Quartiers") == (
        "2 lignes sur 5 trouvent quelque chose dans « Quartiers » ; 3 ne trouvent rien, dont 2 sans coordonnées "
        "lisibles ; 5 lignes de « Quartiers » sans coordonnées lisibles sont laissées de côté ; "
        "1 forme mal fermée ou croisée est réparée."
    )
    parcelles = [{"id": n, "geometry": shape} for n, shape in enumerate(BAD_SHAPES)]
    shares = found(recipe("parcelles", SHARE), parcelles=parcelles, quartiers=quartiers)
    assert [row["part_couverte"] and round(row["part_couverte"], 3) for row in shares] == [
        None, None, None, None, 100.0, None,
    ]  # fmt: skip


def test_swapped_coordinates_are_reported() -> None:
    swapped = [{"id": n, "lon": 47.6, "lat": 6.8} for n in range(4)] + [{"id": 9, "lon": 6.8, "lat": 47.6}]
    areas_ = [{"nom": "A", "rang": 1, "geometry": geometry_reference.rectangle(6, 47, 7, 48)}]
    counted = report_of(recipe("depots", WITHIN), depots=swapped, quartiers=areas_)
    assert counted.here.looks_swapped and not counted.there.looks_swapped


def report_of(made: Recipe, **rows: list[interpreter.Row]) -> SpatialJoinReport:
    sources = tables(**rows)
    step: Any = made.steps[1]
    return report(sources["depots"], step, StepContext(2, step, None), sources[step.source])  # type: ignore[arg-type]


def test_rows_are_never_multiplied_and_names_stay_distinct() -> None:
    square = geometry_reference.rectangle(6, 47, 7, 48)
    quartiers = [{"nom": name, "rang": 1, "geometry": square} for name in ("B", "A", "A")]
    depots = [{"id": n, "lon": 6.5, "lat": 47.5} for n in (1, 2)]
    joined = {**WITHIN, "columns": ["nom", "rang"]}
    rows = found(recipe("depots", joined, {**joined, "columns": ["nom"]}), depots=depots, quartiers=quartiers)
    assert [(row["nom"], row["nom_quartiers"]) for row in rows] == [("A", "A"), ("A", "A")]


def test_a_step_by_places_reads_its_source() -> None:
    assert sources_of(recipe("depots", WITHIN)) == {"depots", "quartiers"}


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({**WITHIN, "coordinates": {"x": "long", "y": "lat"}}, "Étape 2 « Dans quelle zone ».*« long ».*« lon »"),
        ({**WITHIN, "coordinates": {"geometry": "id"}}, "« id » ne contient pas de formes.*longitude et de latitude"),
        ({**WITHIN, "other": {"geometry": "geom"}}, "« quartiers » n'a pas de colonne « geom ».*nom, rang, geometry"),
        ({**WITHIN, "other": {"geometry": "rang"}}, "« rang » de « quartiers » ne contient pas de formes"),
        ({**WITHIN, "columns": ["nm"]}, "« quartiers » n'a pas de colonne « nm »"),
        ({**NEAREST, "other": {"x": "ecole", "y": "y"}}, "« ecole » de « ecoles » ne contient pas des nombres"),
        ({**NEAREST, "name": "id"}, "porte déjà le nom « id »"),
        ({**AROUND, "name": "lat"}, "porte déjà le nom « lat »"),
        ({**AROUND, "sums": [{"column": "ecole", "name": "s"}]}, "la somme.*du texte"),
        ({**AROUND, "sums": [{"column": "eleve", "name": "s"}]}, "« ecoles » n'a pas de colonne « eleve »"),
    ],
)  # fmt: skip
def test_spatial_errors_are_explained_in_french(step: dict[str, Any], message: str) -> None:
    sources = tables(depots=[], quartiers=[], ecoles=[])
    with pytest.raises(RecipeError, match=message):
        compile(recipe("depots", step), sources)


@pytest.mark.parametrize(
    "step",
    [
        {**WITHIN, "coordinates": {"x": "lon"}},
        {**WITHIN, "coordinates": {**XY, "geometry": "g"}},
        {**WITHIN, "coordinates": {"x": "lon", "y": "lon"}},
        {**WITHIN, "coordinates": {**XY, "system": 9999}},
        {**WITHIN, "coordinates": {"geometry": "g", "system": 2154}},
        {**WITHIN, "other": XY},
        {**WITHIN, "columns": []},
        {**NEAREST, "farthest": 0},
        {**NEAREST, "farthest": 400_000},
        {**AROUND, "metres": -1},
        {**AROUND, "sums": [{"column": "eleves", "name": "nombre"}]},
        {**SHARE, "coordinates": XY},
        {**SHARE, "area": "part_couverte"},
    ],
)
def test_what_is_no_step_by_places_is_not_stored(step: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        recipe("depots", step)


COUNTED = {"step": "group", "by": ["nom"], "measures": [{"name": "n", "operation": "count"}]}


@pytest.mark.parametrize(
    "step", [WITHIN, {**NEAREST, "source": "quartiers", "other": SHAPE, "columns": ["nom"]}]
)
def test_protected_rows_are_never_joined_or_counted_one_by_one(step: dict[str, Any]) -> None:
    with pytest.raises(RecipeError, match=r"« quartiers » porte sur des personnes.*premier jeu"):
        disclosure_step(recipe("depots", step, COUNTED), {"quartiers": 11})
    around = {**AROUND, "source": "depots", "coordinates": SCHOOL, "other": XY}
    with pytest.raises(RecipeError, match="« depots » porte sur des personnes"):
        disclosure_step(recipe("ecoles", around), {"depots": 11})
    # Even after a grouping, where a join would be refused as well.
    with pytest.raises(RecipeError, match="porte sur des personnes"):
        disclosure_step(recipe("ecoles", {**COUNTED, "by": ["x", "y"]}, around), {"depots": 11, "ecoles": 5})


def test_protected_rows_may_be_counted_by_the_area_that_contains_them() -> None:
    assert disclosure_step(recipe("depots", WITHIN, COUNTED), {"depots": 11}) == 2


@pytest.mark.parametrize(
    ("step", "measured"),
    [
        ({**WITHIN, "columns": ["nom", "rang"]}, "rang"),
        (NEAREST, "distance_m"),
        (AROUND, "nombre"),
        ({**AROUND, "sums": [{"column": "eleves", "name": "autour"}]}, "autour"),
    ],
)
def test_spatial_columns_of_protected_rows_are_never_summed(step: dict[str, Any], measured: str) -> None:
    """An attacker draws one area around each house, with weights 1, 1000, 1000000…: one sum would tell all counts."""
    total = {"step": "group", "by": [], "measures": [{"name": "s", "operation": "sum", "column": measured}]}
    with pytest.raises(RecipeError, match="une seule ligne de données protégées"):
        disclosure_step(recipe("depots", step, total), {"depots": 11})
    assert disclosure_step(recipe("depots", step, total), {}) is None
