"""Formula formatter: canonical text of a syntax tree, with the labels of its columns."""

from collections.abc import Mapping
from decimal import Decimal

from beffroi.recipes.formula.parser import COMPARISONS, MINUS, STRENGTHS
from beffroi.recipes.formula.tree import Binary, Column, Literal, Minus, Node

_ATOMIC = MINUS + 1


def format_tree(node: Node, labels: Mapping[str, str]) -> str:
    """Text that `parse` reads as the same tree; each column is replaced by its label, if any."""
    if isinstance(node, Literal):
        return _literal(node.value)
    if isinstance(node, Column):
        return f"[{labels.get(node.name, node.name).replace(']', ']]')}]"
    if isinstance(node, Minus):
        return f"-{_parenthesized(node.operand, MINUS, labels)}"
    if isinstance(node, Binary):
        strength = STRENGTHS[node.sign]
        # Operators of equal strength associate to the left; two comparisons are never chained.
        left = _parenthesized(node.left, strength + (node.sign in COMPARISONS), labels)
        return f"{left} {node.sign} {_parenthesized(node.right, strength + 1, labels)}"
    return f"{node.name}({' ; '.join(format_tree(part, labels) for part in node.arguments)})"


def _parenthesized(node: Node, strength: int, labels: Mapping[str, str]) -> str:
    """Text of a node, in parentheses when its operator is weaker than that of its parent."""
    text = format_tree(node, labels)
    return f"({text})" if _strength(node) < strength else text


def _strength(node: Node) -> int:
    if isinstance(node, Binary):
        return STRENGTHS[node.sign]
    return MINUS if isinstance(node, Minus) else _ATOMIC


def _literal(value: int | Decimal | str | bool) -> str:
    if isinstance(value, bool):
        return "VRAI" if value else "FAUX"
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    return f"{value:f}".replace(".", ",") if isinstance(value, Decimal) else str(value)
