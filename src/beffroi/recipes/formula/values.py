"""Typed values of formulas: kind, expression, and the node that they come from.

Also the kind checks of operators and functions; a mismatch is refused at the position of the value.
"""

from dataclasses import dataclass
from typing import Any, NoReturn

import ibis
import ibis.expr.datatypes as dt

from beffroi.recipes.formula.errors import refuse
from beffroi.recipes.formula.kinds import DATE, FLOAT, INTEGER, MOMENT, Kind, common
from beffroi.recipes.formula.tree import Literal, Node


@dataclass(frozen=True)
class Value:
    kind: Kind
    expr: Any
    node: Node

    def refuse(self, reason: str) -> NoReturn:
        refuse(reason, self.node.start, self.node.end)

    @property
    def literal(self) -> Any:
        """Constant of the value, None when it is computed."""
        return self.node.value if isinstance(self.node, Literal) else None

    def as_kind(self, kind: Kind) -> Any:
        """Expression cast to this kind, or another that contains it; with the bits that the kind promises."""
        if kind == DATE and self.kind == MOMENT:
            return self.expr.date()
        return self.expr.cast(kind.dtype)


def refuse_kind(operation: str, what: str, value: Value) -> NoReturn:
    """Refuse a value of the wrong kind, with advice."""
    value.refuse(f"{operation} attend {what} ; ici, c'est {value.kind.french_name}.{_advice(what, value)}")


def _advice(what: str, value: Value) -> str:
    if value.kind.name == "text":
        if what == "un nombre" or what == "un nombre entier":
            if isinstance(value.literal, str):
                return " Un nombre s'écrit sans guillemets."
            return " CNUM lit le nombre écrit dans un texte."
        if what == "une date" and isinstance(value.literal, str):
            return " Une date s'écrit DATE(2024 ; 1 ; 31)."
    if what == "du texte":
        return " TEXTE écrit une valeur en texte."
    if what == "vrai ou faux" and value.kind.is_number:
        return " Comparez-le, par exemple : <> 0."
    if what == "un nombre entier":
        return " ENT en donne la partie entière."
    return ""


def _wish(kind: Kind) -> str:
    return "un nombre" if kind.is_number else "une date" if kind.is_dated else kind.french_name


def number(operation: str, value: Value) -> Value:
    if not value.kind.is_number:
        refuse_kind(operation, "un nombre", value)
    return value


def floating(operation: str, value: Value) -> Any:
    return number(operation, value).as_kind(FLOAT)


def whole(operation: str, value: Value) -> Any:
    if value.kind != INTEGER:
        refuse_kind(operation, "un nombre entier", value)
    return value.as_kind(INTEGER)


def text(operation: str, value: Value) -> Any:
    if value.kind.name != "text":
        refuse_kind(operation, "du texte", value)
    return value.expr


def day(operation: str, value: Value) -> Any:
    if not value.kind.is_dated:
        refuse_kind(operation, "une date", value)
    return value.as_kind(DATE)


def truth(operation: str, value: Value) -> Any:
    if value.kind.name != "boolean":
        refuse_kind(operation, "vrai ou faux", value)
    return value.expr


def common_kind(operation: str, values: list[Value]) -> Kind:
    """Common kind of values of which one is chosen."""
    kind = values[0].kind
    for value in values[1:]:
        found = common(kind, value.kind)
        if found is None:
            value.refuse(
                f"{operation} reçoit ici {value.kind.french_name}, et avant {kind.french_name}. "
                f"Toutes ces valeurs doivent être de même nature.{_advice(_wish(kind), value)}"
            )
        kind = found
    return kind


def null_of(kind: Kind) -> Any:
    return ibis.null(kind.dtype)


def only_if(condition: Any, expr: Any, kind: Kind) -> Any:
    """Expression where the condition is true, null elsewhere."""
    return ibis.ifelse(condition, expr, null_of(kind))


def exact_product(one: Any, other: Any) -> Any:
    """Product of two exact numbers, with the digits that the engine gives.

    Ibis refuses two decimals of incompatible scales: the one with more decimals is widened first.
    """
    kinds = one.type(), other.type()
    if all(kind.is_decimal() for kind in kinds):
        widest = max(kind.precision for kind in kinds)
        if kinds[0].scale >= kinds[1].scale:
            one = one.cast(dt.Decimal(widest, kinds[0].scale))
        else:
            other = other.cast(dt.Decimal(widest, kinds[1].scale))
    return one * other
