"""Screening of a declared purpose for words that name a forbidden use. A word is no evidence.

In comes a text in French; out goes one `PurposeWarning` a question. Plain words (« noter les citoyens ») count as a « oui » until
the purpose is rewritten, unless the verb just before denies them (« ne sert pas à… »): then they open the question only.
"""

import re
from functools import cache

from beffroi.guides import Rule
from beffroi.guides.model import Data
from beffroi.text import strip_accents

_DENIED = re.compile(
    r"\bne?\b(?:(?: \w+){0,2} (?:pas|jamais|plus|en aucun cas)(?: (?:fait|concu|destine|prevu|utilise|autorise)e?)?|.* ni)"
    r"(?: (?:a|de|d|pour))? $"
)


class PurposeWarning(Data):
    """Words found and the question that they open. `plain`: they name the forbidden use by themselves."""

    question: str
    words: str
    plain: bool


def screen_purpose(rule: Rule, text: str) -> tuple[PurposeWarning, ...]:
    """Warnings on this purpose, one a question, the plain ones first."""
    found: dict[str, PurposeWarning] = {}
    for sentence in re.split(r"[.;!?\n]+", _simple(text)):
        for term in rule.terms:
            for words in term.words:
                hit = _pattern(words).search(sentence)
                if hit is None:
                    continue
                plain = term.plain and not _DENIED.search(sentence[: hit.start()])
                existing = found.get(term.fact)
                if existing is None or (plain and not existing.plain):
                    found[term.fact] = PurposeWarning(question=term.fact, words=hit[0], plain=plain)
    return tuple(sorted(found.values(), key=lambda one: (not one.plain, one.question)))


def _simple(text: str) -> str:
    """Lower case, no accents, one space between words, straight apostrophes as spaces."""
    bare = strip_accents(text.lower())
    return re.sub(r"[^\S\n]+", " ", re.sub(r"[’'«»\"“”(),:]", " ", bare))


@cache
def _pattern(words: str) -> re.Pattern[str]:
    parts = [re.escape(part).replace(r"\*", r"\w*") for part in _simple(words).split(" ")]
    return re.compile(r"\b" + r" ".join(parts) + r"\b")
