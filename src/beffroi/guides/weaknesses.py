"""Check of guides: what loads and yet would mislead whoever answers: dead conditions, answers that lead nowhere.

In: a library. Out: problems in French, each with its guide. Content without source, licence or date does not load at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from .conditions import UNKNOWN, Condition
from .loading import Library
from .model import Guide
from .paper_model import Paper
from .plan import Plan
from .questionnaire import AnswersError, Questionnaire
from .questions import CHOSEN, Question
from .register import Register, read_entry
from .rule import Rule
from .runbook import Runbook

NEUTRAL = frozenset({UNKNOWN, "na"})
"""Answers that say nothing of a result: « je ne sait pas », « non applicable »."""


@dataclass(frozen=True)
class Weakness:
    guide: str
    message: str

    def __str__(self) -> str:
        return f"{self.guide} : {self.message}"


def check(library: Library) -> list[Weakness]:
    """What is weak in the guides of a library, in their order."""
    found = []
    for guide in library.guides.values():
        found += [Weakness(guide.id, message) for message in _weaknesses(guide, library)]
    return found


def _weaknesses(guide: Guide, library: Library) -> Iterator[str]:
    match guide:
        case Questionnaire():
            yield from _dead_conditions(
                guide.questions, [(q.key, c) for q in guide.questions for c in q.when]
            )
            yield from _choices_without_result(guide)
            yield from _low_scores_without_action(guide)
        case Rule():
            conditions = [(s.key, c) for s in guide.statuses for c in s.when]
            yield from _dead_conditions(
                guide.facts, conditions + [(d.key, c) for d in guide.duties for c in d.when]
            )
            yield from (
                f"l'obligation « {duty.key} » ne dit pas son article"
                for duty in guide.duties
                if not duty.article
            )
        case Register():
            yield from _dead_conditions(guide.fields, [(f.key, c) for f in guide.fields for c in f.when])
            yield from _unreadable_rows(guide)
        case Runbook():
            conditions = [(s.key, c) for s in guide.steps for c in s.when]
            yield from _dead_conditions(
                guide.facts, conditions + [(c.key, w) for c in guide.clocks for w in c.when]
            )
        case Plan():
            yield from (f"reçoit les actions de « {name} », qui n'existe pas"
                        for name in guide.feeds if name not in library.guides)  # fmt: skip
        case Paper():
            yield from (f"prend dans « {name} », qui n'existe pas"
                        for name in sorted(guide.guides() - library.guides.keys()))  # fmt: skip


def _dead_conditions(
    questions: tuple[Question, ...], conditions: list[tuple[str, Condition]]
) -> Iterator[str]:
    """Conditions on an answer that nobody can give."""
    options = {
        question.key: {choice.key for choice in question.options}
        for question in questions
        if question.kind in CHOSEN
    }
    for where, condition in conditions:
        for test in _tests(condition):
            wanted = [
                *test.any_of,
                *([test.equals] if isinstance(test.equals, str) else []),
                *filter(None, [test.includes]),
            ]
            if test.question not in options:
                continue
            for value in wanted:
                if value not in options[test.question]:
                    yield f"« {where} » attend « {value} » à « {test.question} », que personne ne peut répondre"


def _unreadable_rows(register: Register) -> Iterator[str]:
    """Rows to begin with that nobody could save as they are."""
    for number, row in enumerate(register.rows, start=1):
        try:
            read_entry(register, row, date.today())
        except AnswersError as error:
            yield f"la ligne de départ {number} ne peut pas être enregistrée : {error}"


def _tests(condition: Condition) -> Iterator[Condition]:
    if condition.question:
        yield condition
    for each in (*condition.every, *condition.some, *condition.none):
        yield from _tests(each)


def _choices_without_result(guide: Questionnaire) -> Iterator[str]:
    opening = {
        (test.question, value)
        for question in guide.questions
        for condition in question.when
        for test in _tests(condition)
        for value in (*test.any_of, test.equals)
    }
    for question in guide.questions:
        if question.is_scored:
            yield from (
                f"« {question.key} » : la réponse « {choice.key} » ne compte pour rien, les autres comptent"
                for choice in question.choices
                if choice.score is None
                and choice.key not in NEUTRAL
                and (question.key, choice.key) not in opening  # what it opens counts
            )


def _low_scores_without_action(guide: Questionnaire) -> Iterator[str]:
    """The lowest answer of a question, or the lowest level of its axis, calls for an action."""
    levels = {axis.key: axis.levels for axis in guide.axes}
    for section in guide.sections:
        for question in section.questions:
            scored = [choice for choice in question.choices if choice.score is not None]
            if not scored or not question.weight:
                continue
            lowest = min(scored, key=lambda choice: choice.score or 0)
            by_level = levels.get(guide.axis_of(section, question), ())
            if not lowest.actions and not (by_level and by_level[0].actions):
                yield f"« {question.key} » : la réponse « {lowest.key} » est la plus basse et n'appelle aucune action"
