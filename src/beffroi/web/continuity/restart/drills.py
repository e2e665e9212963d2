"""The drills of a territory: when, how long in all, which services came back late; what a plan may cite as a dated test."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.utils import timezone

from beffroi.web.guides.models import Response
from beffroi.web.platform.models import Territory
from beffroi.web.ui.formats import counted

from .services import runs_of, stopwatch_of
from .stopwatch import Stopwatch

MOST: Final = 20
"""Runs of a history."""


@dataclass(frozen=True)
class Drill:
    """A restart, real or exercise. `total`: from its start to its last step, None where steps are missing."""

    run: Response
    watch: Stopwatch

    @property
    def day(self) -> date:
        return timezone.localdate(self.run.opened_at)

    @property
    def total(self) -> timedelta | None:
        return self.watch.total

    @property
    def late_services(self) -> list[str]:
        return [each.name for each in self.watch.late_services]


@dataclass(frozen=True)
class DrillResult:
    """A drill that is over, as the calendar of tests takes it. `passed`: everything done, no service late."""

    run: int
    day: date
    is_exercise: bool
    passed: bool
    summary: str


def history(territory: Territory) -> list[Drill]:
    """The restarts, the last first."""
    return [Drill(run, stopwatch_of(run)) for run in runs_of(territory, MOST)]


def dated_results(territory: Territory) -> list[DrillResult]:
    """The restarts that are over, as results of tests."""
    return [
        DrillResult(each.run.pk, each.day, each.run.is_exercise, _passed(each), _summary(each))
        for each in history(territory)
        if each.run.closed_at is not None
    ]


def _passed(drill: Drill) -> bool:
    return drill.watch.is_whole and not drill.watch.late_services


def _summary(drill: Drill) -> str:
    watch = drill.watch
    late = len(watch.late_services)
    kind = "Exercice de remise en route" if drill.run.is_exercise else "Remise en route"
    services = f"{counted(late, 'service')} en retard sur {len(watch.services)}"
    return f"{kind} : {counted(watch.done_count, 'étape faite', 'étapes faites')} sur {len(watch.steps)}, {services}."
