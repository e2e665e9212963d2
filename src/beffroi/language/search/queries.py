"""What a person typed, read as terms: each word, or phrase of the field, with the forms and the synonyms that satisfy it.

In: a text of any length. Out: a `Query` of at most `MOST_TERMS` terms; nothing of the text survives but letters and digits.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from . import synonyms
from .analysis import Word, words

MOST_CHARACTERS: Final = 200
MOST_TERMS: Final = 12
SHORTEST_PREFIX: Final = 2

type Forms = tuple[str, ...]
"""Forms of one word; any of them satisfies it."""


@dataclass(frozen=True)
class Term:
    """A word, or a phrase that has synonyms.

    `words`: the forms of each of its words, all of which must be there. `prefix`: the beginning of the last one, which a person
    may still be typing (empty: none). `similar`: other phrases that mean the same.
    """

    words: tuple[Forms, ...]
    prefix: str = ""
    similar: tuple[tuple[Forms, ...], ...] = ()

    def matches(self, forms: Iterable[str]) -> bool:
        """Whether a word of a text is part of what was searched, by itself, its beginning or a synonym."""
        forms = set(forms)
        known = (form for phrase in (self.words, *self.similar) for each in phrase for form in each)
        return not forms.isdisjoint(known) or (
            bool(self.prefix) and any(form.startswith(self.prefix) for form in forms)
        )


@dataclass(frozen=True)
class Query:
    """Terms that must all be there."""

    terms: tuple[Term, ...]
    words: tuple[str, ...] = ()
    """The words as typed, folded, stop words left out."""

    def __bool__(self) -> bool:
        return bool(self.terms)

    @property
    def has_synonyms(self) -> bool:
        return any(term.similar for term in self.terms)

    def matches(self, forms: Sequence[str]) -> bool:
        return any(term.matches(forms) for term in self.terms)


def parse(text: str) -> Query:
    """The query of this text; an empty one where it holds no word. The last word may be unfinished."""
    typed = list(words(text[:MOST_CHARACTERS].strip()))
    # A text of little words only is searched as it is.
    useful = ([word for word in typed if not word.is_stop_word] or typed)[:MOST_TERMS]
    last = useful[-1] if useful and useful[-1] is typed[-1] and text[-1:].strip() else None
    terms: list[Term] = []
    start = 0
    while start < len(useful):
        length = next(
            (n for n in range(synonyms.longest(), 0, -1) if _similar(useful[start : start + n], n)), 1
        )
        chosen = useful[start : start + length]
        prefix = chosen[-1].folded if chosen[-1] is last and len(chosen[-1].folded) >= SHORTEST_PREFIX else ""
        similar = tuple(_forms(words(phrase)) for phrase in _similar(chosen, length))
        terms.append(Term(_forms(chosen), prefix, similar))
        start += length
    return Query(tuple(terms), tuple(word.folded for word in useful))


def _similar(chosen: Sequence[Word], length: int) -> tuple[str, ...]:
    if len(chosen) != length:
        return ()
    return synonyms.similar_to(tuple(word.forms[-1] for word in chosen))


def _forms(found: Iterable[Word]) -> tuple[Forms, ...]:
    return tuple(word.forms for word in found if not word.is_stop_word) or tuple(word.forms for word in found)
