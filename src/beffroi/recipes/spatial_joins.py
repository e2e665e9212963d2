"""The steps that bring rows together by where they stand: `within`, `nearest`, `around`, `area_share`.

In: a table, the step and the other source. Out: the table with more columns and as many rows. All is found once for each
different place, then brought back to the rows by the columns that say where they are.
"""

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, NoReturn

import ibis
import ibis.expr.types as ir

from beffroi.recipes import geometry
from beffroi.recipes.context import HIDDEN, At, visible
from beffroi.recipes.groups import measured
from beffroi.recipes.joins import column_of, name_for
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
from beffroi.recipes.windows import first_orders, ordered

EXTENSIONS = ("spatial",)
"""What the engine must have loaded before these steps."""

_HERE, _THERE, _SHAPE, _METRIC, _SCALE, _RANK, _APART, _ZONE = (
    f"{HIDDEN}{what}" for what in ("here", "there", "shape", "metric", "scale", "rank", "apart", "zone")
)
type Findings = tuple[ir.Table, dict[str, str]]
"""What each place found, and by the name of each column added the one that holds it there."""

_METRICS = {_SHAPE: f"{_METRIC}_here", _THERE: f"{_METRIC}_there"}
_REACHES = (200.0, 500.0, 1e3, 2.5e3, 5e3, 1e4, 2.5e4, 5e4, 1e5, 2e5)
"""Metres within which the nearest is looked for, one after the other, for the places that found nothing before."""


def extensions_for(recipe: Recipe) -> tuple[str, ...]:
    """The extensions of the engine that a recipe needs."""
    return EXTENSIONS if any(isinstance(step, Located) for step in recipe.steps) else ()


def place(table: ir.Table, step: Located, at: At, right: ir.Table) -> ir.Table:
    """The table after any of these steps. Raises RecipeError when a column is not there, or holds no places."""
    found, names = findings(table, step, at, right)
    keys = keys_of(step.coordinates)
    named = found.select(
        *keys, **{f"{HIDDEN}found_{n}": found[column] for n, column in enumerate(names.values())}
    )
    joined = keyed(table, step, at).left_join(named, keys)
    return joined.select(
        *table.columns, **{name: joined[f"{HIDDEN}found_{n}"] for n, name in enumerate(names)}
    )


def findings(table: ir.Table, step: Located, at: At, right: ir.Table) -> Findings:
    """What each different place of the table finds, one row a place, by `keys_of` the step."""
    handler: Callable[..., Findings] = _HANDLERS[type(step)]
    return handler(table, step, at, right.select(*visible(right)))


def refuse_protected(step: Located, at: At, dataset: str) -> NoReturn:
    """What is near one row would be told one by one: few persons, whose number no floor would hide."""
    at.refuse(
        f"« {dataset} » porte sur des personnes : ce qui se trouve près d'une ligne en désignerait quelques-unes. "
        "Prenez-les comme premier jeu de données, puis regroupez ; ou choisissez un autre jeu."
    )


def within(table: ir.Table, step: Within, at: At, right: ir.Table) -> Findings:
    spots = spots_of(table, step, at)
    columns_added, others = _others(right, step, at, step.columns, step.first)
    areas = others.mutate(**{_THERE: geometry.solid(others[_THERE])})
    points = spots.mutate(**{_SHAPE: geometry.point(spots[_SHAPE])})
    pairs = points.inner_join(areas, geometry.meet(points[_SHAPE], areas[_THERE]))
    found = pairs.group_by(keys_of(step.coordinates)).aggregate(**{_RANK: pairs[_RANK].min()})
    return _with_columns(table, step, at, found, columns_added, others)


def nearest(table: ir.Table, step: Nearest, at: At, right: ir.Table) -> Findings:
    spots, keys = _spots_in_metres(table, step, at), keys_of(step.coordinates)
    columns_added, others = _others(right, step, at, step.columns)
    name = at.free(table, step.name)
    targets = _measured(others, _THERE)
    # Parts that are computed once bear names of their own: two recipes in one query must not share them by chance.
    mark = f"places_{at.number}_{_digest(spots, targets)}"
    targets, rest, parts = targets.alias(f"{mark}_there"), spots.alias(f"{mark}_here"), []
    for level, reach in enumerate((*(one for one in _REACHES if one < step.farthest), step.farthest)):
        pairs = _pairs(rest, targets, step, reach)
        best = ibis.struct({"apart": pairs[_APART], "rank": pairs[_RANK]})
        near = pairs.group_by(keys).aggregate(
            **{_RANK: pairs[_RANK].argmin(best), _APART: pairs[_APART].min()}
        )
        near = near.alias(f"{mark}_near_{level}")
        parts.append(near)
        rest = rest.anti_join(near, keys).alias(f"{mark}_rest_{level}")
    return _with_columns(table, step, at, ibis.union(*parts), columns_added, others, {name: _APART})


def around(table: ir.Table, step: Around, at: At, right: ir.Table) -> Findings:
    spots, keys = _spots_in_metres(table, step, at), keys_of(step.coordinates)
    summed = {one.name: column_of(right, one.column, step.source, at) for one in step.sums}
    named = {one.name: f"sum_{n}" for n, one in enumerate(step.sums)}
    there = {named[name]: column for name, column in summed.items()}
    _, others = _others(right, step, at, (), also=there)
    pairs = _pairs(spots, _measured(others, _THERE), step, step.metres)
    sums = {
        name: measured(pairs, Measure(name=name, operation="sum", column=column), at)
        for name, column in named.items()
    }
    added = {one: at.free(table, one) for one in (step.name, *named)}
    counts = pairs.group_by(keys).aggregate(**{step.name: pairs.count(), **sums})
    found = spots.select(*keys).left_join(counts, keys)
    nothing = found[step.name].isnull()
    found = found.select(
        *keys,
        **{step.name: found[step.name].fill_null(0)},
        **{name: ibis.ifelse(nothing, 0, found[name]).cast(found[name].type()) for name in named},
    )
    return found, added


def area_share(table: ir.Table, step: AreaShare, at: At, right: ir.Table) -> Findings:
    spots, keys = spots_of(table, step, at), keys_of(step.coordinates)
    spots = spots.mutate(**{_SHAPE: geometry.solid(spots[_SHAPE])})
    spots = spots.mutate(**{_METRIC: geometry.area(spots[_SHAPE])})
    spots = spots.filter(spots[_METRIC].notnull())
    _, others = _others(right, step, at, ())
    others = others.mutate(**{_THERE: geometry.solid(others[_THERE])})
    pairs = spots.inner_join(others, geometry.meet(spots[_SHAPE], others[_THERE]))
    common = geometry.together(geometry.intersection(pairs[_SHAPE], pairs[_THERE]))
    shared = pairs.group_by(keys).aggregate(**{_APART: geometry.area(common)})
    found = spots.select(*keys, _METRIC).left_join(shared, keys)
    common_m2 = found[_APART].fill_null(0.0)
    share = (100.0 * common_m2 / found[_METRIC]).clip(0.0, 100.0)
    added = {step.name: share} | ({step.area: common_m2} if step.area is not None else {})
    names = {name: at.free(table, name) for name in added}
    return found.select(*keys, **added), names


def keys_of(where: Coordinates) -> list[str]:
    return [f"{_HERE}_{n}" for n in range(len(where.names))]


def keyed(table: ir.Table, step: Located, at: At) -> ir.Table:
    found = geometry.columns(table, step.coordinates, at).values()
    return table.mutate(**dict(zip(keys_of(step.coordinates), found, strict=True)))


def spots_of(table: ir.Table, step: Located, at: At) -> ir.Table:
    """Each different place of the table that can be located, with its shape."""
    keys = keys_of(step.coordinates)
    spots = keyed(table, step, at).select(*keys).distinct()
    spots = spots.mutate(**{_SHAPE: geometry.shape([spots[key] for key in keys], step.coordinates)})
    return spots.filter(spots[_SHAPE].notnull())


def _spots_in_metres(table: ir.Table, step: Located, at: At) -> ir.Table:
    return _measured(spots_of(table, step, at), _SHAPE, scaled=not _points(step))


def _others(
    right: ir.Table,
    step: Located,
    at: At,
    columns: tuple[str, ...],
    first: tuple[Order, ...] = (),
    also: Mapping[str, Any] | None = None,
) -> tuple[list[str], ir.Table]:
    """The rows of the source that can be located, numbered in the order in which they are taken; the columns brought."""
    places = geometry.columns(right, step.other, at, step.source).values()
    columns_added = {
        f"{HIDDEN}brought_{n}": column_of(right, name, step.source, at) for n, name in enumerate(columns)
    }
    # The columns brought cut ties, after the order that is asked.
    orders = first_orders([*first, *(Order(column=name) for name in columns)])
    order = [ordered(column_of(right, one.column, step.source, at), one.descending) for one in orders]
    number = ibis.row_number().over(ibis.window(order_by=order)) if order else ibis.literal(0)
    others = right.select(
        **{_THERE: geometry.shape(list(places), step.other)},
        **{_RANK: number},
        **columns_added,
        **(also or {}),
    )
    return list(columns_added), others.filter(others[_THERE].notnull())


def _measured(table: ir.Table, shape: str, *, scaled: bool = False) -> ir.Table:
    """With the shape in metres too; what is in no territory is left out."""
    made = table.mutate(**{_ZONE: geometry.zone(table[shape])})
    made = made.filter(made[_ZONE].notnull())
    extra = {_SCALE: geometry.scale(made[shape], made[_ZONE])} if scaled else {}
    metric = {_METRICS[shape]: geometry.metric(made[shape], made[_ZONE])}
    return made.mutate(**metric, **extra).drop(_ZONE)


def _digest(*tables: ir.Table) -> str:
    """The same for the same parts of a query."""
    text = "".join(str(ibis.to_sql(table, dialect="duckdb")) for table in tables)
    return sha256(text.encode()).hexdigest()[:8]


def _points(step: Located) -> bool:
    return step.coordinates.geometry is None and step.other.geometry is None


def _pairs(spots: ir.Table, targets: ir.Table, step: Located, reach: float) -> ir.Table:
    """The pairs at `reach` metres or less, with the metres between them."""
    here, there = _METRICS[_SHAPE], _METRICS[_THERE]
    near = geometry.within_reach(spots[here], targets[there], ibis.literal(reach * geometry.SLACK))
    pairs = spots.inner_join(targets, near)
    scale = None if _points(step) else pairs[_SCALE]
    apart = geometry.apart(pairs[_SHAPE], pairs[_THERE], pairs[here], pairs[there], scale)
    pairs = pairs.mutate(**{_APART: apart})
    return pairs.filter(pairs[_APART] <= reach)


def _with_columns(
    table: ir.Table,
    step: Within | Nearest,
    at: At,
    found: ir.Table,
    columns_added: list[str],
    others: ir.Table,
    also: Mapping[str, str] | None = None,
) -> Findings:
    """The columns of the row of the source that each place found, brought to the rows."""
    names: dict[str, str] = {}
    for name, hidden in zip(step.columns, columns_added, strict=True):
        names[name_for(name, step.source, table, {**names, **(also or {})})] = hidden
    if columns_added:
        found = found.inner_join(others.select(_RANK, *columns_added), _RANK)
    return found, {**names, **(also or {})}


_HANDLERS: dict[type[Located], Callable[..., Findings]] = {
    Within: within,
    Nearest: nearest,
    Around: around,
    AreaShare: area_share,
}
