"""Spelling of a query that found nothing: its words replaced by the closest ones of the titles and of the field.

In: a query and the texts whose words are known. Out: the words corrected, or nothing. Likeness is rapidfuzz's ratio (0..100).
"""

from collections.abc import Iterable
from typing import Final

from rapidfuzz import fuzz, process

from . import synonyms
from .analysis import forms_of, words
from .queries import Query

LIKENESS: Final = 78
_SHORTEST: Final = 4
MOST_WORDS: Final = 50_000


def correct(query: Query, texts: Iterable[str]) -> str:
    """The words of the query with those that nobody wrote replaced by a close one; empty where none is close."""
    known = _Vocabulary((*texts, *(text for others in synonyms.load().values() for text in others)))
    corrected = [known.closest(word) for word in query.words]
    return " ".join(corrected) if corrected != list(query.words) else ""


class _Vocabulary:
    """Words as they are written, by their folded form, and all the forms that are known."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.written: dict[str, str] = {}
        self.forms: set[str] = set()
        for text in texts:
            for word in words(text):
                self.forms.update(word.forms)
                if len(word.folded) >= _SHORTEST:
                    self.written.setdefault(word.folded, text[word.start : word.end].lower())
            if len(self.written) >= MOST_WORDS:
                break

    def closest(self, word: str) -> str:
        if len(word) < _SHORTEST or not self.forms.isdisjoint(forms_of(word)):
            return word
        found = process.extractOne(word, self.written.keys(), scorer=fuzz.ratio, score_cutoff=LIKENESS)
        return self.written[found[0]] if found else word
