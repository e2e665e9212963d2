"""Two editions of what a guide asks, compared question by question.

In: the questions of both. Out: what was added, withdrawn, asked otherwise, in the order of the new edition, in French.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from .questions import Question


@dataclass(frozen=True)
class Change:
    """What became of one question: its words in the new edition, or the old ones when it was withdrawn."""

    question: str
    words: str
    label: str


def compare(before: Iterable[Question], after: Iterable[Question]) -> list[Change]:
    """What changed between two editions; help and notes to the reader do not count."""
    old = {question.key: question for question in before}
    new = {question.key: question for question in after}
    changes = [
        Change(key, "nouvelle question" if key not in old else "question changée", question.label)
        for key, question in new.items()
        if key not in old or _substance(question) != _substance(old[key])
    ]
    return changes + [
        Change(key, "question retirée", question.label) for key, question in old.items() if key not in new
    ]


def _substance(question: Question) -> tuple[object, ...]:
    """What an answer depends on."""
    choices = tuple((choice.key, choice.label, choice.score) for choice in question.options)
    return question.label, question.kind, choices, question.when, question.weight, question.unit
