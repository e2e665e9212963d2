"""Lines of the home of continuity, in three blocks: what is happening, my service, what is not ready. Nouns register theirs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from beffroi.web.platform.models import Person, Territory

type Block = Literal["now", "service", "not_ready"]
"""A crisis under way and what waits to be re-keyed; services and their sheets; what is late or missing."""


@dataclass(frozen=True)
class Line:
    """One line: words that lead to a page; `text`: a sentence under them; `badge`, `look`: a state in a word."""

    title: str
    url: str
    text: str = ""
    badge: str = ""
    look: str = "warn"


type LineMaker = Callable[[Person, Territory], Iterable[Line]]
"""What a noun has to say to this person: nothing, one line or several; as many queries for three services as for three hundred."""

_makers: dict[str, tuple[Block, int, LineMaker]] = {}


def register(key: str, block: Block, order: int, lines: LineMaker) -> None:
    """`order`: within the block, the lowest first."""
    _makers[key] = (block, order, lines)


def lines_of(block: Block, person: Person, territory: Territory) -> list[Line]:
    here = [(order, make) for at, order, make in _makers.values() if at == block]
    here.sort(key=lambda each: each[0])
    return [line for _, make in here for line in make(person, territory)]
