"""Union of several sources. In: a table, the step and its other tables. Out: all their rows.

Columns are matched by name, in the order of the first table that has each.
"""

from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.types as ir

from beffroi.recipes import common_types
from beffroi.recipes.context import StepContext, casefolded, describe_type, visible_columns
from beffroi.recipes.french import join_words
from beffroi.recipes.joins import source_column
from beffroi.recipes.model import Stack


def stack(
    table: ir.Table, step: Stack, ctx: StepContext, others: Mapping[str, ir.Table], names: Mapping[str, str]
) -> ir.Table:
    """Union of the tables. `others`: the table of each source that is added; `names`: the dataset of each of the step's sources,
    and of the current rows under "". Raises RecipeError when a column has several kinds of values.
    """
    sides: dict[str, dict[str, Any]] = {"": {name: table[name] for name in visible_columns(table)}}
    for alias, other in others.items():
        sides[alias] = _renamed(other, alias, step, ctx)
        if not sides[alias].keys() & sides[""].keys():
            ctx.refuse(
                f"« {names[alias]} » n'a aucune colonne du même nom que celles d'ici : {join_words(visible_columns(table))}. "
                "Renommez ses colonnes dans cette étape."
            )
    columns = list(dict.fromkeys(name for side in sides.values() for name in side))
    if step.origin is not None and step.origin.casefold() in casefolded(columns):
        ctx.refuse(
            f"une colonne porte déjà le nom « {step.origin} ». Nommez autrement la colonne de l'origine."
        )
    types = {name: _kind(name, sides, names, ctx) for name in columns}
    laid = []
    for (alias, side), rows in zip(sides.items(), (table, *others.values()), strict=True):
        origin = {step.origin: ibis.literal(names[alias])} if step.origin is not None else {}
        laid.append(rows.select(**{n: side.get(n, ibis.null()).cast(types[n]) for n in columns}, **origin))
    return ibis.union(*laid, distinct=False)


def _renamed(other: ir.Table, alias: str, step: Stack, ctx: StepContext) -> dict[str, Any]:
    """Columns of a source under their new names."""
    rename = step.rename.get(alias, {})
    for name in rename:
        source_column(other, name, alias, ctx)
    side = {rename.get(name, name): other[name] for name in visible_columns(other)}
    if len(side) < len(visible_columns(other)):
        ctx.refuse(f"deux colonnes de « {alias} » prendraient le même nom. Donnez-leur des noms différents.")
    return side


def _kind(
    name: str, sides: Mapping[str, Mapping[str, Any]], names: Mapping[str, str], ctx: StepContext
) -> Any:
    columns = {alias: side[name] for alias, side in sides.items() if name in side}
    kind = common_types.common(column.type() for column in columns.values())
    if kind is not None:
        return kind
    described = join_words(
        f"{describe_type(column)} dans « {names[alias]} »" for alias, column in columns.items()
    )
    return ctx.refuse(f"la colonne « {name} » contient {described}. Donnez un autre nom à l'une des deux.")
