"""Geometry expressions: locations read from columns, reprojected, measured in metres.

In: a table and the `Coordinates` of a step. Out: expressions in longitude and latitude (x first), the same in the metres
of their territory's projection, distances and areas on the ellipsoid. Functions are those of DuckDB's spatial extension.
"""

from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from beffroi.lake.readers.projections import BY_CODE
from beffroi.recipes.context import StepContext, visible_columns
from beffroi.recipes.errors import closest
from beffroi.recipes.joins import source_column
from beffroi.recipes.model import Coordinates

SLACK = 1.005
"""Upper bound of the scale factor of the projections below, in the zones where they are used."""

ZONES = (
    (2154, (-10.0, 12.0), (40.5, 52.0)),
    (5490, (-64.0, -60.0), (13.8, 18.6)),
    (2972, (-55.0, -51.0), (2.0, 6.2)),
    (2975, (55.0, 56.1), (-21.7, -20.6)),
    (4471, (44.7, 45.6), (-13.3, -12.3)),
    (4467, (-57.0, -55.8), (46.4, 47.4)),
)
"""Projection of each territory, with its bounds in longitude and latitude. In one plane, their coordinates are
more than `model.spatial.MAX_DISTANCE` metres apart: locations in two territories are never near.
"""

_SHAPE, _NUMBER = dt.geometry, dt.float64


def _duckdb_function(name: str, *parameters: Any, gives: Any) -> Any:
    """Function of DuckDB, declared to Ibis."""
    blank = (lambda a: None, lambda a, b: None, lambda a, b, c: None, lambda a, b, c, d: None)[
        len(parameters) - 1
    ]
    return ibis.udf.scalar.builtin(blank, name=name, signature=(parameters, gives))


_from_geojson = _duckdb_function("ST_GeomFromGeoJSON", dt.string, gives=_SHAPE)
_try = _duckdb_function("TRY", _SHAPE, gives=_SHAPE)
_point = _duckdb_function("ST_Point", _NUMBER, _NUMBER, gives=_SHAPE)
_transform = _duckdb_function("ST_Transform", _SHAPE, dt.string, dt.string, dt.boolean, gives=_SHAPE)
_west, _east, _south, _north = (
    _duckdb_function(f"ST_{bound}", _SHAPE, gives=_NUMBER) for bound in ("XMin", "XMax", "YMin", "YMax")
)
_kind = _duckdb_function("ST_GeometryType", _SHAPE, gives=dt.string)
_is_valid, _is_empty = (
    _duckdb_function(f"ST_{test}", _SHAPE, gives=dt.boolean) for test in ("IsValid", "IsEmpty")
)
_st_make_valid = _duckdb_function("ST_MakeValid", _SHAPE, gives=_SHAPE)
_inside = _duckdb_function("ST_PointOnSurface", _SHAPE, gives=_SHAPE)
_flipped = _duckdb_function("ST_FlipCoordinates", _SHAPE, gives=_SHAPE)
_planar = _duckdb_function("ST_Distance", _SHAPE, _SHAPE, gives=_NUMBER)
_on_ellipsoid = _duckdb_function("ST_Distance_Spheroid", _SHAPE, _SHAPE, gives=_NUMBER)
_area = _duckdb_function("ST_Area_Spheroid", _SHAPE, gives=_NUMBER)
_extracted = _duckdb_function("ST_CollectionExtract", _SHAPE, dt.int32, gives=_SHAPE)
intersection = _duckdb_function("ST_Intersection", _SHAPE, _SHAPE, gives=_SHAPE)
intersects = _duckdb_function("ST_Intersects", _SHAPE, _SHAPE, gives=dt.boolean)
within_reach = _duckdb_function("ST_DWithin", _SHAPE, _SHAPE, _NUMBER, gives=dt.boolean)
union_shapes = ibis.udf.agg.builtin(lambda a: None, name="ST_Union_Agg", signature=((_SHAPE,), _SHAPE))


def coordinate_columns(
    table: ir.Table, where: Coordinates, ctx: StepContext, source: str | None = None
) -> dict[str, Any]:
    """Columns that locate a row, as keys: rows with equal keys are at the same location.

    `source`: the alias of another source that they are in. Raises RecipeError when one is missing or of another kind.
    """
    found = {}
    for name in where.names:
        column = ctx.column(table, name) if source is None else source_column(table, name, source, ctx)
        kind = column.type()
        if where.geometry is not None and not kind.is_string():
            ctx.refuse(_no_shapes(table, name, source))
        if where.geometry is None and (kind.is_boolean() or not kind.is_numeric()):
            of = f" de « {source} »" if source else ""
            ctx.refuse(
                f"la colonne « {name} »{of} ne contient pas des nombres : elle ne peut pas dire où se trouve une ligne."
            )
        found[name] = column if where.geometry is not None else column.cast("float64")
    return found


def _no_shapes(table: ir.Table, name: str, source: str | None) -> str:
    texts = [one for one in visible_columns(table) if table[one].type().is_string()]
    guess = closest("geometry", texts)
    advice = f"Vouliez-vous dire « {guess} » ? " if guess else ""
    of = f" de « {source} »" if source else ""
    return (
        f"la colonne « {name} »{of} ne contient pas de formes. {advice}Choisissez une colonne de géométrie, ou deux "
        "colonnes de longitude et de latitude."
    )


def shape(columns: list[Any], where: Coordinates) -> Any:
    """Shape in longitude and latitude; null when it cannot be parsed, is empty or is nowhere on Earth."""
    if where.geometry is not None:
        found = _try(_from_geojson(columns[0]))
        on_earth = ibis.and_(
            ~_is_empty(found),
            _west(found) >= -180,
            _east(found) <= 180,
            _south(found) >= -90,
            _north(found) <= 90,
        )
        return ibis.ifelse(on_earth, found, ibis.null(_SHAPE))
    x, y = columns
    bounds = BY_CODE[where.system]
    inside = x.between(*map(float, bounds.x)) & y.between(*map(float, bounds.y))
    found = _point(x, y)
    if where.system != 4326:
        found = _try(_transform(found, f"EPSG:{where.system}", "EPSG:4326", True))
    return ibis.ifelse(inside, found, ibis.null(_SHAPE))


def point(shape: Any) -> Any:
    """Shape itself if a point, otherwise a point inside it."""
    return ibis.ifelse(_kind(shape) == "POINT", shape, _inside(make_valid(shape)))


def make_valid(shape: Any) -> Any:
    """Shape, repaired when its lines cross."""
    return ibis.ifelse(_is_valid(shape), shape, _st_make_valid(shape))


def zone(shape: Any) -> Any:
    """Projection of the territory that contains the middle of the shape; null outside those of `ZONES`."""
    x, y = _middle(shape)
    return ibis.cases(
        *((x.between(*east) & y.between(*north), f"EPSG:{code}") for code, east, north in ZONES),
        else_=ibis.null("string"),
    )


def to_metres(shape: Any, zone: Any) -> Any:
    """Shape in the metres of this projection."""
    return _try(_transform(shape, "EPSG:4326", zone, True))


def scale(shape: Any, zone: Any) -> Any:
    """Scale factor of the projection at the middle of the shape.

    These projections are conformal: it is the same in every direction, and varies by less than 0.1 % over 100 km.
    """
    x, y = _middle(shape)
    here, near = _point(x, y), _point(x, y + 0.001)
    return _planar(to_metres(here, zone), to_metres(near, zone)) / _on_ellipsoid(
        _flipped(here), _flipped(near)
    )


def _middle(shape: Any) -> tuple[Any, Any]:
    return (_west(shape) + _east(shape)) / 2, (_south(shape) + _north(shape)) / 2


def ground_distance(one: Any, other: Any, one_metric: Any, other_metric: Any, scale: Any | None) -> Any:
    """Metres on the ground: between two points, on the ellipsoid; otherwise in the projection, divided by its scale factor.

    `scale`: None when both are points.
    """
    exact = _on_ellipsoid(_flipped(one), _flipped(other))
    if scale is None:
        return exact
    both = (_kind(one) == "POINT") & (_kind(other) == "POINT")
    return ibis.ifelse(both, exact, _planar(one_metric, other_metric) / scale)


def area(shape: Any) -> Any:
    """Square metres on the ellipsoid of the polygons of the shape; null without any."""
    return _area(_flipped(_extracted(shape, ibis.literal(3, "int32")))).nullif(0.0)


def looks_swapped(columns: list[Any], where: Coordinates) -> Any:
    """Whether a row would be in France, and is not, if its two coordinates were exchanged."""
    if where.system != 4326:
        bounds = BY_CODE[where.system]
        x, y = columns
        boxes = [(bounds.x, bounds.y)]
    else:
        x, y = columns if where.geometry is None else _middle(_try(_from_geojson(columns[0])))
        boxes = [(east, north) for _, east, north in ZONES]
    right = ibis.or_(*(x.between(*east) & y.between(*north) for east, north in boxes))
    swapped = ibis.or_(*(y.between(*east) & x.between(*north) for east, north in boxes))
    return swapped & ~right


def needs_repair(columns: list[Any], where: Coordinates) -> Any:
    """Whether a shape can be parsed, and has lines that cross."""
    if where.geometry is None:
        return ibis.literal(False) & columns[0].notnull()
    return ~_is_valid(_try(_from_geojson(columns[0])))
