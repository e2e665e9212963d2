"""Synonyms of the field: words of local authorities that mean the same, themes and what belongs to them, acronyms.

In: `synonyms.toml`. Out: for the forms of a word or of a phrase, the other ways of saying it, each as the words that it takes.
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from .analysis import words

type Phrase = tuple[str, ...]
"""The last form (the stem) of each word of a phrase, stop words left out."""

FILE = Path(__file__).with_name("synonyms.toml")


def phrase_of(text: str) -> Phrase:
    return tuple(word.forms[-1] for word in words(text) if not word.is_stop_word)


@cache
def load() -> Mapping[Phrase, tuple[str, ...]]:
    """By phrase, what else is searched when it is."""
    data = tomllib.loads(FILE.read_text("utf-8"))
    found: dict[Phrase, dict[str, None]] = defaultdict(dict)
    for group in data["same"]:
        _add(found, group, group)
    for acronym, meaning in data["acronyms"].items():
        _add(found, [acronym, meaning], [acronym, meaning])
    for theme, members in data["themes"].items():
        _add(found, [theme], members)
    return {phrase: tuple(others) for phrase, others in found.items()}


@cache
def longest() -> int:
    """How many words the longest phrase has."""
    return max(map(len, load()))


def similar_to(phrase: Phrase) -> tuple[str, ...]:
    """What is searched besides this phrase.

    >>> "cantine" in similar_to(phrase_of("restauration scolaire"))
    True
    """
    return load().get(phrase, ())


def _add(found: dict[Phrase, dict[str, None]], keys: Iterable[str], texts: Iterable[str]) -> None:
    texts = list(texts)
    for key in keys:
        phrase = phrase_of(key)
        found[phrase].update((text, None) for text in texts if phrase_of(text) != phrase)
