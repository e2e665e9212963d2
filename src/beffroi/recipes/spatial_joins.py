"""Spatial joins: `within`, `nearest`, `around`, `area_share`.

In: a table, the step and the other source. Out: the table with more columns and as many rows. Matches are computed once
for each distinct location, then joined back to the rows by their coordinate columns.
"""

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, NoReturn

import ibis
import ibis.expr.types as ir

from beffroi.recipes import geometry
from beffroi.recipes.context import HIDDEN, StepContext, visible_columns
from beffroi.recipes.groups import measure_expression
from beffroi.recipes.joins import available_name, source_column
from beffroi.recipes.model import (
    AreaShare,
    Around,
    Coordinates,
    Located,
    Measure,
    Nearest,
    Order,
    Recipe,
    Within,
)
from beffroi.recipes.windows import distinct_orders, sort_key

EXTENSIONS = ("spatial",)
"""DuckDB extensions that these steps need."""

_HERE, _THERE, _SHAPE, _METRIC, _SCALE, _RANK, _APART, _ZONE = (
    f"{HIDDEN}{what}" for what in ("here", "there", "shape", "metric", "scale", "rank", "apart", "zone")
)
type Matches = tuple[ir.Table, dict[str, str]]
"""Match of each location, and by the name of each added column the one that contains it there."""

_METRICS = {_SHAPE: f"{_METRIC}_here", _THERE: f"{_METRIC}_there"}
_REACHES = (200.0, 500.0, 1e3, 2.5e3, 5e3, 1e4, 2.5e4, 5e4, 1e5, 2e5)
"""Increasing search radii of the nearest, in metres; each is tried for the locations still without a match."""


def extensions_for(recipe: Recipe) -> tuple[str, ...]:
    """DuckDB extensions that a recipe needs."""
    return EXTENSIONS if any(isinstance(step, Located) for step in recipe.steps) else ()


def spatial_join(table: ir.Table, step: Located, ctx: StepContext, right: ir.Table) -> ir.Table:
    """Table after any of these steps. Raises RecipeError when a column is missing, or has no locations."""
    found, names = match_locations(table, step, ctx, right)
    keys = location_keys(step.coordinates)
    named = found.select(
        *keys, **{f"{HIDDEN}found_{n}": found[column] for n, column in enumerate(names.values())}
    )
    joined = with_location_keys(table, step, ctx).left_join(named, keys)
    return joined.select(
        *table.columns, **{name: joined[f"{HIDDEN}found_{n}"] for n, name in enumerate(names)}
    )


def match_locations(table: ir.Table, step: Located, ctx: StepContext, right: ir.Table) -> Matches:
    """Match of each distinct location, one row a location, by the `location_keys` of the step."""
    handler: Callable[..., Matches] = _HANDLERS[type(step)]
    return handler(table, step, ctx, right.select(*visible_columns(right)))


def refuse_protected(step: Located, ctx: StepContext, dataset: str) -> NoReturn:
    """Refuse a protected right side: what is near one row would be disclosed one by one, below any floor."""
    ctx.refuse(
        f"« {dataset} » porte sur des personnes : ce qui se trouve près d'une ligne en désignerait quelques-unes. "
        "Prenez-les comme premier jeu de données, puis regroupez ; ou choisissez un autre jeu."
    )


def within(table: ir.Table, step: Within, ctx: StepContext, right: ir.Table) -> Matches:
    shapes = distinct_shapes(table, step, ctx)
    columns_added, others = _right_rows(right, step, ctx, step.columns, step.first)
    areas = others.mutate(**{_THERE: geometry.make_valid(others[_THERE])})
    points = shapes.mutate(**{_SHAPE: geometry.point(shapes[_SHAPE])})
    pairs = points.inner_join(areas, geometry.intersects(points[_SHAPE], areas[_THERE]))
    found = pairs.group_by(location_keys(step.coordinates)).aggregate(**{_RANK: pairs[_RANK].min()})
    return _with_columns(table, step, ctx, found, columns_added, others)


def nearest(table: ir.Table, step: Nearest, ctx: StepContext, right: ir.Table) -> Matches:
    shapes, keys = _shapes_in_metres(table, step, ctx), location_keys(step.coordinates)
    columns_added, others = _right_rows(right, step, ctx, step.columns)
    name = ctx.unused_name(table, step.name)
    targets = _in_metres(others, _THERE)
    # Common table expressions need unique names: two recipes in one query must not share them by chance.
    mark = f"places_{ctx.number}_{_digest(shapes, targets)}"
    targets, rest, parts = targets.alias(f"{mark}_there"), shapes.alias(f"{mark}_here"), []
    for level, reach in enumerate((*(one for one in _REACHES if one < step.farthest), step.farthest)):
        pairs = _pairs(rest, targets, step, reach)
        best = ibis.struct({"apart": pairs[_APART], "rank": pairs[_RANK]})
        near = pairs.group_by(keys).aggregate(
            **{_RANK: pairs[_RANK].argmin(best), _APART: pairs[_APART].min()}
        )
        near = near.alias(f"{mark}_near_{level}")
        parts.append(near)
        rest = rest.anti_join(near, keys).alias(f"{mark}_rest_{level}")
    return _with_columns(table, step, ctx, ibis.union(*parts), columns_added, others, {name: _APART})


def around(table: ir.Table, step: Around, ctx: StepContext, right: ir.Table) -> Matches:
    shapes, keys = _shapes_in_metres(table, step, ctx), location_keys(step.coordinates)
    summed = {one.name: source_column(right, one.column, step.source, ctx) for one in step.sums}
    named = {one.name: f"sum_{n}" for n, one in enumerate(step.sums)}
    there = {named[name]: column for name, column in summed.items()}
    _, others = _right_rows(right, step, ctx, (), also=there)
    pairs = _pairs(shapes, _in_metres(others, _THERE), step, step.metres)
    sums = {
        name: measure_expression(pairs, Measure(name=name, operation="sum", column=column), ctx)
        for name, column in named.items()
    }
    added = {one: ctx.unused_name(table, one) for one in (step.name, *named)}
    counts = pairs.group_by(keys).aggregate(**{step.name: pairs.count(), **sums})
    found = shapes.select(*keys).left_join(counts, keys)
    nothing = found[step.name].isnull()
    found = found.select(
        *keys,
        **{step.name: found[step.name].fill_null(0)},
        **{name: ibis.ifelse(nothing, 0, found[name]).cast(found[name].type()) for name in named},
    )
    return found, added


def area_share(table: ir.Table, step: AreaShare, ctx: StepContext, right: ir.Table) -> Matches:
    shapes, keys = distinct_shapes(table, step, ctx), location_keys(step.coordinates)
    shapes = shapes.mutate(**{_SHAPE: geometry.make_valid(shapes[_SHAPE])})
    shapes = shapes.mutate(**{_METRIC: geometry.area(shapes[_SHAPE])})
    shapes = shapes.filter(shapes[_METRIC].notnull())
    _, others = _right_rows(right, step, ctx, ())
    others = others.mutate(**{_THERE: geometry.make_valid(others[_THERE])})
    pairs = shapes.inner_join(others, geometry.intersects(shapes[_SHAPE], others[_THERE]))
    common = geometry.union_shapes(geometry.intersection(pairs[_SHAPE], pairs[_THERE]))
    shared = pairs.group_by(keys).aggregate(**{_APART: geometry.area(common)})
    found = shapes.select(*keys, _METRIC).left_join(shared, keys)
    common_m2 = found[_APART].fill_null(0.0)
    share = (100.0 * common_m2 / found[_METRIC]).clip(0.0, 100.0)
    added = {step.name: share} | ({step.area: common_m2} if step.area is not None else {})
    names = {name: ctx.unused_name(table, name) for name in added}
    return found.select(*keys, **added), names


def location_keys(where: Coordinates) -> list[str]:
    return [f"{_HERE}_{n}" for n in range(len(where.names))]


def with_location_keys(table: ir.Table, step: Located, ctx: StepContext) -> ir.Table:
    found = geometry.coordinate_columns(table, step.coordinates, ctx).values()
    return table.mutate(**dict(zip(location_keys(step.coordinates), found, strict=True)))


def distinct_shapes(table: ir.Table, step: Located, ctx: StepContext) -> ir.Table:
    """Distinct locations of the table, with their shape."""
    keys = location_keys(step.coordinates)
    shapes = with_location_keys(table, step, ctx).select(*keys).distinct()
    shapes = shapes.mutate(**{_SHAPE: geometry.shape([shapes[key] for key in keys], step.coordinates)})
    return shapes.filter(shapes[_SHAPE].notnull())


def _shapes_in_metres(table: ir.Table, step: Located, ctx: StepContext) -> ir.Table:
    return _in_metres(distinct_shapes(table, step, ctx), _SHAPE, scaled=not _points(step))


def _right_rows(
    right: ir.Table,
    step: Located,
    ctx: StepContext,
    columns: tuple[str, ...],
    first: tuple[Order, ...] = (),
    also: Mapping[str, Any] | None = None,
) -> tuple[list[str], ir.Table]:
    """Located rows of the source, ranked in the order of preference; the columns to add."""
    places = geometry.coordinate_columns(right, step.other, ctx, step.source).values()
    columns_added = {
        f"{HIDDEN}brought_{n}": source_column(right, name, step.source, ctx) for n, name in enumerate(columns)
    }
    # The added columns break ties, after the requested order.
    orders = distinct_orders([*first, *(Order(column=name) for name in columns)])
    order = [sort_key(source_column(right, one.column, step.source, ctx), one.descending) for one in orders]
    number = ibis.row_number().over(ibis.window(order_by=order)) if order else ibis.literal(0)
    others = right.select(
        **{_THERE: geometry.shape(list(places), step.other)},
        **{_RANK: number},
        **columns_added,
        **(also or {}),
    )
    return list(columns_added), others.filter(others[_THERE].notnull())


def _in_metres(table: ir.Table, shape: str, *, scaled: bool = False) -> ir.Table:
    """Table with the shape in metres too; what is in no known territory is left out."""
    made = table.mutate(**{_ZONE: geometry.zone(table[shape])})
    made = made.filter(made[_ZONE].notnull())
    extra = {_SCALE: geometry.scale(made[shape], made[_ZONE])} if scaled else {}
    metric = {_METRICS[shape]: geometry.to_metres(made[shape], made[_ZONE])}
    return made.mutate(**metric, **extra).drop(_ZONE)


def _digest(*tables: ir.Table) -> str:
    """Digest of parts of a query: equal for equal parts."""
    text = "".join(str(ibis.to_sql(table, dialect="duckdb")) for table in tables)
    return sha256(text.encode()).hexdigest()[:8]


def _points(step: Located) -> bool:
    return step.coordinates.geometry is None and step.other.geometry is None


def _pairs(shapes: ir.Table, targets: ir.Table, step: Located, reach: float) -> ir.Table:
    """Pairs at `reach` metres or less, with their distance."""
    here, there = _METRICS[_SHAPE], _METRICS[_THERE]
    near = geometry.within_reach(shapes[here], targets[there], ibis.literal(reach * geometry.SLACK))
    pairs = shapes.inner_join(targets, near)
    scale = None if _points(step) else pairs[_SCALE]
    apart = geometry.ground_distance(pairs[_SHAPE], pairs[_THERE], pairs[here], pairs[there], scale)
    pairs = pairs.mutate(**{_APART: apart})
    return pairs.filter(pairs[_APART] <= reach)


def _with_columns(
    table: ir.Table,
    step: Within | Nearest,
    ctx: StepContext,
    found: ir.Table,
    columns_added: list[str],
    others: ir.Table,
    also: Mapping[str, str] | None = None,
) -> Matches:
    """Columns of the matched row of the source, for each location."""
    names: dict[str, str] = {}
    for name, hidden in zip(step.columns, columns_added, strict=True):
        names[available_name(name, step.source, table, {**names, **(also or {})})] = hidden
    if columns_added:
        found = found.inner_join(others.select(_RANK, *columns_added), _RANK)
    return found, {**names, **(also or {})}


_HANDLERS: dict[type[Located], Callable[..., Matches]] = {
    Within: within,
    Nearest: nearest,
    Around: around,
    AreaShare: area_share,
}
