"""Recipe compiler. In: a recipe and the table of each alias. Out: one lazy Ibis table.

`compile` builds the whole recipe. With `floors` (protected sources) it stops at the grouping that `release` must check;
the remaining steps then run on visible groups: `disclosure_step` finds that grouping.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from beffroi.recipes import checks, communes, formula_step, groups, joins, model, spatial_joins
from beffroi.recipes.context import (
    FIRM,
    ROW,
    ROW_READ,
    UNIT,
    UNIT_READ,
    StepContext,
    casefolded,
    hidden_columns,
    visible_columns,
)
from beffroi.recipes.derive import derive_expression
from beffroi.recipes.errors import RecipeError
from beffroi.recipes.filters import build_condition
from beffroi.recipes.french import join_words
from beffroi.recipes.periods import periods
from beffroi.recipes.rankings import ranking
from beffroi.recipes.stacks import stack
from beffroi.recipes.unpivots import unpivot
from beffroi.recipes.windows import distinct_orders, sort_key, sort_keys, window


def compile(
    recipe: model.Recipe,
    tables: Mapping[str, ir.Table],
    *,
    today: date | None = None,
    floors: Mapping[str, int] | None = None,
    dominance_limited: Collection[str] = (),
) -> ir.Table:
    """Query of the recipe. `floors`: the minimum group size of each protected source (alias).

    `dominance_limited`: those of which one unit may not make too large a share of a total.
    Raises RecipeError: which step lacks which column, and the closest one.
    """
    protected = {alias: floor for alias, floor in (floors or {}).items() if floor > 0}
    grouping_index = disclosure_step(recipe, protected, tables)
    last = len(recipe.steps) if grouping_index is None else grouping_index + 1
    guarded = {alias: alias in dominance_limited for alias in protected}
    table = apply_steps(recipe, None, tables, range(last), today=today, guarded=guarded)
    if grouping_index is not None:
        return table
    return order_groups(table.select(*visible_columns(table)), recipe)


def disclosure_step(
    recipe: model.Recipe, floors: Mapping[str, int], tables: Mapping[str, ir.Table] | None = None
) -> int | None:
    """Index of the grouping after which protected rows are no longer visible; None when there is none.

    `tables`: the tables of the sources, for a join that does not list its columns: without them, these are not checked
    here, and `compile` does it before anything runs.
    Raises RecipeError when protected rows come in again after it, when it would show a single row's value, or when
    rows were compared before it: a group could then contain the values of rows that are not counted in it.
    """
    protected, grouping_index = False, None
    compared: StepContext | None = None
    revealing = formula_step.RevealingColumns()
    for index, step in enumerate(recipe.steps):
        ctx = StepContext(index + 1, step, date.min)
        counted_before = protected
        if any(floors.get(alias, 0) > 0 for alias in model.reads(step)):
            if isinstance(step, model.Located):
                spatial_joins.refuse_protected(step, ctx, recipe.sources[step.source])
            if grouping_index is not None:
                ctx.refuse(
                    "des données protégées se rapprochent avant de regrouper. Placez cette étape plus haut."
                )
            protected = True
        elif isinstance(step, model.Group | model.Pivot) and protected and grouping_index is None:
            grouping_index = index
            if compared is not None:
                compared.refuse(
                    "des lignes protégées ne se comparent pas une à une. Placez cette étape après « Regrouper »."
                )
            used = {step.operation} if isinstance(step, model.Pivot) else {m.operation for m in step.measures}
            if used & {"min", "max"}:
                ctx.refuse(
                    "le plus petit et le plus grand montreraient la valeur d'une seule ligne de données protégées. "
                    "Choisissez une somme, une moyenne ou un nombre."
                )
            revealing.refuse_measured(step, ctx)
        elif isinstance(step, model.Periods) and grouping_index is not None and step.fill == "zero":
            ctx.refuse(
                "une période absente est peut-être une période cachée, qui ne vaut pas zéro. Laissez-la vide."
            )
        if model.compares(step) and protected and grouping_index is None:
            compared = compared or ctx
        if protected and grouping_index is None:
            if isinstance(step, model.Join):
                names = step.columns
                if names is None and tables is not None and step.source in tables:
                    names = tuple(visible_columns(tables[step.source]))
                if names is not None:
                    counted = floors.get(step.source, 0) > 0
                    revealing.joined(step.source, names, counted=counted, counted_before=counted_before)
            revealing.follow(step, ctx)
    return grouping_index


def apply_steps(
    recipe: model.Recipe,
    table: ir.Table | None,
    tables: Mapping[str, ir.Table],
    indexes: range,
    *,
    today: date | None = None,
    guarded: Mapping[str, bool] | None = None,
    run: Callable[[ir.Table], pa.Table] | None = None,
) -> ir.Table:
    """Table after the steps of these indexes, starting from `table` (None: the source of the first).

    `guarded`: the protected sources, and whether the share of one unit is limited there.
    """
    for index in indexes:
        ctx = StepContext(index + 1, recipe.steps[index], today or date.today(), run or ir.Table.to_pyarrow)
        step = ctx.step
        if isinstance(step, model.Source):
            table = _open_source(step.source, ctx, tables, guarded)
        elif table is None:
            raise RecipeError("Une analyse commence par un jeu de données.")
        elif isinstance(step, model.Join):
            table = joins.join(table, step, ctx, _open_source(step.source, ctx, tables, guarded))
        elif isinstance(step, model.Located):
            table = spatial_joins.spatial_join(table, step, ctx, _open_source(step.source, ctx, tables, None))
        elif isinstance(step, model.Stack):
            others = {alias: _open_source(alias, ctx, tables, guarded) for alias in step.sources}
            first = recipe.sources[model.reads(recipe.steps[0])[0]]
            table = stack(table, step, ctx, others, {**recipe.sources, "": first})
        elif isinstance(step, model.Pivot) and hidden_columns(table):
            table = groups.group(table, groups.pivot_grouping(step), ctx)
        else:
            table = _HANDLERS[type(step)](table, step, ctx)
        if len(casefolded(table.columns)) < len(table.columns):
            ctx.refuse(
                "deux colonnes auraient le même nom, aux majuscules près. Donnez-leur des noms différents."
            )
    if table is None:
        raise RecipeError("Une analyse commence par un jeu de données.")
    return table


def order_groups(table: ir.Table, recipe: model.Recipe) -> ir.Table:
    """Groups sorted by their keys, when the recipe sets no order after them: same data, same table."""
    order = [
        isinstance(step, model.Sort | model.Top | model.Periods | model.Ranking) for step in recipe.steps
    ]
    grouped = [isinstance(step, model.Group | model.Pivot) for step in recipe.steps]
    if not any(grouped):
        return table
    last = len(grouped) - grouped[::-1].index(True)
    return table if any(order[last:]) else table.order_by([sort_key(table[name]) for name in table.columns])


def to_sql(recipe: model.Recipe, tables: Mapping[str, ir.Table], *, today: date | None = None) -> str:
    """Query as SQL text, for display; it is never run from this text."""
    return str(ibis.to_sql(compile(recipe, tables, today=today)))


def join_reports(
    recipe: model.Recipe, tables: Mapping[str, ir.Table], *, today: date | None = None
) -> list[joins.JoinReport]:
    """Match report of each join of the recipe, in order. Counts only, but it runs the queries."""
    reports = []
    for index, step in enumerate(recipe.steps):
        if isinstance(step, model.Join):
            before = apply_steps(recipe, None, tables, range(index), today=today)
            ctx = StepContext(index + 1, step, today or date.today())
            reports.append(joins.report(before, step, ctx, _open_source(step.source, ctx, tables, None)))
    return reports


def check_report(
    recipe: model.Recipe, tables: Mapping[str, ir.Table], *, today: date | None = None
) -> list[checks.CheckReport]:
    """Report of each check of the recipe, in order. Counts only, but it runs the queries."""
    reports = []
    for index, step in enumerate(recipe.steps):
        if isinstance(step, model.Check):
            before = apply_steps(recipe, None, tables, range(index), today=today)
            reports.append(checks.report(before, step, StepContext(index + 1, step, today or date.today())))
    return reports


def _open_source(
    alias: str, ctx: StepContext, tables: Mapping[str, ir.Table], guarded: Mapping[str, bool] | None
) -> ir.Table:
    if alias not in tables:
        ctx.refuse(f"le jeu de données « {alias} » n'est pas ouvert. Demandez-en l'accès, puis recommencez.")
    table = tables[alias]
    read = [name for name in hidden_columns(table) if name in (UNIT_READ, ROW_READ)]
    if guarded is None or alias not in guarded:
        return table.drop(*read)
    # Each row gets a number, so that a join that repeats it does not make its group look larger than it is.
    row = table[ROW_READ] if ROW_READ in read else ibis.row_number()
    unit = table[UNIT_READ] if UNIT_READ in read else row
    kind = FIRM if guarded[alias] else UNIT
    return table.mutate(**{f"{kind}{ctx.number}": unit, f"{ROW}{ctx.number}": row}).drop(*read)


def _choose(table: ir.Table, step: model.Choose, ctx: StepContext) -> ir.Table:
    chosen = {step.rename.get(name, name): ctx.column(table, name) for name in step.columns}
    if len(chosen) < len(step.columns):
        ctx.refuse("deux colonnes auraient le même nom. Donnez-leur des noms différents.")
    strangers = sorted(set(step.rename) - set(step.columns))
    if strangers:
        ctx.refuse(f"seules les colonnes gardées peuvent être renommées, pas {join_words(strangers)}.")
    return table.select(**chosen, **{name: table[name] for name in hidden_columns(table)})


def _filter(table: ir.Table, step: model.Filter, ctx: StepContext) -> ir.Table:
    tests = [
        build_condition(ctx.column(table, condition.column), condition, ctx) for condition in step.conditions
    ]
    return table.filter(ibis.and_(*tests) if step.match == "all" else ibis.or_(*tests))


def _derive(table: ir.Table, step: model.Derive, ctx: StepContext) -> ir.Table:
    column = ctx.column(table, step.column)
    other = ctx.column(table, step.other) if step.other is not None else None
    return table.mutate(**{ctx.unused_name(table, step.name): derive_expression(column, other, step, ctx)})


def _sort(table: ir.Table, step: model.Sort, ctx: StepContext) -> ir.Table:
    return table.order_by(
        [sort_key(ctx.column(table, o.column), o.descending) for o in distinct_orders(step.by)]
    )


def _top(table: ir.Table, step: model.Top, ctx: StepContext) -> ir.Table:
    order = model.Order(column=step.column, descending=not step.smallest)
    return table.order_by(sort_keys(table, [order], ctx)).limit(step.count)


_HANDLERS: dict[type[model.Step], Callable[[ir.Table, Any, StepContext], ir.Table]] = {
    model.Choose: _choose,
    model.Filter: _filter,
    model.Derive: _derive,
    model.Group: groups.group,
    model.Sort: _sort,
    model.Top: _top,
    model.Pivot: groups.pivot,
    model.Place: communes.place,
    model.FromReference: communes.reference,
    model.Window: window,
    model.Periods: periods,
    model.Ranking: ranking,
    model.Unpivot: unpivot,
    model.Check: checks.check,
    model.Compute: formula_step.compute,
}
