"""The stopwatch of a run: each step aimed and measured, what is left of the critical path, services back in time or late.

In: the frozen runbook, when each step was signed off, when the run began and ended. Out: plain values. Pure: no Django.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from beffroi.guides import Runbook
from beffroi.guides.runbook import Step

from .runbook import SERVICE

NOTHING = timedelta(0)


@dataclass(frozen=True)
class TimedStep:
    """A step of a run. `began_at`: when the last thing that it waits for was signed off, None while something is missing.

    `measured`: from then to its sign-off, of a service from the start of the run.
    """

    step: Step
    began_at: datetime | None
    done_at: datetime | None
    measured: timedelta | None

    @property
    def is_service(self) -> bool:
        return self.step.role == SERVICE

    @property
    def name(self) -> str:
        return self.step.title.partition(" : ")[2]

    @property
    def is_over(self) -> bool:
        """Whether it took longer than aimed at."""
        aimed = self.step.aimed_at
        return aimed is not None and self.measured is not None and self.measured > aimed


@dataclass(frozen=True)
class Stopwatch:
    """`now`: the moment of reading, or the end of the run; `left`: of the critical path."""

    started_at: datetime
    now: datetime
    steps: tuple[TimedStep, ...]
    left: timedelta
    left_names: tuple[str, ...]
    unknown: int

    @property
    def elapsed(self) -> timedelta:
        return self.now - self.started_at

    @cached_property
    def applications(self) -> list[TimedStep]:
        return [each for each in self.steps if not each.is_service]

    @cached_property
    def services(self) -> list[TimedStep]:
        return [each for each in self.steps if each.is_service]

    @cached_property
    def late_services(self) -> list[TimedStep]:
        """Back after their bearable outage, or still stopped beyond it."""
        return [
            each
            for each in self.services
            if (aimed := each.step.aimed_at) is not None and (each.measured or self.elapsed) > aimed
        ]

    @cached_property
    def done_count(self) -> int:
        return sum(each.done_at is not None for each in self.steps)

    @property
    def is_whole(self) -> bool:
        return self.done_count == len(self.steps)

    @property
    def last_at(self) -> datetime | None:
        """When the last step was signed off."""
        return max((each.done_at for each in self.steps if each.done_at), default=None)

    @property
    def total(self) -> timedelta | None:
        """From the start to the last step, where all are done."""
        return self.last_at - self.started_at if self.last_at and self.is_whole else None


def measure(runbook: Runbook, done: Mapping[str, datetime], started_at: datetime, now: datetime) -> Stopwatch:
    """The stopwatch at `now`. A step taken back counts as not done; a clock put back never gives a negative time."""
    timed: list[TimedStep] = []
    for step in runbook.steps:
        waits = [done.get(key) for key in step.after]
        began = max((at for at in waits if at), default=started_at) if all(waits) else None
        done_at = done.get(step.key)
        since = started_at if step.role == SERVICE else began or started_at
        timed.append(
            TimedStep(step, began, done_at, max(NOTHING, done_at - since) if done_at is not None else None)
        )
    left, names = _left(timed, now)
    unknown = sum(
        each.done_at is None and not each.is_service and each.step.minutes is None for each in timed
    )
    return Stopwatch(started_at, now, tuple(timed), left, names, unknown)


def _left(timed: list[TimedStep], now: datetime) -> tuple[timedelta, tuple[str, ...]]:
    """The longest way through what is not done; what has begun counts for what is left of its time."""
    ends: dict[str, tuple[timedelta, tuple[str, ...]]] = {}
    for each in timed:
        if each.is_service:
            continue
        before = max(
            (ends[key] for key in each.step.after if key in ends),
            key=lambda one: one[0],
            default=(NOTHING, ()),
        )
        if each.done_at is not None:
            ends[each.step.key] = before
            continue
        aimed = each.step.aimed_at or NOTHING
        if each.began_at is not None:
            aimed = max(NOTHING, aimed - max(NOTHING, now - each.began_at))
        ends[each.step.key] = (before[0] + aimed, (*before[1], each.name))
    return max(ends.values(), key=lambda one: (one[0], len(one[1])), default=(NOTHING, ()))
