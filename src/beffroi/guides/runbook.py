"""Runbooks: steps in order, each with its role, the time aimed at and what proves it; injects of an exercise; clocks.

In: a runbook, the steps done, a day. Out: the steps that may begin; the deadlines are the clocks'.
"""

from datetime import date, timedelta
from typing import Literal

from pydantic import Field

from .clocks import Clock
from .conditions import Answers, Condition, all_true, conditions_of, unknown_questions
from .model import KEY, Data, Guide, doubled, unknown
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
    def aimed_at(self) -> timedelta | None:
        return None if self.minutes is None else timedelta(minutes=self.minutes)


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
    """`assumed`: of a runbook without steps of its own, the facts of the one that it moved to which say when its steps are read."""

    roles: tuple[Role, ...] = ()
    facts: tuple[Question, ...] = ()
    steps: tuple[Step, ...] = ()
    assumed: dict[str, str] = Field(default_factory=dict)
    injects: tuple[Inject, ...] = ()
    clocks: tuple[Clock, ...] = ()

    def conditions(self) -> list[tuple[str, Condition]]:
        return conditions_of(self.facts, self.steps, self.clocks)

    def reference_faults(self) -> list[str]:
        if not self.steps and not self.moved_to:
            return ["un déroulé a au moins une étape"]
        roles, facts = {role.key for role in self.roles}, {fact.key for fact in self.facts}
        faults = doubled({"rôles": self.roles, "étapes": self.steps, "faits": self.facts, "messages": self.injects,
                          "délais": self.clocks})  # fmt: skip
        placed: tuple[Step | Inject, ...] = (*self.steps, *self.injects)
        faults += unknown((each.key, "le rôle", each.role, roles) for each in placed)
        faults += unknown_questions("le fait", self.conditions(), facts)
        named = [(each, key) for each in self.clocks for key in (each.starts, each.ends, each.reference)]
        faults += unknown((clock.key, "le fait", key, facts) for clock, key in named)
        moments = {fact.key for fact in self.facts if fact.kind == "moment"}
        faults += [
            f"« {clock.key} » court entre des faits qui ne sont pas des moments"
            for clock in self.clocks
            if not {clock.starts, clock.ends or clock.starts} <= moments
        ]
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


def possible_steps(runbook: Runbook, facts: Answers, today: date) -> list[Step]:
    """The steps that these facts do not rule out, what is not known yet included: what is read and printed before."""
    return [step for step in runbook.steps if all_true(step.when, facts, today) is not False]


def open_steps(runbook: Runbook, done: set[str], facts: Answers, today: date) -> list[Step]:
    """Steps that may begin: not done, asked for by the facts, and with every step before them done or not asked for."""
    spared = {step.key for step in runbook.steps if all_true(step.when, facts, today) is False}
    settled = done | spared
    return [step for step in runbook.steps if step.key not in settled and settled.issuperset(step.after)]
