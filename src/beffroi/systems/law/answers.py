"""The law of systems as a rule, and answers to its questions, each with its justification, stored as JSON.

In: a file of law, or stored answers. Out: the rule; answers by question; which questions are relevant.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import Field

from beffroi.guides import CONTENT, Rule
from beffroi.guides.conditions import UNKNOWN
from beffroi.guides.loading import load_file
from beffroi.guides.model import Data
from beffroi.guides.rule import read_situation
from beffroi.guides.rule_model import Fact

FILE = CONTENT / "trust" / "law.toml"
MIN_JUSTIFICATION = 10  # characters


class RulesError(ValueError):
    """Invalid legal data; the message is French and names the file and the line."""


@lru_cache(maxsize=8)
def load_rules(file: Path = FILE) -> Rule:
    """The rule in this file. Raises RulesError."""
    rule, problems = load_file(file, {"rule": Rule})
    if not isinstance(rule, Rule):
        raise RulesError(f"Le fichier de droit ne se lit pas. {' '.join(map(str, problems))}")
    return rule


class Answer(Data):
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


def facts(answers: Answers) -> dict[str, str]:
    """Answers as the facts of a rule."""
    return {key: answer.answer for key, answer in answers.items()}


def options(question: Fact) -> dict[str, str]:
    """Every answer that a person may give about a system, and its label."""
    return {choice.key: choice.label for choice in question.options} | {UNKNOWN: "ne sait pas"}


def relevant_questions(rule: Rule, answers: Answers) -> tuple[Fact, ...]:
    """Questions without condition, and those that another answer triggers."""
    return read_situation(rule, facts(answers), rule.valid_from).relevant
