"""Words that a system said during its examination: French, and fit for a person.

In come the sentences that the bench gathered from every trial (notes, summaries, reasons, figures, verdicts, refusals); out goes the
point « Tout est dit en français ». A sentence with more small English words than French ones is not; nor is one that shows a value
of the program (`None`, `nan`).
"""

import re
from collections.abc import Iterable
from textwrap import shorten

from beffroi.systems import readability
from beffroi.systems.check.report import Point, build_point

_ENGLISH = frozenset(
    [
        "the",
        "of",
        "and",
        "is",
        "are",
        "was",
        "were",
        "not",
        "no",
        "with",
        "for",
        "from",
        "by",
        "must",
        "this",
        "that",
        "has",
        "have",
        "been",
        "be",
        "it",
        "its",
        "than",
        "there",
    ]
)
_LEAST_WORDS = 4
_WORD = re.compile(r"[a-zà-öø-ÿœæ]+", re.IGNORECASE)
_PROGRAM = re.compile(
    r"\b(None|nan|NaN|inf|Traceback|KeyError|ValueError|TypeError|dtype|numpy)\b|datetime\.date\("
)


def check_words(sentences: Iterable[str]) -> Point:
    found = sorted(set(sentences))
    faults = [shorten(sentence, 120, placeholder=" …") for sentence in found if not is_plain_french(sentence)]
    return build_point(
        "french",
        not faults,
        f"à récrire : « {faults[0]} »." if faults else f"{len(found)} phrase(s) lue(s), toutes en français.",
    )


def is_plain_french(sentence: str) -> bool:
    """Whether a person reads nothing but French there; names, numbers and very short labels pass."""
    if _PROGRAM.search(sentence):
        return False
    words = [word.lower() for word in _WORD.findall(sentence)]
    english = sum(word in _ENGLISH for word in words)
    french = readability.measure_readability(sentence).french * len(words)
    return len(words) < _LEAST_WORDS or english <= max(french, 1)
