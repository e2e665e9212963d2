"""The only exit from a recipe to a reader. In: a compiled recipe and the grants it read through; out: what may be shown.

Where a grant has a floor, groups made of fewer of its rows are left out, with those that would give them back by
subtraction, before any later step of the recipe sees them. The floor counts rows, not people, and does not protect
from two releases compared with each other: that is the processing record's matter.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from beffroi.lake.grants import Grant
from beffroi.recipes import model
from beffroi.recipes.compile import deciding_step, follow, settled
from beffroi.recipes.context import HIDDEN, hidden
from beffroi.recipes.errors import QueryRefused
from beffroi.recipes.groups import spread_of
from beffroi.recipes.suppress import complementary, primary

MOST_ROWS = 100_000
MOST_GROUPS = 200_000


@dataclass(frozen=True)
class Released:
    """What a reader gets. `suppressed`: how many groups are left out, for the `reason` (French, "" when none).

    `row_count`: the rows of the whole result; `truncated` when `table` holds only the first of them.
    """

    table: pa.Table
    suppressed: int
    reason: str
    row_count: int
    truncated: bool


def floors_of(grants: Mapping[str, Grant]) -> dict[str, int]:
    """The floor of each protected source. A grant that lets only groups out protects at least single rows."""
    floors = {alias: max(grant.floor, 2 if grant.aggregate_only else 0) for alias, grant in grants.items()}
    return {alias: floor for alias, floor in floors.items() if floor > 0}


def release(
    expr: ir.Table,
    grants: Mapping[str, Grant],
    recipe: model.Recipe,
    *,
    tables: Mapping[str, ir.Table] | None = None,
    today: date | None = None,
    limit: int = MOST_ROWS,
) -> Released:
    """Run `expr` = `compile(recipe, tables, floors=floors_of(grants))` and let out what the grants allow.

    `tables` are needed when a protected recipe joins open data after its grouping. Raises QueryRefused when rows of
    a source that only gives groups would leave, GrantExpired.
    """
    for grant in grants.values():
        grant.check()
    read = model.sources_of(recipe)
    floors = {alias: floor for alias, floor in floors_of(grants).items() if alias in read}
    deciding = deciding_step(recipe, floors)
    if deciding is None:
        refuse_rows(grant for alias, grant in grants.items() if alias in read)
        return _fetched(expr.drop(*hidden(expr)), limit, 0, "")
    if not hidden(expr):
        raise QueryRefused(
            "L'effectif des groupes n'a pas été compté : rien n'est montré. Relancez l'analyse."
        )
    shown, suppressed, reason = _shown(expr, recipe.steps[deciding])
    # The groups are now in memory: what is left of the recipe runs on the engine that read them.
    run = expr.get_backend().to_pyarrow
    table, step = ibis.memtable(shown), recipe.steps[deciding]
    if isinstance(step, model.Pivot):
        # Its groups were checked one a row; each goes to its cell, where it is alone.
        laid = recipe.model_copy(update={"steps": (step.model_copy(update={"operation": "max"}),)})
        table = follow(laid, table, {}, range(1), run=run)
    rest = range(deciding + 1, len(recipe.steps))
    table = follow(recipe, table, tables or {}, rest, today=today, run=run)
    return _fetched(settled(table, recipe), limit, suppressed, reason, run)


def refuse_rows(grants: Iterable[Grant]) -> None:
    """Raises QueryRefused where a grant lets only groups out."""
    closed = sorted(grant.dataset for grant in grants if grant.aggregate_only)
    if closed:
        raise QueryRefused(
            f"« {', '.join(closed)} » contient des données personnelles ou sensibles : ses lignes ne sont pas montrées "
            "une à une. Ajoutez une étape « Regrouper », puis recommencez."
        )


def _shown(expr: ir.Table, step: model.Step) -> tuple[pa.Table, int, str]:
    """The groups that may be shown, without their hidden counts; how many were left out and why."""
    groups = expr.limit(MOST_GROUPS + 1).to_pyarrow()
    if groups.num_rows > MOST_GROUPS:
        raise QueryRefused(
            f"Cette analyse donne plus de {MOST_GROUPS} groupes : c'est trop pour protéger les personnes. "
            "Regroupez sur moins de colonnes."
        )
    grouping = spread_of(step) if isinstance(step, model.Pivot) else step
    if not isinstance(grouping, model.Group):
        raise TypeError("a deciding step groups")
    counted = [name for name in groups.column_names if name.startswith(HIDDEN)]
    floors = [int(name.removeprefix(HIDDEN).split("_")[0]) for name in counted]
    counts = list(zip(*(groups[name].to_pylist() for name in counted), strict=True))
    under = primary(counts, floors)
    visible = groups.drop_columns(counted)
    if not grouping.by:
        # One row for everything bears no key: it stays, emptied, so that a figure can say « non montré ».
        return (_emptied(visible), 1, _reason(1, 0, max(floors))) if under else (visible, 0, "")
    keys = list(zip(*(groups[name].to_pylist() for name in grouping.by), strict=True))
    beside = complementary(keys, [min(rows) for rows in counts], under)
    kept = pa.array(
        [index not in under and index not in beside for index in range(groups.num_rows)], pa.bool_()
    )
    left_out = len(under) + len(beside)
    return visible.filter(kept), left_out, _reason(len(under), len(beside), max(floors))


def _emptied(table: pa.Table) -> pa.Table:
    return pa.table({field.name: pa.nulls(table.num_rows, field.type) for field in table.schema})


def _reason(under: int, beside: int, floor: int) -> str:
    if not under:
        return ""
    some = "1 groupe n'est pas montré" if under == 1 else f"{under} groupes ne sont pas montrés"
    reason = f"{some}, car fait de moins de {floor} lignes : on pourrait y reconnaître quelqu'un."
    if under > 1:
        reason = reason.replace("car fait", "car faits")
    if beside:
        more = "Un autre est caché" if beside == 1 else f"{beside} autres sont cachés"
        reason += f" {more} pour qu'une soustraction ne le{'s' if under > 1 else ''} fasse pas retrouver."
    return reason + " Les totaux calculés ensuite ne les comptent pas."


def _fetched(
    expr: ir.Table,
    limit: int,
    suppressed: int,
    reason: str,
    run: Callable[[ir.Expr], Any] = ir.Expr.to_pyarrow,
) -> Released:
    table = run(expr.limit(limit + 1))
    if table.num_rows <= limit:
        return Released(table, suppressed, reason, table.num_rows, truncated=False)
    return Released(table.slice(0, limit), suppressed, reason, run(expr.count()).as_py(), truncated=True)
