"""Simple search of the guides: the sections that hold every word.

In: the words of a person. Out: sections with an extract, those that say the words in their headings first.
"""

import re
from dataclasses import dataclass
from functools import cache

from beffroi.text import fold_name

from .markdown_pages import Section, sections

_MOST = 20
_AROUND = 90  # characters of an extract on each side of the word


@dataclass(frozen=True)
class Found:
    """A section that answers, cut around the first word: before, the word, after."""

    section: Section
    before: str
    word: str
    after: str


def search(query: str, *, only_public: bool = False) -> list[Found]:
    """Sections that hold every word of the query (their beginnings: « décim » finds « décimales »), the nearest first."""
    words = fold_name(query).split()
    if not words:
        return []
    ranked = []
    for section, heading, text in _folded():
        if only_public and not section.is_public:
            continue
        if not all(f" {word}" in heading or f" {word}" in text for word in words):
            continue
        in_heading = sum(f" {word}" in heading for word in words)
        ranked.append((-in_heading, -sum(text.count(f" {word}") for word in words), len(ranked), section))
    return [_extract(section, words[0]) for *_, section in sorted(ranked)[:_MOST]]


@cache
def _folded() -> tuple[tuple[Section, str, str], ...]:
    """Each section with its headings and its text folded, a space before each word."""
    return tuple(
        (one, f" {fold_name(f'{one.title} {one.section}')}", f" {fold_name(one.text)}") for one in sections()
    )


def _extract(section: Section, word: str) -> Found:
    """The text around the first place that says the word; its beginning when only the heading says it."""
    hit = next((m for m in re.finditer(r"\w+", section.text) if fold_name(m[0]).startswith(word)), None)
    if hit is None:
        cut = section.text[: 2 * _AROUND]
        return Found(section, cut + ("…" if len(section.text) > len(cut) else ""), "", "")
    before, after = section.text[: hit.start()], section.text[hit.end() :]
    if len(before) > _AROUND:
        before = "… " + before[-_AROUND:].partition(" ")[2]
    if len(after) > _AROUND:
        after = after[:_AROUND].rpartition(" ")[0] + " …"
    return Found(section, before, hit[0], after)
