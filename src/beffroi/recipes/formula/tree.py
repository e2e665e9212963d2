"""Syntax tree of formulas. Each node has its position (`start`, `end`), ignored when two nodes are compared.

Names of functions are canonical: capitals without accents.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class _At:
    """Position of a node. `depth`: nesting of values, this one included."""

    start: int = field(compare=False)
    end: int = field(compare=False)
    depth: int = field(default=1, compare=False)


@dataclass(frozen=True)
class Literal(_At):
    value: int | Decimal | str | bool


@dataclass(frozen=True)
class Column(_At):
    name: str


@dataclass(frozen=True)
class Minus(_At):
    operand: "Node"


@dataclass(frozen=True)
class Binary(_At):
    """Binary operation; `sign` is one of + - * / & = <> < <= > >= ET OU."""

    sign: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True)
class Call(_At):
    """Function call; NON is one, however it is written."""

    name: str
    arguments: tuple["Node", ...]


Node = Literal | Column | Minus | Binary | Call


def parts(node: Node) -> tuple[Node, ...]:
    if isinstance(node, Minus):
        return (node.operand,)
    if isinstance(node, Binary):
        return (node.left, node.right)
    return node.arguments if isinstance(node, Call) else ()


def walk(node: Node) -> Iterator[Node]:
    """Node and all its descendants, in writing order."""
    yield node
    for part in parts(node):
        yield from walk(part)
