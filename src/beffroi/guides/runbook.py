"""Runbooks: steps in order, each with its role, the time aimed at and what proves it; injects of an exercise; clocks.

In: a runbook, the steps done, a day. Out: the next steps, the moment of each inject and of each deadline.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from pydantic import Field

from beffroi.text import format_number

from .clocks import Clock
from .conditions import Answers, Condition, all_true
from .model import KEY, Data, Guide, duplicates
from .questions import Question

Medium = Literal["mail", "call", "paper", "text_message", "press", "observation"]


class Role(Data):
    key: str = Field(pattern=KEY)
    title: str = Field(min_length=3)


class Step(Data):
    """One step. `minutes`: aimed at; `note`: what is written down; `proof`: what shows that it was done."""

    key: str = Field(pattern=KEY)
    title: str = Field(min_length=5)
    text: str = ""
    role: str = ""
    minutes: float | None = Field(default=None, gt=0)
    note: tuple[Question, ...] = ()
    proof: str = ""
    after: tuple[str, ...] = ()
    when: tuple[Condition, ...] = ()
    destructive: bool = False

    @property
    def aimed_at(self) -> str:
        """The time aimed at in words: minutes, hours or days."""
        if self.minutes is None:
            return ""
        units = ((1440, "jour"), (60, "heure"), (1, "minute"))
        size, unit = next((each for each in units if self.minutes >= each[0]), units[-1])
        count = self.minutes / size
        return f"{format_number(round(count, 1), 'g')} {unit}{'s' if count >= 2 else ''}"


class Inject(Data):
    """What players receive in an exercise, so many minutes after its beginning, and what is expected of them."""

    key: str = Field(pattern=KEY)
    minute: float = Field(ge=0)
    role: str = ""
    medium: Medium
    sender: str = ""
    title: str = Field(min_length=3)
    text: str = Field(min_length=10)
    expected: str = ""


class Runbook(Guide):
    roles: tuple[Role, ...] = ()
    facts: tuple[Question, ...] = ()
    steps: tuple[Step, ...] = Field(min_length=1)
    injects: tuple[Inject, ...] = ()
    clocks: tuple[Clock, ...] = ()

    def reference_faults(self) -> list[str]:
        roles, steps = [role.key for role in self.roles], [step.key for step in self.steps]
        facts = [fact.key for fact in self.facts]
        faults = [
            f"{what} en double : {', '.join(double)}"
            for what, names in (("rôles", roles), ("étapes", steps), ("faits", facts),
                                ("messages", [i.key for i in self.injects]), ("délais", [c.key for c in self.clocks]))
            if (double := duplicates(names))
        ]  # fmt: skip
        named = [(s.key, s.role, roles, "rôle") for s in self.steps if s.role]
        named += [(i.key, i.role, roles, "rôle") for i in self.injects if i.role]
        named += [(s.key, k, facts, "fait") for s in self.steps for c in s.when for k in c.questions()]
        named += [(c.key, c.starts, facts, "fait") for c in self.clocks]
        named += [(c.key, k, facts, "fait") for c in self.clocks for each in c.when for k in each.questions()]
        faults += [f"« {where} » nomme le {what} « {key} », qui n'existe pas"
                   for where, key, known, what in named if key not in known]  # fmt: skip
        earlier: set[str] = set()
        for step in self.steps:
            late = [key for key in step.after if key not in earlier]
            faults += [
                f"« {step.key} » vient après « {key} », qui n'est pas une étape d'avant" for key in late
            ]
            earlier.add(step.key)
        minutes = [inject.minute for inject in self.injects]
        if minutes != sorted(minutes):
            faults.append("les messages d'un exercice sont rangés par minute")
        return faults


def open_steps(runbook: Runbook, done: set[str], facts: Answers, today: date) -> list[Step]:
    """Steps that may begin: not done, asked for by the facts, and with every step before them done or not asked for."""
    spared = {step.key for step in runbook.steps if all_true(step.when, facts, today) is False}
    settled = done | spared
    return [step for step in runbook.steps if step.key not in settled and settled.issuperset(step.after)]


@dataclass(frozen=True)
class InjectDue:
    inject: Inject
    at: datetime


def injects_due(runbook: Runbook, began: datetime, now: datetime, *, speed: float = 1.0, paused: timedelta = timedelta(0)) -> list[InjectDue]:  # fmt: skip
    """Injects whose moment has come. `speed`: minutes of the exercise in a minute; `paused`: how long it stood still."""
    found = [
        InjectDue(each, began + paused + timedelta(minutes=each.minute / speed)) for each in runbook.injects
    ]
    return [each for each in found if each.at <= now]
