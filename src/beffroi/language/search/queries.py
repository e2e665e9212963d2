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

    def found_in(self, text: Sequence[Word]) -> Iterable[Word]:
        """The words of a text that satisfy it; those of a phrase only where the whole phrase is there."""
        forms = {form for word in text for form in word.forms}
        whole = [p for p in (self.words, *self.similar) if all(not forms.isdisjoint(each) for each in p)]
        known = {form for phrase in whole for each in phrase for form in each}
        for word in text:
            if not known.isdisjoint(word.forms) or (
                self.prefix and any(form.startswith(self.prefix) for form in word.forms)
            ):
                yield word


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

    def found_in(self, text: str) -> list[Word]:
        """The words of a text that answer, in their order."""
        useful = _useful(words(text))
        found = {word for term in self.terms for word in term.found_in(useful)}
        return sorted(found, key=lambda word: word.start)


def parse(text: str) -> Query:
    """The query of this text; an empty one where it holds no word. The last word may be unfinished."""
    typed = list(words(text[:MOST_CHARACTERS].strip()))
    # A text of little words only is searched as it is.
    useful = (_useful(typed) or typed)[:MOST_TERMS]
    last = useful[-1] if useful and useful[-1] is typed[-1] and text[-1:].strip() else None
    terms: list[Term] = []
    start = 0
    while start < len(useful):
        length = next(
            (n for n in range(synonyms.longest(), 0, -1) if _similar(useful[start : start + n], n)), 1
        )
        chosen = useful[start : start + length]
        prefix = chosen[-1].folded if chosen[-1] is last and len(chosen[-1].folded) >= SHORTEST_PREFIX else ""
        similar = tuple(_forms(_useful(words(phrase))) for phrase in _similar(chosen, length))
        terms.append(Term(_forms(chosen), prefix, similar))
        start += length
    return Query(tuple(terms), tuple(word.folded for word in useful))


def _similar(chosen: Sequence[Word], length: int) -> tuple[str, ...]:
    if len(chosen) != length:
        return ()
    return synonyms.similar_to(tuple(word.forms[-1] for word in chosen))


def _useful(found: Iterable[Word]) -> list[Word]:
    return [word for word in found if not word.is_stop_word]


def _forms(found: Iterable[Word]) -> tuple[Forms, ...]:
    return tuple(word.stems for word in found)
