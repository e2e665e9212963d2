"""Questionnaires: questions in sections, which of them are asked, what is wrong with the answers, scores and next actions.

In: a questionnaire and the answers so far, as plain JSON. Out: visible questions, faults in French, a score for each axis
with what it means, the actions that the answers call for in their order. Pure: same answers and day, same results.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from pydantic import Field

from beffroi.text import format_number

from .conditions import UNKNOWN, Answers, Condition, all_true
from .model import ID, KEY, Data, Guide, duplicates
from .questions import NO_BREAK, AnswerError, Choice, NextAction, Question


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

    def format(self, answers: Answers) -> str:
        """« 3 % : 1 200 € sur 40 000 €. Proposez de 2 000 à 4 000 € (5 à 10 %). »; "" until the whole is known."""
        whole, percent = answers.get(self.whole), self.percent(answers)
        if not whole:
            return ""
        usual = f"{_fr(self.low, 'g')} à {_fr(self.high, 'g')} %"
        low, high = _fr(whole * self.low / 100), _fr(whole * self.high / 100)
        proposal = f"roposez de {low} à {high} € ({usual})."
        if percent is None:
            return f"Pour {_fr(whole)} €, p{proposal}"
        share = f"{_fr(round(percent, 1), 'g')} % : {_fr(answers[self.part])} € sur {_fr(whole)} €"
        return f"{share}. P{proposal}" if percent < self.low else f"{share} (repère : {usual})."


def _fr(value: float, pattern: str = ",.0f") -> str:
    return format_number(value, pattern, NO_BREAK)


class Questionnaire(Guide):
    """`first_priorities`: actions up to this priority come before the others, whatever was answered.

    `about`: the register of whose entries one answers, one by one; `about_question`: the question that takes the entry's name.
    """

    about: str = Field(default="", pattern=f"({ID})|^$")
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
        sections = [
            each.model_copy(update={"questions": tuple(q for q in each.questions if not q.internal)})
            for each in self.sections
        ]
        return self.model_copy(update={"sections": tuple(each for each in sections if each.questions)})

    def section(self, key: str) -> Section:
        return next(section for section in self.sections if section.key == key)

    def axis_of(self, section: Section, question: Question) -> str:
        return question.axis or section.key

    def reference_faults(self) -> list[str]:
        faults = []
        keys = [question.key for question in self.questions]
        for what, names in (
            ("questions", keys),
            ("sections", [section.key for section in self.sections]),
            ("axes", [axis.key for axis in self.axes]),
            ("actions", [action.key for action in self.actions]),
        ):
            if double := duplicates(names):
                faults.append(f"{what} en double : {', '.join(double)}")
        numbers = {question.key for question in self.questions if question.kind == "number"}
        named = {amount for share in self.shares for amount in (share.part, share.whole)}
        faults += [
            f"une part nomme « {key} », qui n'est pas un nombre demandé" for key in sorted(named - numbers)
        ]
        if self.about_question and self.about_question not in keys:
            faults.append(f"le nom irait à « {self.about_question} », qui n'est pas une question")
        faults += self._condition_faults(keys)
        faults += self._action_faults()
        faults += self._axis_faults()
        return faults

    def _condition_faults(self, keys: list[str]) -> Iterator[str]:
        earlier: set[str] = set()
        for question in self.questions:
            for condition in question.when:
                for key in condition.questions():
                    if key not in keys:
                        yield f"« {question.key} » dépend de « {key} », qui n'est pas une question"
                    elif key not in earlier:
                        yield f"« {question.key} » dépend de « {key} », posée après elle : rangez-la avant"
            earlier.add(question.key)
        for check in self.checks:
            named = {key for condition in check.when for key in condition.questions()} | {check.question}
            yield from (f"une vérification nomme « {key} », qui n'est pas une question"
                        for key in sorted(named - set(keys) - {""}))  # fmt: skip

    def _action_faults(self) -> Iterator[str]:
        known = {action.key: action for action in self.actions}
        named: set[str] = set()
        calls = [(question.key, call) for question in self.questions
                 for choice in question.choices for call in choice.actions]  # fmt: skip
        calls += [(share.key, call) for share in self.shares for call in share.below]
        calls += [(axis.key, call) for axis in self.axes for level in axis.levels for call in level.actions]
        for where, call in calls:
            named.add(call.action)
            if call.action not in known:
                yield f"« {where} » appelle l'action « {call.action} », qui n'existe pas"
            elif call.level > len(known[call.action].levels):
                yield f"« {where} » appelle le niveau {call.level} de « {call.action} », qui n'existe pas"
        yield from (
            f"l'action « {key} » n'est appelée par aucune réponse" for key in sorted(known.keys() - named)
        )

    def _axis_faults(self) -> Iterator[str]:
        scored = {
            self.axis_of(section, question)
            for section in self.sections
            for question in section.questions
            if question.is_scored
        }
        known = {axis.key for axis in self.axes}
        yield from (
            f"des réponses comptent pour l'axe « {key} », qui n'existe pas" for key in sorted(scored - known)
        )
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


def visible_questions(questionnaire: Questionnaire, answers: Answers, today: date) -> list[Question]:
    """Questions that are asked with these answers, in order; the answer to one that is not asked triggers nothing."""
    seen: dict[str, Any] = {}
    found = []
    for question in questionnaire.questions:
        if all_true(question.when, seen, today):
            found.append(question)
            if question.key in answers:
                seen[question.key] = answers[question.key]
    return found


def read_answers(
    questionnaire: Questionnaire, values: Mapping[str, Any], today: date, *, whole: bool = True
) -> dict[str, Any]:
    """All the answers as plain JSON, those that are not asked left out. `whole`: every required one must be there.

    Raises AnswersError with every fault; questions that do not exist are faults.
    """
    faults: list[Fault] = []
    answers: dict[str, Any] = {}
    for question in questionnaire.questions:
        try:
            value = question.read(values.get(question.key))
        except AnswerError as error:
            faults.append(Fault(question.key, str(error)))
            continue
        if value is not None:
            answers[question.key] = value
    visible = visible_questions(questionnaire, answers, today)
    answers = {question.key: answers[question.key] for question in visible if question.key in answers}
    known = {question.key for question in questionnaire.questions}
    faults += [
        Fault("", f"Ce questionnaire n'a pas de question « {key} ».")
        for key in sorted(map(str, values.keys() - known))
    ]
    if whole:
        wrong = {fault.question for fault in faults}
        faults += [
            Fault(question.key, question.missing or f"Il manque une réponse à « {question.label} ».")
            for question in visible
            if question.required and question.key not in answers and question.key not in wrong
        ]
    faults = faults or check_together(questionnaire, answers, today)
    if faults:
        raise AnswersError(faults)
    return answers


def check_together(questionnaire: Questionnaire, answers: Answers, today: date) -> list[Fault]:
    """Faults of several answers together, the first of each question."""
    faults: dict[str, Fault] = {}
    for check in questionnaire.checks:
        if all_true(check.when, answers, today):
            faults.setdefault(check.question, Fault(check.question, check.message))
    return list(faults.values())


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
    visible = {question.key for question in visible_questions(questionnaire, answers, today)}
    products: dict[str, float] = {}
    weights: dict[str, float] = {}
    counts: dict[str, int] = {}
    unknown: dict[str, int] = {}
    for section in questionnaire.sections:
        for question in section.questions:
            if question.key not in visible or not question.is_scored:
                continue
            key = questionnaire.axis_of(section, question)
            if answers.get(question.key) == UNKNOWN:
                unknown[key] = unknown.get(key, 0) + 1
            for choice in _chosen(question, answers.get(question.key)):
                if choice.score is None:
                    continue
                products[key] = products.get(key, 0) + choice.score * question.weight
                weights[key] = weights.get(key, 0) + question.weight
                counts[key] = counts.get(key, 0) + 1
    found = []
    for axis in questionnaire.axes:
        weight = weights.get(axis.key, 0)
        value = products[axis.key] / weight if weight else None
        found.append(
            AxisScore(axis, value, counts.get(axis.key, 0), unknown.get(axis.key, 0), _level(axis, value))
        )
    return found


def _chosen(question: Question, answer: Any) -> list[Choice]:
    keys = answer if isinstance(answer, list) else [answer]
    return [choice for choice in question.choices if choice.key in keys]


def _level(axis: Axis, value: float | None) -> Level | None:
    if value is None:
        return None
    return next((level for level in reversed(axis.levels) if value >= level.from_score), None)


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
    known = {action.key: action for action in questionnaire.actions}
    due = [
        DueAction(
            known[key],
            min(call.level for call in calls),
            tuple(dict.fromkeys(call.question for call in calls if call.question)),
            min(call.score for call in calls),
        )
        for key, calls in _calls(questionnaire, answers, today).items()
    ]

    def rank(each: DueAction) -> tuple[bool, float, int]:
        later = each.action.priority > questionnaire.first_priorities
        return later, each.score, each.action.priority

    return sorted(due, key=rank)


@dataclass(frozen=True)
class _Call:
    level: int
    question: str
    score: float


def _calls(questionnaire: Questionnaire, answers: Answers, today: date) -> dict[str, list[_Call]]:
    found: dict[str, list[_Call]] = {}
    for question in visible_questions(questionnaire, answers, today):
        for choice in _chosen(question, answers.get(question.key)):
            for call in choice.actions:
                made = _Call(call.level, question.key, choice.score or 0)
                found.setdefault(call.action, []).append(made)
    for share in questionnaire.shares:
        percent = share.percent(answers)
        if percent is not None and percent < share.low:
            for call in share.below:
                found.setdefault(call.action, []).append(_Call(call.level, share.part, 0))
    for score in scores(questionnaire, answers, today):
        for call in score.level.actions if score.level else ():
            found.setdefault(call.action, []).append(_Call(call.level, "", score.value or 0))
    return found
