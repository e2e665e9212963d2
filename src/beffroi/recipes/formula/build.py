"""Formula compiler: from the syntax tree to the engine's expression, with kinds checked before anything is read.

In: the tree, the columns by name, the day of AUJOURDHUI. Out: a `Value`, or a FormulaError at the faulty characters.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.operations as ops

from beffroi.recipes.errors import closest
from beffroi.recipes.formula import kinds, operators
from beffroi.recipes.formula.errors import refuse
from beffroi.recipes.formula.functions import FUNCTIONS
from beffroi.recipes.formula.functions.base import Invocation
from beffroi.recipes.formula.kinds import BOOLEAN, INTEGER, TEXT
from beffroi.recipes.formula.parser import function_name
from beffroi.recipes.formula.tree import Binary, Call, Column, Literal, Minus, Node
from beffroi.recipes.formula.values import Value
from beffroi.recipes.french import join_words
from beffroi.recipes.text_folding import fold

MAX_OPERATIONS = 4000
"""Maximum number of operations of the query: a value that a function uses twice counts twice."""
MAX_DEPTH = 100
"""Maximum nesting of operations in the query."""


@dataclass
class Builder:
    columns: Mapping[str, Any]
    today: date
    _measured: dict[Any, tuple[int, int]] = field(default_factory=dict)

    def value(self, node: Node) -> Value:
        if isinstance(node, Literal):
            return _written(node)
        if isinstance(node, Column):
            return self._column(node)
        if isinstance(node, Minus):
            made = operators.negate(node, self.value(node.operand))
        elif isinstance(node, Binary):
            made = operators.apply_binary(node, self.value(node.left), self.value(node.right))
        else:
            made = self._called(node)
        size, depth = self._measure(made.expr.op())
        if size > MAX_OPERATIONS or depth > MAX_DEPTH:
            made.refuse(
                "ce calcul est trop long pour une seule étape. Faites-en une partie dans une étape d'avant."
            )
        return made

    def _column(self, node: Column) -> Value:
        name = column_named(node.name, self.columns)
        if name is None:
            alike = [column for column in self.columns if fold(column) == fold(node.name)]
            advice = (
                f"Plusieurs s'écrivent presque ainsi : {join_words(alike, 'ou')}. Écrivez-la exactement."
                if alike
                else _advice(node.name, self.columns)
            )
            refuse(
                f"la colonne « {node.name} » n'existe pas, ou plus, à cet endroit. {advice}",
                node.start,
                node.end,
            )
        expr = self.columns[name]
        kind = kinds.kind_of(expr.type())
        if kind is None:
            refuse(
                f"une formule ne sait pas lire ce que contient la colonne « {name} ». Choisissez-en une autre.",
                node.start,
                node.end,
            )
        return Value(kind, expr, node)

    def _called(self, node: Call) -> Value:
        name_end = node.start + len(node.name)
        function = FUNCTIONS.get(node.name)
        if function is None:
            guess = difflib.get_close_matches(node.name, FUNCTIONS, n=1, cutoff=0.6)
            advice = f"Vouliez-vous dire {guess[0]} ?" if guess else "La liste des fonctions est dans l'aide."
            refuse(f"la fonction {node.name} n'existe pas. {advice}", node.start, name_end)
        argument_count = len(node.arguments)
        if argument_count < function.min_arguments or (
            function.max_arguments is not None and argument_count > function.max_arguments
        ):
            refuse(f"{function.name} attend {function.arity} : {function.signature}.", node.start, node.end)
        return function.build(Invocation(node, [self.value(part) for part in node.arguments], self.today))

    def _measure(self, operation: Any) -> tuple[int, int]:
        """Number of operations of the query for this one, and their nesting depth."""
        if operation not in self._measured:
            below = [
                self._measure(part) for part in operation.__children__ if not isinstance(part, ops.Relation)
            ]
            size = 1 + sum(size for size, _ in below)
            self._measured[operation] = size, 1 + max((depth for _, depth in below), default=0)
        return self._measured[operation]


def column_named(written: str, columns: Iterable[str]) -> str | None:
    """Column of exactly this name, or the only one that matches without case and accents."""
    names = list(columns)
    if written in names:
        return written
    alike = [name for name in names if fold(name) == fold(written)]
    return alike[0] if len(alike) == 1 else None


def _advice(written: str, columns: Mapping[str, Any]) -> str:
    guess = closest(written, columns)
    if guess:
        return f"Vouliez-vous dire [{guess}] ?"
    if function_name(written) in FUNCTIONS:
        return f"La fonction s'écrit avec des parenthèses : {FUNCTIONS[function_name(written)].signature}."
    return f"Colonnes présentes : {join_words(columns) if columns else 'aucune'}."


def _written(node: Literal) -> Value:
    value = node.value
    if isinstance(value, bool):
        return Value(BOOLEAN, ibis.literal(value), node)
    if isinstance(value, str):
        return Value(TEXT, ibis.literal(value), node)
    if isinstance(value, int) and value < 2**63:
        # The engine's own type: with another one, Ibis would not widen it when needed.
        return Value(INTEGER, ibis.literal(value, type="int32" if value < 2**31 else "int64"), node)
    exact = Decimal(value)
    after = max(0, -int(exact.as_tuple().exponent))
    kind = kinds.decimal(max(1, len(exact.as_tuple().digits) - after), after)
    return Value(kind, ibis.literal(exact, type=kind.dtype), node)
