"""Quotes found word for word in the text columns of tables.

In come tables and quotes; out goes where each stands. White space and typographic quotes are read as one; capitals and accents count.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

LEAST_QUOTED = 3  # words: fewer are found in any text
MOST_QUOTED = 3_000  # characters
_QUOTES = str.maketrans("’‘ʼ′“”„″", "''''\"\"\"\"")


@dataclass(frozen=True)
class Found:
    """One quote, the name of its source, and the first place where it stands: table, column, line (from 1)."""

    source: str
    quote: str
    table: str
    column: str
    line: int


def normalised(text: str) -> str:
    """The same words with single spaces and straight quotes."""
    text = unicodedata.normalize("NFC", text)
    text = re.sub(r"«\s*|\s*»", '"', text).translate(_QUOTES)
    return " ".join(text.split())


class Texts:
    """The text columns of some tables, read once; dates and numbers are no passage."""

    def __init__(self, tables: Mapping[str, pa.Table]) -> None:
        self._columns: list[tuple[str, str, list[str]]] = []
        for name, table in tables.items():
            for field in table.schema:
                if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
                    values = pc.fill_null(table.column(field.name), "").to_pylist()
                    self._columns.append((name, field.name, [normalised(value) for value in values]))

    def find(self, source: str, quote: str) -> Found | None:
        """Where this quote stands as whole words; None where it does not, is too short or too long, or has no source."""
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
