"""What the pages and papers of exercises show: injects in words, the journal of an exercise, what was seen of each reaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from beffroi.guides.runbook import Runbook
from beffroi.web.guides.models import Response

from ..models import ExerciseEvent
from .services import MEDIA, VERDICTS
from .timeline import Event, PlacedInject, Timeline


@dataclass(frozen=True)
class InjectRow:
    """An inject with its words. `reactions`, `observations`: events about it, oldest first."""

    placed: PlacedInject
    role: str
    medium: str
    reactions: Sequence[ExerciseEvent] = ()
    observations: Sequence[tuple[ExerciseEvent, str]] = ()

    @property
    def clock(self) -> str:
        """The minute of the scenario, « 0 h 35 »."""
        return clock_words(self.placed.minute)

    @property
    def verdict(self) -> str:
        """What the last observation says; empty without one."""
        return self.observations[-1][1] if self.observations else ""

    @property
    def minutes_to_react(self) -> float | None:
        """Minutes on the wall from its reception to the first reaction."""
        if not self.reactions or self.placed.at is None:
            return None
        return round((self.reactions[0].at - self.placed.at).total_seconds() / 60, 1)


@dataclass(frozen=True)
class Course:
    """An exercise as its pages show it at one moment."""

    run: Response
    timeline: Timeline
    now: datetime
    rows: Sequence[InjectRow]
    journal: Sequence[ExerciseEvent] = field(default_factory=tuple)

    @property
    def scenario(self) -> Runbook:
        return self.timeline.scenario

    @property
    def minute(self) -> float:
        return self.timeline.minute_at(self.now)

    @property
    def clock(self) -> str:
        return clock_words(self.minute)

    @property
    def next(self) -> InjectRow | None:
        return next((row for row in self.rows if row.placed.state == "coming"), None)

    @property
    def seconds_to_next(self) -> int | None:
        """Seconds on the wall until the next inject; None while the clock stands."""
        at = self.timeline.moment_of(self.next.placed.minute) if self.next else None
        return (
            max(0, round((at - self.now).total_seconds()))
            if at and self.timeline.state == "running"
            else None
        )

    def delivered(self, role: str = "") -> list[InjectRow]:
        """What players have received, the last first."""
        own_rows = [
            row
            for row in self.rows
            if row.placed.state == "delivered" and (not role or row.placed.inject.role in ("", role))
        ]
        return sorted(own_rows, key=lambda row: (row.placed.at or self.now, row.placed.minute), reverse=True)


def clock_words(minutes: float) -> str:
    whole = int(minutes)
    return f"{whole // 60} h {whole % 60:02d}"


def course(run: Response, scenario: Runbook, now: datetime | None = None) -> Course:
    """The exercise at a moment: two queries."""
    now = now or timezone.now()
    journal = list(ExerciseEvent.objects.filter(run=run).select_related("by").order_by("pk"))
    line = Timeline(scenario, [Event(row.act, row.at, row.data) for row in journal])
    roles = {role.key: role.title for role in scenario.roles}
    rows = []
    for placed in line.injects(now):
        about = [row for row in journal if row.data.get("inject") == placed.inject.key]
        rows.append(
            InjectRow(
                placed,
                roles.get(placed.inject.role, "tous"),
                MEDIA[placed.inject.medium],
                [row for row in about if row.act == "reaction"],
                [(row, VERDICTS[row.data["verdict"]]) for row in about if row.act == "observation"],
            )
        )
    return Course(run, line, now, rows, journal)
