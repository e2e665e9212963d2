"""Disclosure control: the only exit from a recipe to a reader. In: a compiled recipe and its grants. Out: the released table.

Where a grant has a floor, groups with fewer of its units are suppressed, with those that would reveal them to whoever
solves the system of all totals, before any later step of the recipe sees them. The floor counts the distinct values of the
grant's unit, or rows where no column identifies units.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from beffroi.lake.grants import Grant
from beffroi.recipes import model
from beffroi.recipes.compile import apply_steps, disclosure_step, order_groups
from beffroi.recipes.context import hidden_columns
from beffroi.recipes.disclosure import EarlierRead, count_earlier_groups, count_groups, decide_suppression
from beffroi.recipes.errors import QueryRefused
from beffroi.recipes.group_counts import DisclosureRule, ProtectedGroups, disclosure_rules_of

MAX_ROWS = 100_000


@dataclass(frozen=True)
class Released:
    """Released result. `reason`: what is never shown of protected rows (French, "" for unprotected rows); `suppressed`: how
    many groups are suppressed, which no reader is told.

    `row_count`: the rows of the whole result; `truncated` when `table` has only the first of them.
    """

    table: pa.Table
    suppressed: int
    reason: str
    row_count: int
    truncated: bool


@dataclass(frozen=True)
class CaptionedResult:
    """Released result with the counts that its caption quotes: a table of one row each, None for one that does not run."""

    released: Released
    counts: tuple[pa.Table | None, ...]


def floors_of(grants: Mapping[str, Grant]) -> dict[str, int]:
    """Floor of each protected source. A grant limited to groups protects at least single rows."""
    return {alias: rule.floor for alias, rule in disclosure_rules_of(grants, date.today()).items()}


def dominance_limited_in(grants: Mapping[str, Grant]) -> frozenset[str]:
    """Sources of which one unit may not make too large a share of a total."""
    return frozenset(alias for alias, grant in grants.items() if grant.dominance is not None)


def release(
    expr: ir.Table,
    grants: Mapping[str, Grant],
    recipe: model.Recipe,
    *,
    tables: Mapping[str, ir.Table] | None = None,
    today: date | None = None,
    limit: int = MAX_ROWS,
    earlier: Sequence[EarlierRead] = (),
) -> Released:
    """Run `expr` = `compile(recipe, tables, floors=…, dominance_limited=…)` and let out what
    the grants allow.

    `tables` are needed when a protected recipe joins open data after its grouping, and with `earlier`: what the same
    readers saw before, in that order, which this result may not complete. Raises QueryRefused when rows of a source
    that only gives groups would leave, GrantExpired.
    """
    for grant in grants.values():
        grant.check()
    day = today or date.today()
    read = model.sources_of(recipe)
    floors = {alias: floor for alias, floor in floors_of(grants).items() if alias in read}
    grouping_index = disclosure_step(recipe, floors)
    if grouping_index is None:
        refuse_rows(grant for alias, grant in grants.items() if alias in read)
        return _fetch(expr.drop(*hidden_columns(expr)), limit, 0, "")
    if not hidden_columns(expr):
        raise QueryRefused(
            "L'effectif des groupes n'a pas été compté : rien n'est montré. Relancez l'analyse."
        )
    # The groups are then in memory: the rest of the recipe runs on the engine that read them.
    run = expr.get_backend().to_pyarrow
    own = count_groups(recipe, grants, tables or {}, today=day, expr=expr)
    if own is None:
        raise TypeError("a deciding step counts groups")
    releases = [*count_earlier_groups(earlier, day), own]
    concealed = decide_suppression(releases, run)[-1].hidden
    table, step = ibis.memtable(_visible_groups(own.groups, concealed)), recipe.steps[grouping_index]
    if isinstance(step, model.Pivot):
        # Its groups were checked one a row; each goes to its own cell.
        laid = recipe.model_copy(update={"steps": (step.model_copy(update={"operation": "max"}),)})
        table = apply_steps(laid, table, {}, range(1), run=run)
    rest = range(grouping_index + 1, len(recipe.steps))
    table = apply_steps(recipe, table, tables or {}, rest, today=today, run=run)
    reason = suppression_notice(list(own.rules.values()))
    return _fetch(order_groups(table, recipe), limit, len(concealed), reason, run)


def refuse_rows(grants: Iterable[Grant], *, for_any_reader: bool = False) -> None:
    """Raises QueryRefused where a grant is limited to groups; `for_any_reader`: wherever rows are protected."""
    closed = sorted(one.dataset for one in grants if one.aggregate_only or (for_any_reader and one.protected))
    if closed:
        raise QueryRefused(
            f"« {', '.join(closed)} » contient des données personnelles ou sensibles : ses lignes ne sont pas montrées "
            "une à une. Ajoutez une étape « Regrouper », puis recommencez."
        )


def refuse_points(recipe: model.Recipe, grants: Mapping[str, Grant]) -> None:
    """Raises QueryRefused for a map of protected points, unless they are groups, whose floors the release enforces.

    A map is printed and projected: a protected row is never on it, even for a reader who may see rows.
    """
    if recipe.figure is None or recipe.figure.kind != "points":
        return
    floors = {alias: floor for alias, floor in floors_of(grants).items() if alias in model.sources_of(recipe)}
    if disclosure_step(recipe, floors) is None:
        read = model.sources_of(recipe)
        refuse_rows((grant for alias, grant in grants.items() if alias in read), for_any_reader=True)


def _visible_groups(groups: ProtectedGroups, concealed: frozenset[int]) -> pa.Table:
    """Visible groups, without their hidden counts."""
    if not concealed:
        return groups.visible_table
    if groups.keys == [()]:
        # A single row without keys stays, emptied, so that a figure can say « non montré ».
        return _emptied(groups.visible_table)
    mask = pa.array([index not in concealed for index in range(len(groups.keys))], pa.bool_())
    return groups.visible_table.filter(mask)


def _emptied(table: pa.Table) -> pa.Table:
    return pa.table({field.name: pa.nulls(table.num_rows, field.type) for field in table.schema})


def suppression_notice(rules: Sequence[DisclosureRule]) -> str:
    """Notice under groups of protected rows: the same, whether none is suppressed, one or a hundred.

    The number would reveal whether somebody is there: a filter on one person would count none, or one.
    """
    strictest = max(rules, key=lambda one: (one.floor, one.dominance is not None))
    left_out = [f"Les groupes de moins de {strictest.floor} {strictest.words.several}"]
    for rule in rules:
        if rule.dominance is not None:
            one = f"{'une' if rule.words.feminine else 'un'} {rule.words.one}"
            left_out.append(
                f"ceux où {one} fait plus de {f'{100 * rule.dominance:g}'.replace('.', ',')} % d'un total"
            )
            break
    return (
        f"{' et '.join(left_out)}, s'il y en a, ne sont pas montrés : on pourrait y reconnaître quelqu'un. D'autres ne le "
        "sont pas non plus s'il le faut, pour qu'une soustraction ne fasse pas retrouver ceux-là. Les totaux calculés "
        "ensuite ne comptent que ce qui est montré."
    )


def _fetch(
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
