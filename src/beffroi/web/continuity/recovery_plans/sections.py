"""What recovery and continuity plans are made of: each noun registers its section, a plan asks every section for its blocks.

Orders in use: 20 services, 30 consequences, 35 sheets of the degraded mode, 40 people, 45 restart order, 50 whom to call, 55 roles
of the cell, 60 backups, 80 tests, 85 corrections. A section never says today's date: else every day would be a change.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString

from beffroi.web.guides.papers import Laid
from beffroi.web.platform.models import Territory
from beffroi.web.ui.stacked_tables import stacked

type Block = Laid | SafeString
"""A block of a paper, or HTML that is already escaped."""
type BlockMaker = Callable[[Territory], Iterable[Block]]

BOTH = frozenset({"pra", "pca"})


@dataclass(frozen=True)
class Section:
    """One section. `plans`: « pra », « pca » or both; `build`: its blocks; none: the plan says that it is missing."""

    key: str
    title: str
    order: int
    plans: frozenset[str]
    build: BlockMaker


@dataclass(frozen=True)
class Built:
    """A section with its content."""

    key: str
    title: str
    blocks: tuple[Block, ...]

    @property
    def html(self) -> SafeString:
        return SafeString("".join(map(_html, self.blocks)))

    @property
    def screen(self) -> SafeString:
        """As `html`, each table in a region of its own, row by row on a narrow screen."""
        return SafeString("".join(self._on_screen(block) for block in self.blocks))

    def _on_screen(self, block: Block) -> str:
        if isinstance(block, SafeString) or not block.table:
            return _html(block)
        scrolling = '<div class="table-wrap whole" role="group" aria-label="{}" tabindex="0">{}</div>'
        return format_html(scrolling, self.title, stacked(_html(block)))

    @property
    def lines(self) -> list[str]:
        """Its text, a line a paragraph, an item or a row: what two editions are compared by."""
        return [line for block in self.blocks for line in _lines(block)]


_sections: dict[str, Section] = {}


def register(section: Section) -> None:
    _sections[section.key] = section


def build(territory: Territory, plan: str) -> list[Built]:
    """Every section of this plan, in order, those without content too."""
    chosen = sorted((each for each in _sections.values() if plan in each.plans), key=lambda each: each.order)
    return [Built(each.key, each.title, tuple(each.build(territory))) for each in chosen]


def paragraph(*texts: str) -> Laid:
    return Laid("text", paragraphs=texts)


def items(texts: Iterable[str]) -> Laid:
    return Laid("actions", items=tuple(texts))


def table(heading: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[Block]:
    """A table with its heading; no block where it has no row."""
    body = tuple(tuple("–" if cell in (None, "") else str(cell) for cell in row) for row in rows)
    return [Laid("table", table=(tuple(heading), *body))] if body else []


def _html(block: Block) -> str:
    if isinstance(block, SafeString):
        return block
    return render_to_string(
        "guides/paper_blocks.html", {"document": SimpleNamespace(blocks=(block,), paper=None)}
    )


def _lines(block: Block) -> list[str]:
    if isinstance(block, SafeString):
        return [line for each in strip_tags(block).splitlines() if (line := each.strip())]
    return [*block.paragraphs, *(" | ".join(row) for row in block.table), *block.items]
