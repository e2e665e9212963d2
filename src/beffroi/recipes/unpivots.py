"""Unpivot step. In: a table and the step. Out: a row for each column of each row."""

import ibis.expr.types as ir
from ibis import selectors

from beffroi.recipes import common_types
from beffroi.recipes.context import StepContext, describe_type
from beffroi.recipes.french import join_words
from beffroi.recipes.model import Unpivot


def unpivot(table: ir.Table, step: Unpivot, ctx: StepContext) -> ir.Table:
    """Raises RecipeError when the columns have values of different kinds."""
    columns = {name: ctx.column(table, name) for name in step.columns}
    kind = common_types.common(column.type() for column in columns.values())
    if kind is None:
        names_by_type: dict[str, list[str]] = {}
        for name, column in columns.items():
            names_by_type.setdefault(describe_type(column), []).append(f"« {name} »")
        described = [
            f"{join_words(names)} {'contient' if len(names) == 1 else 'contiennent'} {what}"
            for what, names in names_by_type.items()
        ]
        ctx.refuse(
            f"{join_words(described)} : leurs valeurs ne tiennent pas dans une seule colonne. Gardez celles d'une sorte."
        )
    rest = table.drop(*columns)
    names, values = ctx.unused_name(rest, step.name), ctx.unused_name(rest, step.value)
    alike = table.mutate(**{name: column.cast(kind) for name, column in columns.items()})
    laid = alike.pivot_longer(selectors.cols(*columns), names_to=names, values_to=values)
    return laid.filter(laid[values].notnull()) if step.drop_missing else laid
