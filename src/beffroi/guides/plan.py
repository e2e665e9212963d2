"""Plans: actions with who does them, by when, at what cost, their proof and their state; fed by questionnaires and rules.

In: a plan's model, its actions as plain JSON, a day. Out: what is late, what comes next, costs by state.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Literal

from pydantic import Field

from .model import ID, KEY, Data, Guide, doubled, unknown
from .questionnaire import DueAction

State = Literal["proposed", "accepted", "begun", "done", "refused"]
STATES: Final[Mapping[State, str]] = {
    "proposed": "proposée",
    "accepted": "retenue",
    "begun": "commencée",
    "done": "faite",
    "refused": "écartée",
}
_MOVES: Final[Mapping[State, tuple[State, ...]]] = {
    "proposed": ("accepted", "refused"),
    "accepted": ("begun", "done", "refused"),
    "begun": ("done", "accepted", "refused"),
    "done": ("begun",),
    "refused": ("accepted",),
}


class Stage(Data):
    """A stage that groups actions, which a person accepts before the next one begins."""

    key: str = Field(pattern=KEY)
    title: str = Field(min_length=3)
    help: str = ""


class PlannedAction(Data):
    """One action of a plan. Costs in €, of the first year; `proof`: what shows that it is done.

    `measures`: the actions of the guides that feed the plan which it carries out, so that none is listed twice. `answers`: the
    guide that it asks to answer.
    """

    key: str = Field(pattern=ID)
    title: str = Field(min_length=5)
    why: str = ""
    how: str = ""
    stage: str = ""
    priority: int = Field(default=50, ge=1)
    due_days: int | None = Field(default=None, ge=1)  # after it is accepted
    cost_low: float | None = Field(default=None, ge=0)
    cost_high: float | None = Field(default=None, ge=0)
    proof: str = ""
    reduces: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    answers: str = ""


class Plan(Guide):
    """`feeds`: identifiers of the guides whose actions enter it; `consequences`: what actions may reduce, by key."""

    stages: tuple[Stage, ...] = ()
    actions: tuple[PlannedAction, ...] = ()
    feeds: tuple[str, ...] = ()
    consequences: dict[str, str] = {}
    budget: float | None = Field(default=None, gt=0)

    def reference_faults(self) -> list[str]:
        stages = {stage.key for stage in self.stages}
        return [
            *doubled({"étapes": self.stages, "actions": self.actions}),
            *unknown((each.key, "l'étape", each.stage, stages) for each in self.actions),
            *unknown((each.key, "la conséquence", name, self.consequences)
                     for each in self.actions for name in each.reduces),
            *(f"« {each.key} » demande de répondre à « {each.answers} », qui ne donne rien à ce plan"
              for each in self.actions if each.answers and each.answers not in self.feeds),
            *([] if self.actions or self.feeds else ["un plan a des actions, ou dit quels guides lui en donnent"]),
        ]  # fmt: skip


def next_states(state: State) -> tuple[State, ...]:
    """The states that an action in this one may take."""
    return _MOVES[state]


def own_actions(due: Iterable[DueAction], plan: Plan, answered: str) -> list[PlannedAction]:
    """The plan's own actions that the answers to this guide call for, and those that no answer decides."""
    called_for = {each.action.key for each in due}
    others = [each for each in plan.actions if each.answers != answered]
    return [each for each in others if not each.measures or not called_for.isdisjoint(each.measures)]


def from_answers(due: Iterable[DueAction], plan: Plan | None = None) -> list[PlannedAction]:
    """The actions that answers call for, as actions of a plan; those that an action of `plan` carries out are left out."""
    covered = {name for each in plan.actions for name in (each.key, *each.measures)} if plan else set()
    return [
        PlannedAction(key=each.action.key, priority=each.action.priority, **each.words.model_dump())
        for each in due
        if each.action.key not in covered
    ]


@dataclass(frozen=True)
class Followed:
    """An action as it stands: who does it, by when, what it cost so far (€)."""

    action: PlannedAction
    state: State
    owner: str = ""
    due_on: date | None = None
    spent: float = 0.0

    def is_late(self, today: date) -> bool:
        return self.due_on is not None and self.due_on < today and self.state in ("accepted", "begun")


@dataclass(frozen=True)
class Progress:
    """Numbers of actions by state, those late, and costs in €: of all that is accepted (low, high), spent."""

    counts: Mapping[State, int]
    late: tuple[Followed, ...]
    cost_low: float
    cost_high: float
    spent: float


def progress(followed: Iterable[Followed], today: date) -> Progress:
    every = list(followed)
    late = [each for each in every if each.is_late(today)]
    live = [each for each in every if each.state in ("accepted", "begun", "done")]
    return Progress(
        {state: sum(each.state == state for each in every) for state in STATES},
        tuple(sorted(late, key=lambda each: each.due_on or date.max)),
        sum(each.action.cost_low or 0 for each in live),
        sum(each.action.cost_high or each.action.cost_low or 0 for each in live),
        sum(each.spent for each in live),
    )


def next_steps(followed: Iterable[Followed], count: int = 3) -> list[Followed]:
    """What to do next: begun ones first, then accepted and proposed, each by day due and priority."""
    order: dict[Any, int] = {"begun": 0, "accepted": 1, "proposed": 2}
    still = [each for each in followed if each.state in order]
    still.sort(key=lambda each: (order[each.state], each.due_on or date.max, each.action.priority))
    return still[:count]


def due_day(action: PlannedAction, accepted_on: date) -> date | None:
    return None if action.due_days is None else accepted_on + timedelta(action.due_days)
