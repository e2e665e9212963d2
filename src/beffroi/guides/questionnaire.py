"""Questionnaires: questions in sections, which of them are asked, what is wrong with the answers, scores and next actions.

In: a questionnaire and the answers so far, as plain JSON. Out: visible questions, faults in French, a score for each axis
with what it means, the actions that the answers call for in their order. Pure: same answers and day, same results.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from pydantic import Field

from .conditions import UNKNOWN, Answers, Condition, all_true, conditions_of, unknown_questions
from .model import ID, KEY, Data, Guide, doubled, unknown
from .questions import AnswerError, Choice, NextAction, Question, late_conditions


class Section(Data):
    """Questions under one heading; a score of its own when its questions have no other axis."""

    key: str = Field(pattern=KEY)
    title: str = Field(min_length=2)
    lead: str = ""
    questions: tuple[Question, ...] = Field(min_length=1)


class Level(Data):
    """What a score means from `from_score` on, up to the next level."""

    from_score: float = Field(alias="from", ge=0)
    title: str = Field(min_length=2)
    meaning: str = Field(min_length=10)
    actions: tuple[NextAction, ...] = ()


class Axis(Data):
    """A dimension of the result: scores from 0 to `maximum`, and the levels that say what they mean, lowest first."""

    key: str = Field(pattern=KEY)
    title: str = Field(min_length=2)
    maximum: float = Field(default=3, gt=0)
    levels: tuple[Level, ...] = ()


class ActionLevel(Data):
    """One way to carry out an action, from the simplest."""

    title: str = Field(min_length=5)
    why: str = ""
    how: str = ""
    cost_low: float | None = Field(default=None, ge=0)  # € of a year
    cost_high: float | None = Field(default=None, ge=0)


class Action(Data):
    """An action that answers call for. `priority`: 1 comes first."""

    key: str = Field(pattern=ID)
    priority: int = Field(ge=1)
    levels: tuple[ActionLevel, ...] = Field(min_length=1, max_length=2)


class Check(Data):
    """A fault of several answers together: said, beside `question`, when the conditions hold."""

    question: str = ""
    when: tuple[Condition, ...] = Field(min_length=1)
    message: str = Field(min_length=15)


class Share(Data):
    """The share that one amount is of another, computed and never stored; usual from `low` to `high` %.

    `below`: the actions that a lower share calls for.
    """

    key: str = Field(pattern=KEY)
    title: str = Field(min_length=5)
    part: str
    whole: str
    low: float = Field(ge=0)
    high: float = Field(le=100)
    below: tuple[NextAction, ...] = ()

    def percent(self, answers: Answers) -> float | None:
        """None until both amounts are known."""
        part, whole = answers.get(self.part), answers.get(self.whole)
        return 100 * part / whole if part is not None and whole else None


class Questionnaire(Guide):
    """`first_priorities`: actions up to this priority come before the others, whatever was answered.

    `about`: the register of whose entries one answers, one by one; `about_question`: the question that takes the entry's name.
    """

    about: str = ""
    about_question: str = ""
    shares: tuple[Share, ...] = ()
    first_priorities: int = Field(default=0, ge=0)
    sections: tuple[Section, ...] = Field(min_length=1)
    axes: tuple[Axis, ...] = ()
    actions: tuple[Action, ...] = ()
    checks: tuple[Check, ...] = ()

    @property
    def questions(self) -> tuple[Question, ...]:
        return tuple(question for section in self.sections for question in section.questions)

    def for_outside(self) -> Self:
        """Without the questions that are the authority's own to answer."""
        left = [(each, tuple(q for q in each.questions if not q.internal)) for each in self.sections]
        sections = tuple(each.model_copy(update={"questions": own}) for each, own in left if own)
        return self.model_copy(update={"sections": sections})

    def section(self, key: str) -> Section:
        return next(section for section in self.sections if section.key == key)

    def scored(self) -> Iterator[tuple[str, Question]]:
        """The questions whose answers count, with the axis of each: its section where it names none."""
        for section in self.sections:
            yield from ((each.axis or section.key, each) for each in section.questions if each.is_scored)

    def conditions(self) -> list[tuple[str, Condition]]:
        return conditions_of(self.questions, self.checks)

    def reference_faults(self) -> list[str]:
        keys = {question.key for question in self.questions}
        numbers = {question.key for question in self.questions if question.kind == "number"}
        amounts = [(share.key, amount) for share in self.shares for amount in (share.part, share.whole)]
        levels = {action.key: len(action.levels) for action in self.actions}
        calls = [(question.key, call) for question in self.questions
                 for choice in question.choices for call in choice.actions]  # fmt: skip
        calls += [(share.key, call) for share in self.shares for call in share.below]
        calls += [(axis.key, call) for axis in self.axes for level in axis.levels for call in level.actions]
        faults = doubled({"questions": self.questions, "sections": self.sections, "axes": self.axes,
                          "actions": self.actions, "parts": self.shares})  # fmt: skip
        faults += unknown_questions("la question", self.conditions(), keys)
        faults += unknown(("checks", "la question", check.question, keys) for check in self.checks)
        faults += unknown((share, "le nombre", amount, numbers) for share, amount in amounts)
        faults += unknown([("about_question", "la question", self.about_question, keys)])
        faults += unknown((where, "l'action", call.action, levels) for where, call in calls)
        faults += [f"« {where} » appelle le niveau {call.level} de « {call.action} », qui n'existe pas"
                   for where, call in calls if call.level > levels.get(call.action, 2)]  # fmt: skip
        called = {call.action for _, call in calls}
        idle = [key for key in levels if key not in called]
        faults += [f"l'action « {key} » n'est appelée par aucune réponse" for key in idle]
        return [*faults, *late_conditions(self.questions), *self._axis_faults()]

    def _axis_faults(self) -> Iterator[str]:
        scored = {axis for axis, _ in self.scored()}
        known = {axis.key for axis in self.axes}
        yield from (f"des réponses comptent pour l'axe « {key} », qui n'existe pas"
                    for key in sorted(scored - known))  # fmt: skip
        yield from (f"aucune réponse ne compte pour l'axe « {key} »" for key in sorted(known - scored))
        for axis in self.axes:
            starts = [level.from_score for level in axis.levels]
            if starts and (starts[0] != 0 or starts != sorted(set(starts))):
                yield f"les niveaux de « {axis.key} » commencent à 0 et montent"


@dataclass(frozen=True)
class Fault:
    """What is wrong with one answer; `question` is empty when it is about several."""

    question: str
    message: str


class AnswersError(ValueError):
    """Answers that cannot be stored: every fault in French, each with its question."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(" ".join(fault.message for fault in faults))
        self.faults = faults


def visible_questions(questions: Iterable[Question], answers: Answers, today: date) -> list[Question]:
    """Questions that are asked with these answers, in order; the answer to one that is not asked triggers nothing."""
    seen: dict[str, Any] = {}
    found = []
    for question in questions:
        if all_true(question.when, seen, today):
            found.append(question)
            if question.key in answers:
                seen[question.key] = answers[question.key]
    return found


def read_each(questions: Iterable[Question], values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    """The answers among these values that can be stored, None for an empty one; what is wrong with the others."""
    by_key = {question.key: question for question in questions}
    answers: dict[str, Any] = {}
    faults = [Fault("", f"Il n'y a pas de question « {key} » ici.") for key in values if key not in by_key]
    for key in [key for key in by_key if key in values]:
        try:
            answers[key] = by_key[key].read(values[key])
        except AnswerError as error:
            faults.append(Fault(key, str(error)))
    return answers, faults


def read_answers(
    questionnaire: Questionnaire, values: Mapping[str, Any], today: date, *, whole: bool = True
) -> dict[str, Any]:
    """All the answers as plain JSON, those that are not asked left out. `whole`: every required one must be there.

    Raises AnswersError with every fault; questions that do not exist are faults.
    """
    needed = [question for question in questionnaire.questions if whole and question.required]
    missing = {one.key: one.missing or f"Il manque une réponse à « {one.label} »." for one in needed}
    return read_visible(questionnaire.questions, questionnaire.checks, values, today, missing)


def read_visible(
    questions: Sequence[Question], checks: Iterable[Check], values: Mapping[str, Any], today: date,
    missing: Mapping[str, str],
) -> dict[str, Any]:  # fmt: skip
    """The answers to the questions that are asked. `missing`: what is said of each required one without answer."""
    answers, faults = read_each(questions, values)
    visible = [question.key for question in visible_questions(questions, answers, today)]
    answers = {key: answers[key] for key in visible if answers.get(key) is not None}
    wrong = {key: Fault(key, missing[key]) for key in visible if key in missing and key not in answers}
    wrong |= {fault.question: fault for fault in faults}
    faults = [fault for fault in faults if not fault.question]
    faults += [wrong[key] for key in visible if key in wrong]
    if faults := faults or check_together(checks, answers, today):
        raise AnswersError(faults)
    return answers


def check_together(checks: Iterable[Check], answers: Answers, today: date) -> list[Fault]:
    """Faults of several answers together, the first of each question."""
    found = {each.question: each for each in reversed(tuple(checks)) if all_true(each.when, answers, today)}
    return [Fault(each.question, each.message) for each in reversed(found.values())]


def missing_answers(questionnaire: Questionnaire, answers: Answers, today: date) -> list[str]:
    """What this edition asks and these answers, perhaps of another edition, do not say, in French."""
    try:
        read_answers(questionnaire, answers, today)
    except AnswersError as error:
        return [fault.message for fault in error.faults]
    return []


@dataclass(frozen=True)
class AxisScore:
    """Score of one axis. `value`: from 0 to the axis's maximum, None without any counted answer; `level`: what it means."""

    axis: Axis
    value: float | None
    answered: int
    unknown: int
    level: Level | None


def scores(questionnaire: Questionnaire, answers: Answers, today: date) -> list[AxisScore]:
    """Weighted mean of the answers that count, by axis; « je ne sais pas » counts for nothing and is said."""
    by_axis: dict[str, list[Question]] = {}
    visible = {each.key for each in visible_questions(questionnaire.questions, answers, today)}
    for key, question in questionnaire.scored():
        if question.key in visible:
            by_axis.setdefault(key, []).append(question)
    found = []
    for axis in questionnaire.axes:
        questions = by_axis.get(axis.key, ())
        chosen = [(each.score, one.weight) for one in questions for each in _chosen(one, answers)]
        marks = [(score, weight) for score, weight in chosen if score is not None]
        total = sum(weight for _, weight in marks)
        value = sum(score * weight for score, weight in marks) / total if total else None
        not_known = sum(answers.get(question.key) == UNKNOWN for question in questions)
        found.append(AxisScore(axis, value, len(marks), not_known, _level(axis, value)))
    return found


def _chosen(question: Question, answers: Answers) -> list[Choice]:
    answer = answers.get(question.key)
    keys = answer if isinstance(answer, list) else [answer]
    return [choice for choice in question.choices if choice.key in keys]


def _level(axis: Axis, value: float | None) -> Level | None:
    reached = (each for each in reversed(axis.levels) if value is not None and value >= each.from_score)
    return next(reached, None)


@dataclass(frozen=True)
class DueAction:
    """An action that the answers call for, at which level; the questions whose answers call for it, their lowest score."""

    action: Action
    level: int
    questions: tuple[str, ...]
    score: float

    @property
    def words(self) -> ActionLevel:
        return self.action.levels[self.level - 1]


def next_actions(questionnaire: Questionnaire, answers: Answers, today: date) -> list[DueAction]:
    """Actions called for, each once, at its simplest level called for: first priorities first, then by lowest score."""
    due: dict[str, DueAction] = {}
    for each in _calls(questionnaire, answers, today):
        known = due.get(each.action.key, each)
        questions = tuple(dict.fromkeys((*known.questions, *each.questions)))
        level, score = min(known.level, each.level), min(known.score, each.score)
        due[each.action.key] = DueAction(each.action, level, questions, score)
    first = questionnaire.first_priorities
    return sorted(due.values(), key=lambda a: (a.action.priority > first, a.score, a.action.priority))


def _calls(questionnaire: Questionnaire, answers: Answers, today: date) -> Iterator[DueAction]:
    """Each time that an answer, or the level of an axis, calls for an action."""
    actions = {action.key: action for action in questionnaire.actions}
    for question in visible_questions(questionnaire.questions, answers, today):
        for choice in _chosen(question, answers):
            for call in choice.actions:
                yield DueAction(actions[call.action], call.level, (question.key,), choice.score or 0)
    for share in questionnaire.shares:
        if (percent := share.percent(answers)) is not None and percent < share.low:
            for call in share.below:
                yield DueAction(actions[call.action], call.level, (share.part,), 0)
    for score in scores(questionnaire, answers, today):
        for call in score.level.actions if score.level else ():
            yield DueAction(actions[call.action], call.level, (), score.value or 0)
