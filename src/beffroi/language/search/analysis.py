"""Words of French texts, as both engines index them: folded, without stop words, each with its stems.

In: a text. Out: `Word`s with their place in it; every form is made of letters and digits only.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import snowballstemmer

from beffroi.text import expand_ligatures, strip_accents

# A run of letters and digits, cut where a small letter meets a capital one: « nbRepas » is two words.
_WORD: Final = re.compile(r"[^\W_]+?(?:(?<=[a-zà-öø-ÿœ])(?=[A-ZÀ-ÖØ-ÞŒ])|(?![^\W_]))")
LONGEST_WORD: Final = 60
_SHORTEST_STEM: Final = 4
"""A shorter stem is shared by words that have nothing in common: « don » by « dons » and « données »."""
# Elided forms (l', d', qu'…) are among them: an apostrophe ends a word.
_STOP_WORDS: Final = """
    a ai as au aux avec c ce ces cet cette chez combien comment d dans de des du elle elles en entre est et eux il ils j je
    jusqu l la le les leur leurs lors lorsqu lui m ma mais me mes moi mon n ne ni nos notre nous on ont ou où par pas pour
    puisqu qu quand que quel quelle quelles quelqu quels qui quoi s sa sans se ses si son sont sous sur t ta te tes toi ton
    tu un une vers vos votre vous y
"""
STOP_WORDS: Final = frozenset(_STOP_WORDS.split())
_stemmer = snowballstemmer.stemmer("french")


@dataclass(frozen=True)
class Word:
    """A word of a text, its place there, and the forms under which it is indexed: the word itself, then its stems."""

    start: int
    end: int
    forms: tuple[str, ...]

    @property
    def folded(self) -> str:
        return self.forms[0]

    @property
    def stems(self) -> tuple[str, ...]:
        """The forms by which other inflexions of the word are found too: it is then found by them alone."""
        return self.forms[1:] or self.forms

    @property
    def is_stop_word(self) -> bool:
        return self.folded in STOP_WORDS


def words(text: str) -> Iterator[Word]:
    """The words of the text in order, stop words included."""
    for found in _WORD.finditer(text):
        yield Word(found.start(), found.end(), forms_of(found.group().lower()[:LONGEST_WORD]))


def distinct_words(texts: Iterable[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The words of several texts in order, each spelling once: in lower case, with its forms."""
    seen: set[str] = set()
    for text in texts:
        for written in _WORD.findall(text):
            if written not in seen:
                seen.add(written)
                lower = written.lower()
                yield lower, forms_of(lower[:LONGEST_WORD])


def indexed_words(text: str) -> str:
    """What is stored of a text: the forms of its words, each once, separated by spaces."""
    return " ".join(
        dict.fromkeys(form for word in words(text) if not word.is_stop_word for form in word.forms)
    )


@lru_cache(maxsize=1 << 16)
def forms_of(word: str) -> tuple[str, ...]:
    """The word without accents, its stem, and the stem of the word as typed without accents, where they differ.

    >>> forms_of("cantines"), forms_of("œuvre"), forms_of("collectées")
    (('cantines', 'cantin'), ('oeuvre', 'oeuvr'), ('collectees', 'collect', 'collecte'))
    """
    plain = fold(word)
    stems = (fold(_stemmer.stemWord(expand_ligatures(word))), _stemmer.stemWord(plain))
    return tuple(dict.fromkeys((plain, *(_long_enough(stem, plain) for stem in stems))))


def fold(text: str) -> str:
    """In lower case, without accents nor ligatures: « Œuvre » and « oeuvre » are one."""
    return strip_accents(expand_ligatures(text)).lower()


def _long_enough(stem: str, word: str) -> str:
    if len(stem) >= _SHORTEST_STEM or len(stem) >= len(word) - 1:
        return stem
    return word[:-1] if len(word) > _SHORTEST_STEM and word.endswith(("s", "x")) else word
