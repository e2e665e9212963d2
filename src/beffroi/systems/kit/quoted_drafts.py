"""Drafts that lean on passages found word for word in the tables, and the sentence of a text that answers a question best.

In come tables of texts; out go `Draft`s, or None where nothing supports one: a draft without a passage is refused by the platform.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from beffroi.language.quotes import LEAST_QUOTED, Texts
from beffroi.systems.contract import Draft, Passage, Tables
from beffroi.text import fold_name

_SENTENCE = re.compile(r"(?<=[.!?…])\s+(?=[A-ZÀ-Ý«0-9])|\n+")
_SHORTEST = 3  # letters: shorter words (de, la, et) are in every sentence


class Drafting:
    """Writes drafts on the texts of these tables."""

    def __init__(self, tables: Tables) -> None:
        self._texts = Texts(tables)

    def draft(self, question: str, text: str, passages: Iterable[Passage], subject: str = "") -> Draft | None:
        """The draft with those of its passages that are there word for word; None where none is."""
        found = tuple(
            passage for passage in passages if self._texts.find(passage.source, passage.quote) is not None
        )
        return Draft(question, text, found, subject) if found else None


@dataclass(frozen=True)
class Ranked:
    """A sentence, the title of its text, and how much of the question it holds (0..1, rare words count more)."""

    title: str
    sentence: str
    share: float


class Sentences:
    """The sentences of some texts, ranked by the words that they share with a question."""

    def __init__(self, texts: Iterable[tuple[str, str]]) -> None:
        """`texts`: title and body of each."""
        self._sentences = [
            (title, sentence, frozenset(_words(f"{title} {sentence}")))
            for title, body in texts
            for sentence in (part.strip() for part in _SENTENCE.split(body))
            if len(sentence.split()) >= LEAST_QUOTED
        ]
        counts = Counter(word for _, _, words in self._sentences for word in words)
        self._weights = {word: math.log(1 + len(self._sentences) / count) for word, count in counts.items()}

    def best(self, question: str, most: int = 3) -> list[Ranked]:
        """The sentences that hold most of the question, best first; none that shares no word with it."""
        wanted = {word: self._weights.get(word, 0.0) for word in _words(question)}
        total = sum(wanted.values())
        if not total:
            return []
        ranked = [
            Ranked(title, sentence, sum(wanted[word] for word in words & wanted.keys()) / total)
            for title, sentence, words in self._sentences
        ]
        ranked = [one for one in ranked if one.share > 0]
        return sorted(ranked, key=lambda one: (-one.share, one.title, one.sentence))[:most]


def _words(text: str) -> list[str]:
    """Folded words of a text, without their plural."""
    return [word.rstrip("sx") for word in fold_name(text).split() if len(word) > _SHORTEST]
