"""Communes of a column: recognised by code or name (`place`), completed from the packaged reference (`reference`).

In: a table and the step. Out: the same rows, in the same order, with more columns.
"""

from functools import cache
from typing import Any

import ibis
import ibis.expr.types as ir

from beffroi.lake.reference.divisions import CODE, divisions
from beffroi.recipes.context import HIDDEN, STEP_TITLES, StepContext, describe_type
from beffroi.recipes.model import FromReference, Place
from beffroi.recipes.text_folding import fold_place, fold_place_expression
from beffroi.recipes.windows import restore_row_order

_KEY = f"{HIDDEN}commune"


def place(table: ir.Table, step: Place, ctx: StepContext) -> ir.Table:
    column = ctx.column(table, step.column)
    if step.name != step.column:
        ctx.unused_name(table, step.name)
    if column.type().is_floating():
        # A code read as a number; what is not whole is none.
        whole = column.between(0, 99_999) & (column == column.floor())
        column = ibis.ifelse(whole, column, ibis.null("float64")).cast("int64")
    text = column.cast("string")
    if step.by == "code":
        return table.mutate(**{step.name: code_of(text)})
    names = [fold_place(commune.name) for commune in step.communes]
    known = [(name, c.code) for name, c in zip(names, step.communes, strict=True) if names.count(name) == 1]
    if not known:
        ctx.refuse("toutes les communes données portent le même nom. Utilisez leur code.")
    return table.mutate(**{step.name: fold_place_expression(text).cases(*known, else_=ibis.null("string"))})


def code_of(text: Any) -> Any:
    """INSEE code of a text, with its lost leading zero; null for any other text."""
    text = text.strip().upper()
    padded = ibis.ifelse(text.re_search("^[0-9]{4}$"), ibis.literal("0") + text, text)
    return ibis.ifelse(padded.re_search("^[0-9][0-9AB][0-9]{3}$"), padded, ibis.null("string"))


def reference(table: ir.Table, step: FromReference, ctx: StepContext) -> ir.Table:
    """Columns of the reference joined by code: each code is unique there, so rows are never multiplied."""
    column = ctx.column(table, step.column)
    if not column.type().is_string():
        lost = ", qui ont perdu le zéro du début des codes" if column.type().is_integer() else ""
        ctx.refuse(
            f"la colonne « {step.column} » ne contient pas des codes INSEE, mais {describe_type(column)}{lost}. Ajoutez avant une "
            f"étape « {STEP_TITLES['place']} » : elle écrit les codes en entier. Prenez ensuite sa colonne."
        )
    names = {ctx.unused_name(table, name): division for division, name in step.added.items()}
    communes = _divisions()
    added = communes.select(
        **{_KEY: communes[CODE]}, **{name: communes[division] for name, division in names.items()}
    )

    def joined(numbered: ir.Table) -> ir.Table:
        keyed = numbered.mutate(**{_KEY: code_of(numbered[step.column])})
        return keyed.left_join(added, _KEY).select(*numbered.columns, *names)

    return restore_row_order(table, joined)


@cache
def _divisions() -> ir.Table:
    """Reference table, shared by all recipes of a process: an engine registers it once."""
    return ibis.memtable(divisions()).op().copy(name="decoupage_administratif").to_expr()
