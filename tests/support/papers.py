"""Every PDF that a test has laid out is examined: the rules of `pdfua`, 16 of the 106 of PDF/UA-1 that a machine can check.

In: nothing, once a process (`install`): `tests/conftest.py` for the tests, `forks` for the commands and servers they start.
Out: a `FaultyPaper` where the paper was made, with its title and what is wrong. None is no proof of conformance.
"""

import io
from collections.abc import Iterator
from functools import wraps

import pikepdf
from pdfua.document import PdfDocument, StructElement
from pdfua.rules import ALL_RULES

_OURS = "UA-14-001"  # empty headings: pdfua 0.1.3 asks an array of pikepdf 10.18 whether it is a number, which is refused
_RULES = tuple(rule for rule in ALL_RULES if rule.id != _OURS)


class FaultyPaper(AssertionError):
    """A PDF that a screen reader would read badly: its title, then each fault."""


class _Paper(PdfDocument):
    """Its elements are built once: pdfua builds each again at every level above it, five seconds for 180 pages."""

    def _walk(self, node: pikepdf.Object, depth: int, page: int | None) -> Iterator[StructElement]:
        if built := self._build(node, depth, page):
            yield from _all_of(built)


def _all_of(element: StructElement) -> Iterator[StructElement]:
    yield element
    for child in element.children:
        yield from _all_of(child)


def install() -> None:
    """From now on in this process, `printing.render_pdf` refuses a faulty paper."""
    from beffroi.web.ui import printing

    made = printing.render_pdf

    @wraps(made)
    def examined(text: str) -> bytes:
        content = made(text)
        if found := faults(content):
            raise FaultyPaper("\n".join(found))
        return content

    printing.render_pdf = examined


def faults(content: bytes) -> list[str]:
    """The title of the paper and what is wrong, errors and warnings alike; nothing if all is well."""
    with _Paper(pikepdf.open(io.BytesIO(content)), "") as paper:
        found = [finding for rule in _RULES for finding in rule.check(paper)]
        said = [f"{one.rule_id}, {one.location.describe()}: {one.message}" for one in found]
        said += _heading_faults(paper.struct_elements)
        return [f"« {paper.title} »", *dict.fromkeys(said)] if said else []


def _heading_faults(elements: tuple[StructElement, ...]) -> Iterator[str]:
    """ISO 14289-1, 7.4.2: the first heading is of level 1, none skips a level; none is empty."""
    above = 0
    for element in elements:
        role = element.role or ""
        if role[:2] == "/H" and role[2:].isdigit():
            level = int(role[2:])
            if level > above + 1:
                yield f"headings, page {element.page}: level {level} after level {above or 'none'}"
            if not _holds_text(element.obj):
                yield f"headings, page {element.page}: an empty one of level {level}"
            above = level


def _holds_text(node: pikepdf.Object) -> bool:
    """Whether a mark of the page's content is found below."""
    if isinstance(node, pikepdf.Dictionary):
        kids = node.get("/K", ())
        return any(map(_holds_text, kids if isinstance(kids, pikepdf.Array) else [kids]))
    return isinstance(node, int)
