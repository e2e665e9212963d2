"""Two editions of what a guide asks, compared question by question.

In: the questions of both. Out: what was added, withdrawn, asked otherwise, in the order of the new edition, in French.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from .questions import Question

CHANGES = {"added": "nouvelle question", "changed": "question changée", "withdrawn": "question retirée"}


@dataclass(frozen=True)
class Change:
    """What became of one question: its words in the new edition, or the old ones when it was withdrawn."""

    question: str
    kind: Literal["added", "changed", "withdrawn"]
    label: str

    @property
    def words(self) -> str:
        return CHANGES[self.kind]


def compare(before: Iterable[Question], after: Iterable[Question]) -> list[Change]:
    """What changed between two editions; help and notes to the reader do not count."""
    old = {question.key: question for question in before}
    new = {question.key: question for question in after}
    changes = [
        Change(key, "added" if key not in old else "changed", question.label)
        for key, question in new.items()
        if key not in old or _substance(question) != _substance(old[key])
    ]
    return changes + [
        Change(key, "withdrawn", question.label) for key, question in old.items() if key not in new
    ]


def _substance(question: Question) -> tuple[object, ...]:
    """What an answer depends on."""
    choices = tuple((choice.key, choice.label, choice.score) for choice in question.options)
    return question.label, question.kind, choices, question.when, question.weight, question.unit
