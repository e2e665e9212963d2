"""Freshness promises: by when the next delivery is expected, which ones came, what is late and since when.

In: a `Promise` and the days on which something new came. Out: its calendar, the oldest deadline not met, the days of
delay. Two kinds: so long after the last arrival; or, with a first deadline, a calendar, as a contract writes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from .fetch_schedules import in_month

type Unit = Literal["", "day", "week", "month", "quarter", "year"]
MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
WORDS: Final = {
    "day": ("chaque jour", "jours"),
    "week": ("chaque semaine", "semaines"),
    "month": ("chaque mois", "mois"),
    "quarter": ("chaque trimestre", "trimestres"),
    "year": ("chaque année", "ans"),
}


@dataclass(frozen=True)
class Promise:
    """Something new every so often. `grace`: the days after a deadline that are still no delay.

    `first`: the first deadline, for a calendar. `until`: nothing is owed after that day.
    """

    unit: Unit = ""
    every: int = 1
    grace: int = 0
    first: date | None = None
    until: date | None = None

    def describe(self) -> str:
        if not self.unit:
            return "aucune promesse"
        one, many = WORDS[self.unit]
        rhythm = one if self.every == 1 else f"tous les {self.every} {many}"
        if self.unit == "week" and self.every > 1:
            rhythm = f"toutes les {self.every} semaines"
        grace = f", {self.grace} jour{'s' if self.grace > 1 else ''} de délai admis" if self.grace else ""
        return f"du nouveau {rhythm}{grace}"

    def after(self, day: date, periods: int = 1) -> date:
        """That day, so many periods later. Months are counted from `day`: the end of a month stays the end of the next."""
        count = self.every * periods
        if self.unit in MONTHS:
            return in_month(day.year, day.month + MONTHS[self.unit] * count, day.day)
        return day + timedelta(days=count * (7 if self.unit == "week" else 1))


@dataclass(frozen=True)
class Deadline:
    """One delivery expected by `due`, and the day on which it came."""

    due: date
    received: date | None = None

    def state(self, promise: Promise, today: date) -> str:
        """« received », « received_late », « late » or « coming »."""
        limit = self.due + timedelta(days=promise.grace)
        if self.received is not None:
            return "received_late" if self.received > limit else "received"
        return "late" if today > limit else "coming"


def calendar_of(promise: Promise, arrivals: Sequence[date], since: date, today: date) -> list[Deadline]:
    """The deadlines so far and the next one, each with the arrival that met it: the oldest owed is met first.

    An arrival meets a deadline of its own period or an older one; a second file in a period that is already met
    pays nothing in advance.
    """
    if not promise.unit:
        return []
    if promise.first is None:
        return _rolling(promise, arrivals, since)
    met: list[Deadline] = []
    for day in sorted(arrivals):
        due = promise.after(promise.first, len(met))
        if _over(promise, due):
            break
        if day > promise.after(promise.first, len(met) - 1):
            met.append(Deadline(due, day))
    owed: list[Deadline] = []
    rank = len(met)
    while not _over(promise, due := promise.after(promise.first, rank)):
        owed.append(Deadline(due))
        if due > today:
            break
        rank += 1
    return met + owed


def _rolling(promise: Promise, arrivals: Sequence[date], since: date) -> list[Deadline]:
    last = max(arrivals, default=since)
    due = promise.after(last)
    return [] if _over(promise, due) else [Deadline(due)]


def _over(promise: Promise, due: date) -> bool:
    return promise.until is not None and due > promise.until


def next_due(promise: Promise, arrivals: Sequence[date], since: date, today: date) -> date | None:
    """The oldest deadline that nothing has met yet; None when nothing is owed."""
    owed = [d.due for d in calendar_of(promise, arrivals, since, today) if d.received is None]
    return owed[0] if owed else None


def days_late(due: date | None, grace: int, today: date) -> int:
    """Days since the deadline, once the grace is over; 0 while there is no delay."""
    if due is None or today <= due + timedelta(days=grace):
        return 0
    return (today - due).days
