"""Extracts of texts with the words found marked.

In: a query and a text. Out: fragments, marked or not, that a page renders: nothing here is markup.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from .analysis import Word
from .queries import Query

LENGTH: Final = 160  # characters
_BEFORE: Final = 40


@dataclass(frozen=True)
class Fragment:
    """A piece of text, and whether it was searched."""

    text: str
    marked: bool = False


def highlight(query: Query, text: str) -> list[Fragment]:
    """The whole text, its words found marked."""
    return _cut(text, query.found_in(text), 0, len(text))


def snippet(query: Query, text: str, length: int = LENGTH) -> list[Fragment]:
    """A piece of the text around the first word found, or its beginning where there is none."""
    found = query.found_in(text)
    start = (
        0 if not found or found[0].end <= length else text.rfind(" ", 0, max(1, found[0].start - _BEFORE)) + 1
    )
    end = len(text)
    if end - start > length:
        end = max(text.rfind(" ", start, start + length), found[0].end if found else start + 1)
    fragments = _cut(text, found, start, end)
    return [*([Fragment("… ")] if start else []), *fragments, *([Fragment(" …")] if end < len(text) else [])]


def matching(query: Query, texts: Iterable[str], most: int) -> list[str]:
    """Those of these short texts (columns, values) that hold a word found; `most` of them."""
    found: list[str] = []
    for text in texts:
        if len(found) == most:
            break
        if query.found_in(text):
            found.append(text)
    return found


def _cut(text: str, found: Iterable[Word], start: int, end: int) -> list[Fragment]:
    fragments, at = [], start
    for word in found:
        if word.start < at or word.end > end:
            continue
        fragments += [Fragment(text[at : word.start]), Fragment(text[word.start : word.end], marked=True)]
        at = word.end
    fragments.append(Fragment(text[at:end]))
    return [fragment for fragment in fragments if fragment.text]
