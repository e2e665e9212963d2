"""Rules: from facts to a status, duties and delays as of a day, each with its text; « indicatif » where the law waits.

In: a rule, facts as plain JSON, a day. Out: the status with its reasons, and what is due. A fact that is not known never
makes a status weaker: the strongest status that it could bring stays open, and the fact is asked for.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from pydantic import Field

from .conditions import Answers, Condition, all_true
from .model import KEY, Data, Guide, duplicates
from .questions import Question


class Edition(Data):
    """State of a text from a day on: a bill, promulgated, in force, repealed."""

    since: date
    state: Literal["bill", "promulgated", "in_force", "repealed"]
    title: str = Field(min_length=5)
    url: str = Field(pattern=r"^https://")
    read_on: date


class Status(Data):
    """A status that facts may bring, the strongest first in the rule. `article`: the place in the text."""

    key: str = Field(pattern=KEY)
    title: str = Field(min_length=5)
    when: tuple[Condition, ...] = ()
    reason: str = Field(min_length=10)
    article: str = ""


class Duty(Data):
    """What is due under some statuses. `delay_days`: after the status begins; `proof`: what shows that it was done."""

    key: str = Field(pattern=KEY)
    text: str = Field(min_length=15)
    statuses: tuple[str, ...] = ()
    when: tuple[Condition, ...] = ()
    article: str = ""
    proof: str = ""
    delay_days: int | None = Field(default=None, ge=0)
    who: str = ""


class Rule(Guide):
    editions: tuple[Edition, ...] = Field(min_length=1)
    facts: tuple[Question, ...] = Field(min_length=1)
    statuses: tuple[Status, ...] = Field(min_length=2)
    duties: tuple[Duty, ...] = ()

    def reference_faults(self) -> list[str]:
        facts = [fact.key for fact in self.facts]
        statuses = [status.key for status in self.statuses]
        faults = [
            f"{what} en double : {', '.join(double)}"
            for what, names in (("faits", facts), ("statuts", statuses), ("obligations", [d.key for d in self.duties]))
            if (double := duplicates(names))
        ]  # fmt: skip
        conditions = [(s.key, c) for s in self.statuses for c in s.when]
        conditions += [(d.key, c) for d in self.duties for c in d.when]
        faults += [
            f"« {where} » dépend de « {key} », qui n'est pas un fait demandé"
            for where, condition in conditions
            for key in condition.questions()
            if key not in facts
        ]
        faults += [
            f"« {duty.key} » nomme le statut « {name} », qui n'existe pas"
            for duty in self.duties
            for name in duty.statuses
            if name not in statuses
        ]
        if self.statuses[-1].when:
            faults.append("le dernier statut, celui de tous les autres cas, n'a pas de condition")
        days = [edition.since for edition in self.editions]
        if days != sorted(set(days)):
            faults.append("les éditions vont de la plus ancienne à la plus récente")
        return faults

    def text_on(self, day: date) -> Edition | None:
        """The state of its text known on that day; None before the first."""
        known = [edition for edition in self.editions if edition.since <= day]
        return known[-1] if known else None


@dataclass(frozen=True)
class Outcome:
    """Status of these facts on a day. `possible`: stronger ones that unknown facts could bring; `open_facts`: those facts.

    `indicative`: the text is not in force on that day.
    """

    status: Status
    possible: tuple[Status, ...]
    open_facts: tuple[str, ...]
    duties: tuple[Duty, ...]
    edition: Edition | None
    indicative: bool


def evaluate(rule: Rule, facts: Answers, day: date) -> Outcome:
    """What these facts make on that day."""
    possible: list[Status] = []
    open_facts: list[str] = []
    found = rule.statuses[-1]
    for status in rule.statuses:
        met = all_true(status.when, facts, day)
        if met:
            found = status
            break
        if met is None:
            possible.append(status)
            open_facts += [
                key
                for condition in status.when
                for key in condition.questions()
                if condition.evaluate(facts, day) is None
            ]
    edition = rule.text_on(day)
    return Outcome(
        found,
        tuple(possible),
        tuple(dict.fromkeys(open_facts)),
        tuple(_duties(rule, found, facts, day)),
        edition,
        edition is None or edition.state != "in_force",
    )


def _duties(rule: Rule, status: Status, facts: Answers, day: date) -> list[Duty]:
    return [
        duty
        for duty in rule.duties
        if (not duty.statuses or status.key in duty.statuses) and all_true(duty.when, facts, day) is not False
    ]
