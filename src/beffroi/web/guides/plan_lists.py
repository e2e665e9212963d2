"""A plan as its pages show it: where it stands, its stages, its actions in order, its road map for elected members.

In: a plan, its actions, what was accepted, a day. Out: frozen lines for the templates. Costs in €.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from beffroi.guides import Plan
from beffroi.guides.plan import STATES, Followed, Stage, State, next_states
from beffroi.web.platform.models import Territory

from .models import FollowedAction, Response, StageAcceptance
from .services.access import may_read
from .services.plans import followed

VERBS: Final[dict[State, str]] = {
    "proposed": "Proposer",
    "accepted": "Retenir",
    "begun": "Commencer",
    "done": "C'est fait",
    "refused": "Écarter",
}
_VERBS_BACK: Final = {("done", "begun"): "Reprendre", ("begun", "accepted"): "Remettre à plus tard"}
KINDS: Final[dict[str, str]] = {
    "proposed": "info",
    "accepted": "plain",
    "begun": "accent",
    "done": "good",
    "refused": "plain",
}
OPEN: Final = ("proposed", "accepted", "begun")
FILTERS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "": ("À faire", OPEN),
    "faites": ("Faites", ("done",)),
    "ecartees": ("Écartées", ("refused",)),
    "toutes": ("Toutes", tuple(STATES)),
}
_ORDER: Final = ("begun", "accepted", "proposed", "done", "refused")
NO_STAGE: Final = "Hors étape"


@dataclass(frozen=True)
class Line:
    """One action: its row, what the kit knows of it, the words of a page."""

    row: FollowedAction
    now: Followed
    stage: str
    late: bool
    reduces: tuple[str, ...]

    @property
    def kind(self) -> str:
        return KINDS[self.now.state]

    @property
    def moves(self) -> list[tuple[State, str]]:
        """The states that a button leads to; a refusal has its own form, with its reason."""
        return [
            (state, _VERBS_BACK.get((self.now.state, state), VERBS[state]))
            for state in next_states(self.now.state)
            if state != "refused"
        ]

    @property
    def may_refuse(self) -> bool:
        return "refused" in next_states(self.now.state)


def lines_of(plan: Plan, actions: Iterable[FollowedAction], today: date) -> list[Line]:
    """Every action, by stage, then by state, day due and priority."""
    titles = {stage.key: stage.title for stage in plan.stages}
    ranks = {stage.key: rank for rank, stage in enumerate(plan.stages)}
    lines = []
    for row in actions:
        now = followed(row)
        words = tuple(plan.consequences[key] for key in now.action.reduces if key in plan.consequences)
        title = titles.get(now.action.stage, NO_STAGE if plan.stages else "")
        lines.append(Line(row, now, title, now.is_late(today), words))
    return sorted(
        lines,
        key=lambda line: (
            ranks.get(line.now.action.stage, len(ranks)),
            _ORDER.index(line.now.state),
            line.now.due_on or date.max,
            line.now.action.priority,
        ),
    )


@dataclass(frozen=True)
class StageLine:
    """A stage: how many of its actions are done, of those that stand; who accepted it; whether it may be accepted now."""

    stage: Stage
    done: int
    total: int
    acceptance: StageAcceptance | None
    may_be_accepted: bool


def stage_lines(plan: Plan, territory: Territory, lines: Sequence[Line]) -> list[StageLine]:
    rows = StageAcceptance.objects.of(territory).filter(plan=plan.id).select_related("by")
    accepted = {row.stage: row for row in rows}
    found: list[StageLine] = []
    for stage in plan.stages:
        own = [line.now.state for line in lines if line.now.action.stage == stage.key]
        waiting = stage.key not in accepted and all(each.acceptance for each in found)
        found.append(
            StageLine(
                stage,
                sum(state == "done" for state in own),
                sum(state != "refused" for state in own),
                accepted.get(stage.key),
                waiting,
            )
        )
    return found


@dataclass(frozen=True)
class Feeder:
    """Answers whose actions may enter the plan; `taken`: how many already did."""

    response: Response
    title: str
    taken: int


def feeders(
    plan: Plan, territory: Territory, person: object, lines: Sequence[Line], *, most: int = 5
) -> list[Feeder]:
    """The last answers of the guides that feed this plan, of those that this person may read."""
    if not plan.feeds:
        return []
    rows = Response.objects.of(territory).filter(guide__in=plan.feeds).select_related("edition")[:most]
    return [
        Feeder(row, row.edition.read().title, sum(line.row.source_id == row.pk for line in lines))
        for row in rows
        if may_read(person, row.edition.read(), territory)
    ]


@dataclass(frozen=True)
class YearCost:
    """What is retained for a year, by the day due; `year` 0: no day. € low and high."""

    year: int
    low: float
    high: float


@dataclass(frozen=True)
class Risk:
    """A consequence, and how many of the actions that reduce it are done."""

    title: str
    done: int
    total: int


def costs_by_year(lines: Iterable[Line]) -> list[YearCost]:
    """What is retained and not done yet, by year; what has no day comes last."""
    years: dict[int, tuple[float, float]] = {}
    for line in lines:
        action = line.now.action
        if line.now.state not in ("accepted", "begun") or (
            action.cost_low is None and action.cost_high is None
        ):
            continue
        low, high = years.get(year := line.now.due_on.year if line.now.due_on else 0, (0.0, 0.0))
        years[year] = low + (action.cost_low or 0), high + (action.cost_high or action.cost_low or 0)
    return [YearCost(year, *years[year]) for year in sorted(years, key=lambda year: year or 9999)]


def risks(plan: Plan, lines: Sequence[Line]) -> list[Risk]:
    """The consequences that some action should still reduce, those of which least is done first."""
    found = []
    for key, title in plan.consequences.items():
        states = [
            line.now.state for line in lines if key in line.now.action.reduces and line.now.state != "refused"
        ]
        done = sum(state == "done" for state in states)
        if not states or done < len(states):
            found.append(Risk(title, done, len(states)))
    return sorted(found, key=lambda each: each.done / each.total if each.total else 0)


HEADING: Final = ("action", "étape", "état", "qui", "pour le", "coût bas (€)", "coût haut (€)", "dépensé (€)", "réduit", "preuve attendue")  # fmt: skip


def cells(line: Line) -> list[Any]:
    """The cells of an action under HEADING."""
    action, now = line.now.action, line.now
    return [action.title, line.stage, STATES[now.state], now.owner, now.due_on, action.cost_low, action.cost_high,
            now.spent, " ; ".join(line.reduces), action.proof]  # fmt: skip
