"""Papers: documents made from answers, registers and plans: blocks of text, tables and lists, in order.

In: a paper's model and the values that it names. Out: blocks ready to be laid out; a value that is missing is said, never
left blank.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import Field

from .model import ID, Data, Guide

MISSING: Final = "à compléter"
TERRITORY: Final = "territory"
"""What a paper may name of the territory itself, as « {territory.name} »: no guide has this name."""
TERRITORY_VALUES: Final = frozenset({"name", "siren", "contact", "seat", "today"})
_SLOT: Final = re.compile(r"\{([a-z][a-z0-9_-]*)\.([a-z][a-z0-9_-]*)\}")


class Block(Data):
    """One block. `text`: paragraphs with slots « {guide.question} »; `guide`: whose table, scores, steps, actions or decision are shown.

    « cards »: one page an entry of a register, its first column as the title.

    `empty`: what is said where there is nothing.
    """

    kind: Literal["heading", "text", "table", "scores", "actions", "steps", "decision", "cards", "lines"]
    text: str = ""
    guide: str = ""
    columns: tuple[str, ...] = ()
    lines: int = Field(default=0, ge=0, le=40)  # blank lines to write on
    empty: str = "Rien pour l'instant."


class Paper(Guide):
    blocks: tuple[Block, ...] = Field(min_length=1)
    orientation: Literal["portrait", "landscape"] = "portrait"
    signed_by: str = ""

    def reference_faults(self) -> list[str]:
        faults = []
        for number, block in enumerate(self.blocks, start=1):
            if block.kind in ("heading", "text") and not block.text:
                faults.append(f"le bloc {number} est sans texte")
            if block.kind not in ("heading", "text", "lines") and not re.fullmatch(ID, block.guide):
                faults.append(f"le bloc {number} ne dit pas de quel guide il vient")
            if block.kind == "lines" and not block.lines:
                faults.append(f"le bloc {number} ne dit pas combien de lignes laisser")
        return faults

    def guides(self) -> set[str]:
        """Every guide that it takes something from."""
        return {block.guide for block in self.blocks if block.guide} | {guide for guide, _ in self.values()}

    def values(self) -> set[tuple[str, str]]:
        """Every value that it takes: the guide and the question, of a slot or of a column."""
        slots = {(found[1], found[2]) for block in self.blocks for found in _SLOT.finditer(block.text)}
        return slots | {(block.guide, column) for block in self.blocks for column in block.columns}


@dataclass(frozen=True)
class Filled:
    """A block with its slots filled in; `missing`: those that had no value."""

    block: Block
    text: str
    missing: tuple[str, ...]


def fill(paper: Paper, value_of: Callable[[str, str], str | None]) -> Iterator[Filled]:
    """The blocks with their slots filled in. `value_of`: the value of a question of a guide, as people read it."""
    return (_fill(block, value_of) for block in paper.blocks)


def _fill(block: Block, value_of: Callable[[str, str], str | None]) -> Filled:
    values = {found[0]: value_of(found[1], found[2]) for found in _SLOT.finditer(block.text)}
    text = _SLOT.sub(lambda found: values[found[0]] or f"[{MISSING}]", block.text)
    return Filled(block, text, tuple(slot[1:-1] for slot, value in values.items() if not value))
