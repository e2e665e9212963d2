"""Conditions on answers, as data: `{ question = "posts", at_least = 1 }`, `{ any = [ … ] }`, in three values.

In: a condition, the answers so far, the day. Out: True, False, or None where an answer that it needs is missing or « je ne
sait pas »: what is unknown is never a « non ».
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Self

from pydantic import Field, model_validator

from .model import Data, unknown

UNKNOWN = "unknown"
type Answers = Mapping[str, Any]
"""Answers by question, as plain JSON: text, number, ISO day, list of texts."""


class Operand(Data):
    """A value to compare with: another answer, or the day; moved by so many days."""

    answer: str = ""
    today: bool = False
    plus_days: int = 0

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if bool(self.answer) == self.today:
            raise ValueError("dites soit « answer », soit « today »")
        return self

    def value(self, answers: Answers, today: date) -> Any:
        """The value on that day; None where it is not known."""
        found = today.isoformat() if self.today else answers.get(self.answer)
        if not self.plus_days or found is None:
            return found
        return (date.fromisoformat(found) + timedelta(self.plus_days)).isoformat()


Value = str | int | float | bool | Operand


class Condition(Data):
    """One test of one answer, or several conditions joined by `all`, `any` or `none`."""

    question: str = ""
    equals: Value | None = Field(default=None, alias="is")
    any_of: tuple[str, ...] = ()
    includes: str = ""
    at_least: Value | None = None
    at_most: Value | None = None
    more_than: Value | None = None
    less_than: Value | None = None
    answered: bool | None = None
    every: tuple["Condition", ...] = Field(default=(), alias="all")
    some: tuple["Condition", ...] = Field(default=(), alias="any")
    none: tuple["Condition", ...] = ()

    @model_validator(mode="after")
    def _check_one_test(self) -> Self:
        tests = [name for name in _TESTS if getattr(self, name) not in (None, "", ())]
        joins = [name for name in ("every", "some", "none") if getattr(self, name)]
        if joins and (self.question or tests or len(joins) > 1):
            raise ValueError("une condition est un test, ou un seul de « all », « any », « none »")
        if not joins and (not self.question or len(tests) != 1):
            raise ValueError("une condition nomme une question et un seul test")
        return self

    def tests(self) -> Iterator["Condition"]:
        """Itself, or the tests that it joins."""
        if self.question:
            yield self
        for each in (*self.every, *self.some, *self.none):
            yield from each.tests()

    def questions(self) -> Iterator[str]:
        """Every question that it names, operands included."""
        for test in self.tests():
            yield test.question
            operands = (getattr(test, name) for name in _COMPARED)
            yield from (each.answer for each in operands if isinstance(each, Operand) and each.answer)

    def evaluate(self, answers: Answers, today: date) -> bool | None:
        """Whether it holds; None: cannot be said yet."""
        if self.every:
            return _all([each.evaluate(answers, today) for each in self.every])
        if self.some:
            return _not(_all([_not(each.evaluate(answers, today)) for each in self.some]))
        if self.none:
            return _all([_not(each.evaluate(answers, today)) for each in self.none])
        answer = answers.get(self.question)
        if self.answered is not None:
            return (answer not in (None, "", [])) == self.answered
        if answer is None or (answer == UNKNOWN and UNKNOWN not in (self.equals, *self.any_of)):
            return None
        name = next(each for each in _COMPARED if getattr(self, each) not in (None, "", ()))
        wanted = getattr(self, name)
        if isinstance(wanted, Operand) and (wanted := wanted.value(answers, today)) is None:
            return None
        try:
            found = _COMPARED[name](answer, wanted)
        except TypeError:
            return None  # a text beside a number says nothing; `weaknesses` tells it
        # « Je ne sais pas » among several: what was not ticked is unknown, not a « non ».
        return None if not found and name == "includes" and UNKNOWN in answer else found


_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "equals": lambda answer, wanted: answer == wanted,
    "any_of": lambda answer, wanted: answer in wanted,
    "includes": lambda answer, wanted: wanted in answer,
    "at_least": lambda answer, wanted: answer >= wanted,
    "at_most": lambda answer, wanted: answer <= wanted,
    "more_than": lambda answer, wanted: answer > wanted,
    "less_than": lambda answer, wanted: answer < wanted,
}
_TESTS = (*_COMPARED, "answered")


def conditions_of(*items: Iterable[Any]) -> list[tuple[str, Condition]]:
    """Every condition of these things, with the key of what depends on it."""
    return [(getattr(each, "key", "checks"), one) for some in items for each in some for one in each.when]


def unknown_questions(
    what: str, conditions: Iterable[tuple[str, Condition]], known: Collection[str]
) -> list[str]:
    """What conditions name and is not there. `what`: what they name, with its article."""
    return unknown((where, what, key, known) for where, each in conditions for key in each.questions())


def all_true(conditions: tuple[Condition, ...], answers: Answers, today: date) -> bool | None:
    """Whether they all hold; True where there is none."""
    return _all([condition.evaluate(answers, today) for condition in conditions])


def _all(values: list[bool | None]) -> bool | None:
    if False in values:
        return False
    return None if None in values else True


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value
