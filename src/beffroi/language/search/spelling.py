"""Spelling of a query that found nothing: its words replaced by the closest ones of the titles and of the field.

In: a query and the texts whose words are known. Out: the words corrected, or nothing. Likeness is rapidfuzz's ratio (0..100).
"""

from collections.abc import Iterable
from functools import cache
from typing import Final

from rapidfuzz import fuzz, process

from . import synonyms
from .analysis import distinct_words, forms_of
from .queries import Query

LIKENESS: Final = 78
_SHORTEST: Final = 4
MOST_WORDS: Final = 50_000


def correct(query: Query, texts: Iterable[str]) -> str:
    """The words of the query with those that nobody wrote replaced by a close one; empty where none is close."""
    known = _Vocabulary(texts)
    known.add(_words_of_synonyms())
    corrected = [known.closest(word) for word in query.words]
    return " ".join(corrected) if corrected != list(query.words) else ""


@cache
def _words_of_synonyms() -> "_Vocabulary":
    return _Vocabulary(text for others in synonyms.load().values() for text in others)


class _Vocabulary:
    """Words as they are written, by their folded form, and all the forms that are known."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.written: dict[str, str] = {}
        self.forms: set[str] = set()
        for written, forms in distinct_words(texts):
            self.forms.update(forms)
            if len(forms[0]) >= _SHORTEST:
                self.written.setdefault(forms[0], written)
            if len(self.written) >= MOST_WORDS:
                break

    def add(self, other: "_Vocabulary") -> None:
        """The words of another one, of which ours are preferred."""
        self.forms |= other.forms
        for folded, written in other.written.items():
            self.written.setdefault(folded, written)

    def closest(self, word: str) -> str:
        if len(word) < _SHORTEST or not self.forms.isdisjoint(forms_of(word)):
            return word
        found = process.extractOne(word, self.written.keys(), scorer=fuzz.ratio, score_cutoff=LIKENESS)
        return self.written[found[0]] if found else word
