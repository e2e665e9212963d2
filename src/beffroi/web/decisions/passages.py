"""Whether the passages that a draft quotes stand, word for word, in the tables that its system was given.

In come drafts and tables; out go those that hold, each passage with where the house found it, and how many do not.
White space and typographic quotes are read as one; capitals and accents count.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from beffroi.systems.contract import Draft, Tables

LEAST_QUOTED = 3  # words: fewer are found in any text
MOST_QUOTED = 3_000  # characters
_QUOTES = str.maketrans("’‘ʼ′“”„″", "''''\"\"\"\"")


@dataclass(frozen=True)
class Found:
    """One passage, and the first place where it stands: the table of the system, its column, the line (from 1)."""

    source: str
    quote: str
    table: str
    column: str
    line: int


@dataclass(frozen=True)
class Supported:
    """A draft whose every passage was found."""

    draft: Draft
    passages: tuple[Found, ...]


def normalised(text: str) -> str:
    """The same words with single spaces and straight quotes."""
    text = unicodedata.normalize("NFC", text)
    text = re.sub(r"«\s*|\s*»", '"', text).translate(_QUOTES)
    return " ".join(text.split())


def supported(drafts: Sequence[Draft], tables: Tables) -> tuple[list[Supported], int]:
    """The drafts whose every quote is there, and how many have none, or one that is not."""
    if not drafts:
        return [], 0
    texts = _Texts(tables)
    quoted = [one for draft in drafts if (one := _supported(draft, texts)) is not None]
    return quoted, len(drafts) - len(quoted)


def _supported(draft: Draft, texts: "_Texts") -> Supported | None:
    found = [texts.find(passage.source, passage.quote) for passage in draft.passages]
    passages = tuple(each for each in found if each is not None)
    return Supported(draft, passages) if passages and len(passages) == len(found) else None


class _Texts:
    """The text columns of some tables, read once; dates and numbers are no passage."""

    def __init__(self, tables: Tables) -> None:
        self._columns: list[tuple[str, str, list[str]]] = []
        for name, table in tables.items():
            for field in table.schema:
                if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
                    values = pc.fill_null(table.column(field.name), "").to_pylist()
                    self._columns.append((name, field.name, [normalised(value) for value in values]))

    def find(self, source: str, quote: str) -> Found | None:
        words = normalised(quote).strip("\"' ")
        if len(words.split()) < LEAST_QUOTED or len(words) > MOST_QUOTED or not source.strip():
            return None
        for table, column, values in self._columns:
            for line, value in enumerate(values, 1):
                if words in value and _whole(words, value):
                    return Found(source.strip(), quote.strip(), table, column, line)
        return None


def _whole(words: str, text: str) -> bool:
    """Whether these stand there as whole words, not as a piece of longer ones."""
    start = re.escape(words)
    return re.search(rf"(?<!\w){start}(?!\w)", text) is not None
