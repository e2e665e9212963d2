"""Spreadsheet formulas: `SI([Tonnage] > 1 000,5 ; "gros" ; "petit")`, compiled to the engine.

In: the text of a formula and its columns. Out: one expression, pushed down with the rest of the query; or a FormulaError
with advice and the position of the characters. No text of a formula becomes SQL.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import ibis

from beffroi.recipes.formula.build import Builder
from beffroi.recipes.formula.errors import FormulaError
from beffroi.recipes.formula.formatter import format_tree
from beffroi.recipes.formula.functions import FUNCTIONS, GROUPS
from beffroi.recipes.formula.functions.base import Function
from beffroi.recipes.formula.kinds import Kind
from beffroi.recipes.formula.parser import parse
from beffroi.recipes.formula.tokenizer import MAX_LENGTH
from beffroi.recipes.formula.tree import Binary, Column, Literal, Minus, Node, parts, walk

__all__ = [
    "GROUPS",
    "MAX_LENGTH",
    "FormulaError",
    "Function",
    "Kind",
    "check",
    "columns_of",
    "describe",
    "expression",
    "format_formula",
    "is_linear",
]


def expression(formula: str, columns: Mapping[str, Any], today: date) -> Any:
    """Expression of a formula over these columns (Ibis values, by name)."""
    value = Builder(columns, today).value(parse(formula))
    return value.as_kind(value.kind)


def check(formula: str, columns: Mapping[str, Any]) -> Kind:
    """Kind of the formula's result, if valid. `columns`: their types, as Ibis names them ("int64")."""
    table = ibis.table(dict(columns), name="t")
    return Builder({name: table[name] for name in table.columns}, date.min).value(parse(formula)).kind


def columns_of(formula: str) -> list[str]:
    """Columns that the formula reads, as it writes them, each once."""
    return list(dict.fromkeys(node.name for node in walk(parse(formula)) if isinstance(node, Column)))


def format_formula(formula: str, labels: Mapping[str, str] | None = None) -> str:
    """Canonical text of the formula, with its columns replaced by their labels (or new names)."""
    return format_tree(parse(formula), labels or {})


def describe() -> list[Function]:
    """Available functions, in the order of the help."""
    return list(FUNCTIONS.values())


def is_linear(formula: str) -> bool:
    """Whether the formula only adds columns, each multiplied or divided by constants.

    The sum of such a column reveals no more than the sums of its operands; any other formula may isolate one row.
    """
    return _linear(parse(formula))


def _linear(node: Node) -> bool:
    if isinstance(node, Column | Literal):
        return True
    if isinstance(node, Minus):
        return _linear(node.operand)
    if not isinstance(node, Binary) or not all(_linear(part) for part in parts(node)):
        return False
    if node.sign == "*":
        return _constant(node.left) or _constant(node.right)
    return node.sign in "+-" or (node.sign == "/" and _constant(node.right))


def _constant(node: Node) -> bool:
    return not any(isinstance(part, Column) for part in walk(node))
