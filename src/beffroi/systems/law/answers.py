"""Answers to the legal questions, and the open ones. « Ne sait pas » is never a « non »: it leaves the question open.

In come the answers by question; out go, for each question, whether the answer is the strict one (True), the other one
(False), or unknown (None).
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from .model import UNKNOWN, Question, Rules, _Data

MIN_JUSTIFICATION = 10  # characters


class Answer(_Data):
    """Answer to a question, and its justification. `answer`: « yes », « no », « unknown » or the key of a choice."""

    answer: str
    justification: str = Field(default="", max_length=2000)


type Answers = Mapping[str, Answer]


def from_json(stored: Mapping[str, Mapping[str, Any]]) -> dict[str, Answer]:
    """Read stored answers: `{question: {"answer": …, "justification": …}}`."""
    return {
        key: Answer(answer=str(one.get("answer", "")), justification=str(one.get("justification", "")))
        for key, one in stored.items()
    }


def to_json(answers: Answers) -> dict[str, dict[str, str]]:
    return {key: answer.model_dump() for key, answer in answers.items()}


def answer_state(question: Question, answers: Answers) -> bool | None:
    """Whether the answer is the strict one. None: no answer, « ne sait pas », or an answer that does not exist."""
    answer = answers.get(question.id)
    if answer is None or answer.answer == UNKNOWN or answer.answer not in dict(question.options):
        return None
    return answer.answer == question.strictest


def question_states(rules: Rules, answers: Answers) -> dict[str, bool | None]:
    """State of every relevant question with these answers; the others are False."""
    states = {question.id: answer_state(question, answers) for question in rules.questions}
    return {
        question.id: states[question.id] if _is_relevant(rules, question, states) else False
        for question in rules.questions
    }


def relevant_questions(rules: Rules, answers: Answers) -> tuple[Question, ...]:
    """Relevant questions: those without condition, and those that another answer triggers."""
    states = {question.id: answer_state(question, answers) for question in rules.questions}
    return tuple(question for question in rules.questions if _is_relevant(rules, question, states))


def open_questions(rules: Rules, answers: Answers, *effects: str) -> tuple[Question, ...]:
    """Relevant questions that are still open, of these effects or of all."""
    return tuple(
        question
        for question in relevant_questions(rules, answers)
        if answer_state(question, answers) is None and (not effects or question.effect in effects)
    )


def _is_relevant(rules: Rules, question: Question, states: Mapping[str, bool | None]) -> bool:
    if not question.when:
        return True
    for token in question.when:
        if token.startswith("group:"):
            group = token.removeprefix("group:")
            if any(states[other.id] for other in rules.questions if other.group == group):
                return True
        elif states.get(token):
            return True
    return False
