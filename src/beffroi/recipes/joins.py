"""Equi-joins of two sources, and their match report.

In: a table, the step and the other source. Out: the joined table, or a `JoinReport` on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ibis.expr.types as ir

from beffroi.recipes.common_types import alike
from beffroi.recipes.context import StepContext, casefolded, hidden_columns, visible_columns
from beffroi.recipes.model import Join
from beffroi.recipes.text_folding import fold_key_expression

_KEY = "_beffroi_key_"
_PARTNERS = "_beffroi_partners"


@dataclass(frozen=True)
class JoinReport:
    """Match report of one join: rows before it, rows matched and lost, the rows added by multiple matches, and the
    rows of the source without a match (`unmatched_right`).
    """

    step: int
    source: str
    rows: int
    matched: int
    lost: int
    added: int
    unmatched_right: int

    @property
    def sentence(self) -> str:
        words = [f"{self.matched} lignes sur {self.rows} trouvent leur correspondance dans « {self.source} »"]
        if self.lost:
            words.append(f"{self.lost} n'en trouvent pas")
        if self.added:
            words.append(f"{self.added} lignes de plus, car certaines en trouvent plusieurs")
        if self.unmatched_right:
            words.append(f"{self.unmatched_right} lignes de « {self.source} » ne correspondent à aucune")
        return " ; ".join(words) + "."


def join(table: ir.Table, step: Join, ctx: StepContext, right: ir.Table) -> ir.Table:
    """Raises RecipeError when a key or a column is missing, in either source."""
    keys = _keys(table, right, step, ctx)
    taken = {pair.right for pair in step.on}
    names = (
        list(step.columns)
        if step.columns is not None
        else [n for n in visible_columns(right) if n not in taken]
    )
    arriving: dict[str, Any] = {}
    for name in names:
        arriving[available_name(name, step.source, table, arriving)] = source_column(
            right, name, step.source, ctx
        )
    counted = {name: right[name] for name in hidden_columns(right)}
    named = right.select(**{f"{_KEY}{n}": key for n, (_, key) in enumerate(keys)}, **arriving, **counted)
    if right.op() in table.op().find(type(right.op())):
        named = named.view()  # self-join: its columns would be those of both sides
    predicates = [key == named[f"{_KEY}{n}"] for n, (key, _) in enumerate(keys)]
    how = "inner" if step.keep == "matched" else "left"
    joined = table.join(named, predicates, how=how)
    return joined.select(*table.columns, *arriving, *counted)


def report(table: ir.Table, step: Join, ctx: StepContext, right: ir.Table) -> JoinReport:
    """Match report from one aggregate query: a join that would multiply the rows is detected without being run."""
    keys = _keys(table, right, step, ctx)
    names = [f"{_KEY}{n}" for n in range(len(keys))]
    sought = table.select(**{name: key for name, (key, _) in zip(names, keys, strict=True)})
    partners = right.select(**{name: key for name, (_, key) in zip(names, keys, strict=True)})
    many = partners.group_by(names).aggregate(**{_PARTNERS: partners.count()})
    found = sought.left_join(many, names)[_PARTNERS]
    counts = found.as_table().aggregate(
        rows=lambda t: t.count(), matched=lambda t: t[_PARTNERS].count(), pairs=lambda t: t[_PARTNERS].sum()
    )
    known = sought.distinct()
    unmatched_right = partners.anti_join(known, names).count().as_scalar()
    (row,) = ctx.run(counts.mutate(unmatched_right=unmatched_right)).to_pylist()
    rows, matched, added = int(row["rows"]), int(row["matched"]), int(row["pairs"] or 0) - int(row["matched"])
    return JoinReport(
        ctx.number, step.source, rows, matched, rows - matched, added, int(row["unmatched_right"])
    )


def _keys(table: ir.Table, right: ir.Table, step: Join, ctx: StepContext) -> list[tuple[Any, Any]]:
    pairs = []
    for pair in step.on:
        one, other = ctx.column(table, pair.left), source_column(right, pair.right, step.source, ctx)
        numbers = one.type().is_numeric() and other.type().is_numeric()
        if step.fold:
            one, other = (fold_key_expression(_text(side)) for side in (one, other))
        elif numbers:
            one, other = alike(one, other)
        elif one.type().copy(nullable=True) != other.type().copy(nullable=True):
            one, other = one.cast("string"), other.cast("string")
        pairs.append((one, other))
    return pairs


def _text(column: Any) -> Any:
    return column if column.type().is_string() else column.cast("string")


def source_column(right: ir.Table, name: str, alias: str, ctx: StepContext) -> Any:
    """Column of another source. Raises RecipeError when it is missing."""
    if name not in visible_columns(right):
        ctx.refuse(
            f"« {alias} » n'a pas de colonne « {name} ». Ses colonnes : {', '.join(visible_columns(right))}."
        )
    return right[name]


def available_name(name: str, source: str, table: ir.Table, arriving: Mapping[str, Any]) -> str:
    """Name that a column of another source takes here: its own, suffixed by the alias when it is taken."""
    taken = casefolded([*table.columns, *arriving])
    chosen = name if name.casefold() not in casefolded(table.columns) else f"{name}_{source}"
    number = 2
    while chosen.casefold() in taken:
        chosen, number = f"{name}_{source}_{number}", number + 1
    return chosen
