"""Data quality rules applied to rows. In: a table and the step. Out: its rows with the rules they break, or a `CheckReport`.

Rows that are removed are always counted: `report` gives the number for each rule.
"""

from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from beffroi.recipes.context import StepContext, describe_type
from beffroi.recipes.filters import literal
from beffroi.recipes.french import humanize_number
from beffroi.recipes.model import Check, Rule
from beffroi.recipes.windows import add_columns_in_order

_BROKEN = {
    "present": "non renseigné",
    "unique": "en double",
    "between": "hors des bornes",
    "one_of": "valeur non prévue",
    "length": "longueur non prévue",
    "prefix": "début non prévu",
}


@dataclass(frozen=True)
class CheckReport:
    """Report on one check: rows before it, rows that break a rule, and how many break each, in the order of the rules."""

    step: int
    rows: int
    failing: int
    rules: tuple[tuple[str, int], ...]

    @property
    def sentence(self) -> str:
        if not self.failing:
            return f"Aucune des {humanize_number(self.rows)} lignes ne manque aux règles."
        verb = "ligne manque" if self.failing == 1 else "lignes manquent"
        broken = [f"{what} : {humanize_number(count)}" for what, count in self.rules if count]
        return f"{humanize_number(self.failing)} {verb} aux règles, sur {humanize_number(self.rows)} ({' ; '.join(broken)})."


def check(table: ir.Table, step: Check, ctx: StepContext) -> ir.Table:
    breaks = [_breaks(table, rule, ctx) for rule in step.rules]
    number, why = ctx.unused_name(table, step.name), ctx.unused_name(table, step.why)
    words = [
        ibis.ifelse(broken, f"{rule.column} : {_BROKEN[rule.rule]} ; ", "")
        for rule, broken in zip(step.rules, breaks, strict=True)
    ]
    added = {number: _total([broken.cast("int64") for broken in breaks]), why: _total(words)}
    added[why] = added[why].re_replace(" ; $", "").nullif("")
    moved = any(rule.rule == "unique" for rule in step.rules)
    tested = add_columns_in_order(table, added) if moved else table.mutate(**added)
    if step.keep == "all":
        return tested
    if step.keep == "failing":
        return tested.filter(tested[number] > 0)
    return tested.filter(tested[number] == 0).drop(number, why)


def report(table: ir.Table, step: Check, ctx: StepContext) -> CheckReport:
    """Report on a check, from one aggregate query."""
    names = [f"r{index}" for index in range(len(step.rules))]
    breaks = [_breaks(table, rule, ctx) for rule in step.rules]
    tested = table.select(**dict(zip(names, breaks, strict=True)))
    counts = {name: tested[name].sum().fill_null(0) for name in names}
    failing = ibis.or_(*(tested[name] for name in names)).sum().fill_null(0)
    found = tested.aggregate(rows=tested.count(), failing=failing, **counts)
    (row,) = ctx.run(found).to_pylist()
    rules = [f"{rule.column} {_BROKEN[rule.rule]}" for rule in step.rules]
    counted_rules = tuple((what, row[name]) for what, name in zip(rules, names, strict=True))
    return CheckReport(ctx.number, row["rows"], row["failing"], counted_rules)


def _total(parts: list[Any]) -> Any:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def _breaks(table: ir.Table, rule: Rule, ctx: StepContext) -> Any:
    """Boolean expression: does a row break the rule? Never null."""
    column = ctx.column(table, rule.column)
    if rule.rule == "present":
        blank = column.strip() == "" if column.type().is_string() else ibis.literal(False)
        return column.isnull() | blank.fill_null(False)
    return (~_passes(table, column, rule, ctx)).fill_null(False)


def _passes(table: ir.Table, column: Any, rule: Rule, ctx: StepContext) -> Any:
    if rule.rule == "unique":
        key = [column, *(ctx.column(table, name) for name in rule.also)]
        whole = ibis.and_(*(part.notnull() for part in key))
        return ~whole | (column.count().over(ibis.window(group_by=key)) == 1)
    if rule.rule in ("length", "prefix") and not column.type().is_string():
        ctx.refuse(
            f"la règle sur « {rule.column} » lit du texte, et cette colonne contient {describe_type(column)}."
        )
    if rule.rule == "prefix":
        return ibis.or_(*(column.startswith(str(value)) for value in rule.values))
    if rule.rule == "one_of":
        return column.isin([literal(column, value, rule.column, ctx) for value in rule.values])
    if rule.rule == "length":
        measured, low, high = column.length(), rule.minimum, rule.maximum
    else:
        measured, low, high = (
            column,
            *(
                None if b is None else literal(column, b, rule.column, ctx)
                for b in (rule.minimum, rule.maximum)
            ),
        )
    above = ibis.literal(True) if low is None else measured >= low
    return above if high is None else above & (measured <= high)
