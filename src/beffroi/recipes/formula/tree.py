"""What a formula says, as a tree. Each node knows its characters (`start`, `end`), which do not count when two are compared.

Names of functions are held in capitals without accents, as the house writes them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class _At:
    """`depth`: how many levels of values stand one in the other, this one included."""

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
    """`sign` is one of + - * / & = <> < <= > >= ET OU."""

    sign: str
    left: "Node"
    right: "Node"


@dataclass(frozen=True)
class Call(_At):
    """A function and its values; NON is one, however it is written."""

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
    """The node and all that it holds, in the order of writing."""
    yield node
    for part in parts(node):
        yield from walk(part)
