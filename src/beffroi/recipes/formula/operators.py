"""Operators of formulas. In: the values on each side. Out: the resulting value.

+ - * are exact on integers and decimals; / gives a float, and null when it divides by zero. A null operand gives a null
result, except for ET and OU, where the other side may be enough (FAUX ET null is FAUX).
"""

from collections.abc import Callable
from typing import Any

from beffroi.recipes.formula import kinds, values
from beffroi.recipes.formula.errors import refuse
from beffroi.recipes.formula.functions.dates import days_after
from beffroi.recipes.formula.functions.texts import as_french_text
from beffroi.recipes.formula.kinds import BOOLEAN, DATE, FLOAT, INTEGER, MOMENT, TEXT, Kind
from beffroi.recipes.formula.tree import Binary, Minus
from beffroi.recipes.formula.values import Value

_COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "=": lambda left, right: left == right,
    "<>": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def negate(node: Minus, operand: Value) -> Value:
    values.number("Le signe -", operand)
    kind = operand.kind
    return Value(kind, (-operand.as_kind(kind)).cast(kind.dtype), node)


def apply_binary(node: Binary, left: Value, right: Value) -> Value:
    if node.sign in ("ET", "OU"):
        sides = values.truth(node.sign, left), values.truth(node.sign, right)
        return Value(BOOLEAN, sides[0] & sides[1] if node.sign == "ET" else sides[0] | sides[1], node)
    if node.sign == "&":
        return Value(TEXT, as_french_text("&", left) + as_french_text("&", right), node)
    if node.sign in _COMPARED:
        return Value(BOOLEAN, _comparison(node, left, right), node)
    if left.kind.is_dated and node.sign in "+-":
        return _moved(node, left, right)
    if right.kind.is_dated and node.sign == "+":
        return _moved(node, right, left)
    operation = f"Le signe {node.sign}"
    for side in (left, right):
        values.number(operation, side)
    if node.sign == "/":
        return Value(FLOAT, left.as_kind(FLOAT) / right.as_kind(FLOAT).nullif(0.0), node)
    kind = _arithmetic_kind(node, left.kind, right.kind)
    return Value(kind, _computed(node.sign, left, right, kind), node)


def _comparison(node: Binary, left: Value, right: Value) -> Any:
    kind = values.common_kind(f"La comparaison {node.sign}", [left, right])
    if kind.name in ("text", "boolean") and node.sign not in ("=", "<>"):
        left.refuse(
            f"{node.sign} range des nombres ou des dates ; ici, c'est {kind.french_name}. Employez = ou <>, ou CNUM."
        )
    for value in (left, right):
        if value.literal == "":
            value.refuse(
                "une valeur absente n'est pas un texte vide. Écrivez ESTVIDE([colonne]), qui voit les deux."
            )
    if kind == MOMENT and DATE in (left.kind, right.kind):
        kind = DATE
    if kind == INTEGER:
        # Nothing around the column: the engine skips files by its statistics.
        return _COMPARED[node.sign](left.expr, right.expr)
    return _COMPARED[node.sign](left.as_kind(kind), right.as_kind(kind))


def _moved(node: Binary, dated: Value, other: Value) -> Value:
    """Date plus or minus days, or the days between two dates."""
    if other.kind.is_dated:
        if node.sign == "+":
            other.refuse("deux dates ne s'additionnent pas. Leur différence, en jours, s'écrit avec -.")
        days = values.day("-", dated).delta(values.day("-", other), unit="day")
        return Value(INTEGER, days.cast("int64"), node)
    days = values.whole(f"Le signe {node.sign} après une date", other)
    return Value(dated.kind, days_after(dated, days if node.sign == "+" else -days), node)


def _arithmetic_kind(node: Binary, left: Kind, right: Kind) -> Kind:
    if FLOAT in (left, right):
        return FLOAT
    if left == right == INTEGER:
        return INTEGER
    (before, after), (before_too, after_too) = left.digits, right.digits
    if node.sign == "*":
        before, after = before + before_too, after + after_too
    else:
        before, after = 1 + max(before, before_too), max(after, after_too)
    if after > kinds.MAX_DIGITS // 2:
        refuse(
            f"ce calcul aurait {after} décimales, plus que le moteur n'en tient. Arrondissez d'abord, avec ARRONDI.",
            node.start,
            node.end,
        )
    return kinds.decimal(before, after)


def _computed(sign: str, left: Value, right: Value, kind: Kind) -> Any:
    # A factor preserves its own digits. An integer literal is cast to 64 bits, for the engine would compute it, and
    # its product, in 32.
    sides = (
        (left.kind, right.kind)
        if sign == "*" and kind.is_exact
        else (values.common_kind(sign, [left, right]),) * 2
    )
    one, other = left.as_kind(sides[0]), right.as_kind(sides[1])
    if sign == "*":
        return (values.exact_product(one, other) if kind.is_exact else one * other).cast(kind.dtype)
    return (one + other if sign == "+" else one - other).cast(kind.dtype)
