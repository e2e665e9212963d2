"""Triage of the proposals of one day: which are unusual, and why; the others are ordinary and may be decided together.

In: a territory, a system, a day. Out: one `Assessment` a proposal, made the same way for the page and for what it sends.
What a place is used to comes from the evidence (`EvidenceKey.role`), else from what people decided for the same weekdays.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean, median
from typing import Any

from django.db.models import Q, QuerySet, prefetch_related_objects
from django.utils import timezone

from beffroi.systems.manifest import EvidenceKey
from beffroi.web.platform.models import Territory
from beffroi.web.ui.formats import counted, french_date, number

from . import inbox
from .models import Decision, Proposal
from .notices import Notice

TOLERANCE = 0.10  # beyond the habit, or from one forecast to the next
WIDE = 2.0  # times the usual interval of the same day
WIDE_AT_LEAST = 0.25  # of the value: narrower is never wide
WORSE = 0.05  # than without AI, at the same place: below, it may be chance
ENOUGH_ROWS = 5  # from which intervals of one day are compared
ENOUGH_DAYS = 3  # comparable days from which a place has a habit
MOST_TOGETHER = 400  # a page that is read; the database refuses more than 500
RECENT_DAYS = 7  # within which a decision on what has no day is recent
WEEKS = 8  # of decisions, where the system gives no habit

RULE = (
    "Est inhabituel : un nombre qui sort de plus de 10 % de ce que le lieu a connu ces derniers mêmes jours, un intervalle deux "
    "fois plus large que celui des autres, un lieu dont moins de trois jours sont connus, un nombre qui a bougé de plus de 10 % "
    "depuis la veille."
)


@dataclass(frozen=True)
class Assessment:
    """One proposal and what makes it unusual, in French; `retained`: the number that the page puts first.

    `poorly_forecast`: why the way without AI serves here, and then `retained` is the reference; `small`: the place is small for it.
    """

    proposal: Proposal
    habit: tuple[float, ...]
    reference: float | None
    retained: float
    poorly_forecast: str
    small: bool
    reasons: tuple[str, ...]
    deviation: float  # share by which `retained` leaves the mean of the habit

    @property
    def ordinary(self) -> bool:
        known = len(self.habit) >= ENOUGH_DAYS
        return known and not self.reasons and not self.has_own_page

    @property
    def has_own_page(self) -> bool:
        """Whether it is decided on its own page: what concerns a person, and plans."""
        return not self.proposal.concerns_nobody or bool(self.proposal.items)

    @property
    def why(self) -> str:
        """What makes it unusual, in a line; else why it is decided alone, or why it is proposed."""
        if self.reasons:
            return " ; ".join(self.reasons)
        if self.has_own_page:
            return "un plan se lit en entier" if self.proposal.concerns_nobody else "un dossier se lit seul"
        return self.proposal.first_reason or "rien de comparable n'est connu"

    @property
    def usual(self) -> float | None:
        return fmean(self.habit) if self.habit else None

    @property
    def mean_and_margin(self) -> tuple[float, float] | None:
        """What the number of the way without AI is made of, where it serves: the mean of the habit, and what is added to it."""
        if not self.poorly_forecast or self.usual is None:
            return None
        mean = _rounded(self.usual, self.retained)
        return mean, self.retained - mean

    @property
    def rank(self) -> tuple[bool, int, float, str]:
        """Order of the page: the most unusual first; then where the way without AI serves, then by place."""
        name = self.proposal.place or self.proposal.subject
        if self.ordinary:
            return True, -bool(self.poorly_forecast), 0.0, name
        return False, -len(self.reasons), -self.deviation, name


@dataclass(frozen=True)
class _Others:
    """What the lines of the same day have in the middle: their relative interval (None where they are few), their size.

    `comparable`: whether a place without a habit is an exception among them; it is none where the system knows no habit.
    """

    width: float | None
    size: float
    comparable: bool


@dataclass(frozen=True)
class _Before:
    """What was last proposed for the same thing on an earlier day, or decided."""

    value: float
    on: date
    decided: bool


def of_day(territory: Territory, system: str, day: date | None) -> QuerySet[Proposal]:
    """What stands for this day: waiting or decided; of what has no day, only what waits."""
    rows = inbox.ordinary(territory).filter(system=system, due=day, superseded_at=None)
    return rows.filter(closed_as=None, decision=None) if day is None else rows


def assess(territory: Territory, notice: Notice, system: str, day: date | None) -> list[Assessment]:
    """The waiting proposals of this day, the most unusual first."""
    return read(territory, notice, system, day)[0]


def read(
    territory: Territory, notice: Notice, system: str, day: date | None
) -> tuple[list[Assessment], list[Decision]]:
    """The waiting proposals of this day, the most unusual first, and what is decided of it."""
    rows = list(of_day(territory, system, day).select_related("decision"))
    for row in rows:
        row.territory = territory
    waiting = [row for row in rows if row.waiting]
    decided = _latest_decisions(rows)
    return _assess(territory, notice, system, day, rows, waiting) if waiting else [], decided


def decided(territory: Territory, system: str, day: date | None) -> list[Decision]:
    """What is decided of this day and waits no more; of what has no day, what was decided these last days."""
    rows = of_day(territory, system, day)
    if day is None:
        recent = timezone.now() - timedelta(days=RECENT_DAYS)
        every = inbox.ordinary(territory).filter(system=system, due=None, superseded_at=None)
        rows = every.filter(Q(decision__at__gte=recent) | Q(closed_as=None, decision=None))
    found = list(rows.select_related("decision__person"))
    for row in found:
        row.territory = territory
    return _latest_decisions(found)


def _latest_decisions(rows: Iterable[Proposal]) -> list[Decision]:
    """The last decision on each thing, but on what is proposed anew: there, the page asks again."""
    every = [row.decision for row in rows if not row.waiting]
    prefetch_related_objects(every, "corrections__person")
    anew = {row.identity for row in rows if row.waiting}
    last = {one.proposal.identity: one for one in sorted(every, key=lambda one: (one.at, one.pk))}
    return [one for identity, one in last.items() if identity not in anew]


def _assess(
    territory: Territory,
    notice: Notice,
    system: str,
    day: date | None,
    rows: list[Proposal],
    waiting: list[Proposal],
) -> list[Assessment]:
    names = {role: [name for name, key in notice.evidence.items() if key.role == role] for role in _ROLES}
    habits = {row.pk: _habit(row, names["habit"], notice.evidence) for row in waiting}
    lacking = {row.place for row in waiting if not habits[row.pk] and row.place}
    if day is not None and lacking:
        past = _decided_values(territory, system, day, lacking)
        habits |= {row.pk: past.get(row.place, ()) for row in waiting if not habits[row.pk]}
    widths = [width for row in rows if (width := _relative_width(row)) is not None]
    usual_width = median(widths) if len(widths) >= ENOUGH_ROWS else None
    before = _before(territory, system, day, waiting, rows)
    sizes = [fmean(habit) for habit in habits.values() if habit]
    usual_size = median(sizes) if len(sizes) >= ENOUGH_ROWS else math.inf
    comparable = bool(names["habit"]) or 2 * sum(map(bool, habits.values())) >= len(waiting)
    others = _Others(usual_width, usual_size, comparable)
    found = [
        _assessment(row, habits[row.pk], names, notice.evidence, others, before.get(row.identity))
        for row in waiting
    ]
    return sorted(found, key=lambda one: one.rank)


def together(assessed: Iterable[Assessment]) -> list[Assessment]:
    """Those that may be decided at once, in the order of the page."""
    return [one for one in assessed if one.ordinary][:MOST_TOGETHER]


_ROLES = ("habit", "reference", "error", "reference_error")


def _assessment(
    row: Proposal,
    habit: tuple[float, ...],
    names: Mapping[str, Sequence[str]],
    keys: Mapping[str, EvidenceKey],
    others: _Others,
    before: _Before | None,
) -> Assessment:
    reference, error, plain = (_figure(row, names[role], keys) for role in _ROLES[1:])
    if reference is None and habit:
        reference = fmean(habit)
    poorly = _poorly_forecast(row, error, plain) if reference is not None else ""
    retained = _rounded(reference, row.value) if poorly and reference is not None else row.value
    reasons = [
        _outside(row, retained, habit),
        "" if poorly else _wide(row, others.width),
        _new_place(habit) if others.comparable else "",
        _moved(row, before),
    ]
    usual = fmean(habit) if habit else 0.0
    deviation = abs(retained / usual - 1) if usual else float("inf")
    return Assessment(
        row,
        habit,
        reference,
        retained,
        poorly,
        usual < others.size,
        tuple(reason for reason in reasons if reason),
        deviation,
    )


def _poorly_forecast(row: Proposal, error: float | None, plain: float | None) -> str:
    """Why the way without AI serves at this place; empty where the system does better."""
    if error is not None and plain is not None and error > (1 + WORSE) * plain:
        return f"ici, le système se trompe de {number(error, 1)} en moyenne, la façon sans IA de {number(plain, 1)}"
    if row.high - row.low > abs(row.value) > 0:
        return f"l'intervalle, de {number(row.low)} à {number(row.high)}, est plus large que le nombre"
    return ""


def _rounded(value: float, like: float) -> float:
    """As precise as what is proposed: a whole number where that is one."""
    return float(round(value)) if like.is_integer() else round(value, 2)


def _outside(row: Proposal, retained: float, habit: tuple[float, ...]) -> str:
    if len(habit) < ENOUGH_DAYS:
        return ""
    low, high = min(habit), max(habit)
    side = (
        "au-dessus" if retained > high + TOLERANCE * abs(high)
        else "au-dessous" if retained < low - TOLERANCE * abs(low)
        else ""
    )  # fmt: skip
    habit_in_words = number(low) if low == high else f"{number(low)} à {number(high)}"
    return f"{side} de son habitude ({habit_in_words})" if side else ""


def _wide(row: Proposal, usual_width: float | None) -> str:
    width = _relative_width(row)
    if width is None or usual_width is None or width <= max(WIDE_AT_LEAST, WIDE * usual_width):
        return ""
    return f"intervalle large, de {number(row.low)} à {number(row.high)}"


def _new_place(habit: tuple[float, ...]) -> str:
    if len(habit) >= ENOUGH_DAYS:
        return ""
    if not habit:
        return "aucun cas comparable connu"
    return f"{counted(len(habit), 'jour comparable connu', 'jours comparables connus')} seulement"


def _moved(row: Proposal, before: _Before | None) -> str:
    if before is None:
        return ""
    if before.decided:
        return f"déjà décidé : {number(before.value)}, la proposition a changé depuis"
    if abs(row.value - before.value) <= TOLERANCE * abs(before.value):
        return ""
    return f"était de {number(before.value)} le {french_date(before.on)}"


def _relative_width(row: Proposal) -> float | None:
    return (row.high - row.low) / abs(row.value) if row.value else None


def _habit(row: Proposal, names: Iterable[str], keys: Mapping[str, EvidenceKey]) -> tuple[float, ...]:
    for name in names:
        if keys[name].unit in ("", row.unit) and (values := _numbers(row.evidence.get(name))):
            return values
    return ()


def _figure(row: Proposal, names: Iterable[str], keys: Mapping[str, EvidenceKey]) -> float | None:
    found = (_numbers([row.evidence.get(name)]) for name in names if keys[name].unit in ("", row.unit))
    return next((values[0] for values in found if values), None)


def _numbers(value: Any) -> tuple[float, ...]:
    """The numbers of a list, of a table by day, or of pairs whose second is one."""
    values = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    values = [one[1] if isinstance(one, list) and len(one) == 2 else one for one in values]
    numbers = (one for one in values if isinstance(one, int | float) and not isinstance(one, bool))
    return tuple(float(one) for one in numbers if math.isfinite(one))


def _decided_values(
    territory: Territory, system: str, day: date, places: set[str]
) -> dict[str, tuple[float, ...]]:
    """What people retained for these places on the same weekday of the last weeks, the latest first."""
    weeks = [day - timedelta(weeks=count) for count in range(1, WEEKS + 1)]
    decisions = (
        Decision.objects.of(territory)
        .filter(proposal__territory=territory, proposal__system=system, proposal__due__in=weeks)
        .filter(proposal__place__in=places)
        .select_related("proposal")
        .prefetch_related("corrections")
        .order_by("-proposal__due", "-at")
    )
    found: dict[str, list[float]] = {}
    for decision in decisions:
        if (value := decision.in_force[1]) is not None:
            found.setdefault(decision.proposal.place, []).append(value)
    return {place: tuple(values) for place, values in found.items()}


def _before(
    territory: Territory, system: str, day: date | None, waiting: list[Proposal], rows: list[Proposal]
) -> dict[str, _Before]:
    """By identity: what was decided on it, else what was proposed of it on an earlier day."""
    found: dict[str, _Before] = {}
    first_made = {row.identity: timezone.localdate(row.created_at) for row in waiting}
    earlier = inbox.ordinary(territory).filter(system=system, due=day, superseded_at__isnull=False)
    if day is None:
        earlier = earlier.filter(key__in=first_made)
        rows = list(
            inbox.ordinary(territory)
            .filter(system=system, due=None, key__in=first_made, decision__isnull=False)
            .select_related("decision")
            .prefetch_related("decision__corrections")
        )
    values = earlier.order_by("created_at", "pk").values_list("key", "subject", "value", "created_at")
    for key, subject, value, created_at in values:
        made, identity = timezone.localdate(created_at), key or subject
        if identity in first_made and made < first_made[identity]:
            found[identity] = _Before(value, made, decided=False)
    for row in rows:
        decision = getattr(row, "decision", None)
        if decision is None or row.identity not in first_made:
            continue
        if (value := decision.in_force[1]) is not None:
            found[row.identity] = _Before(value, timezone.localdate(decision.at), decided=True)
    return found
