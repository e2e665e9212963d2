"""What a served demonstration goes on with once its first pages answer: one job of the workers, visible on the home page.

In: the sources and members of `main_job.begin`. Out: systems tried, pages published, citizens answered. The job may be
interrupted and begins again: what was ready stays.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

from beffroi.web.platform import jobs
from beffroi.web.platform.jobs import Progress

from . import main_job, services
from .demonstrated_systems import demonstrated_systems
from .main_job import Sources
from .members import Members, find_members

KIND: Final = "demonstration.rest"


def register() -> None:
    """Let the workers of a demonstration home do this job."""
    jobs.register(KIND, run_job)


def start(sources: Sources, members: Members) -> None:
    """Leave the rest to the workers."""
    register()
    jobs.start(
        sources.territory,
        KIND,
        key=KIND,
        label="Préparer la suite de la démonstration",
        person=members.guide,
        arguments={"folder": str(sources.folder), "today": sources.today.isoformat()},
    )


def run_job(progress: Progress) -> str:
    """Do the rest; the page where it is seen."""
    arguments = progress.job.arguments
    sources = Sources(
        folder=Path(arguments["folder"]),
        territory=progress.job.territory,
        today=date.fromisoformat(arguments["today"]),
        town=None,
    )
    main_job.show(sources, find_members(), _JobNarrator(progress), decide=False)
    return f"/t/{sources.territory.slug}/"


class _JobNarrator:
    """Tells the job's row which step is under way, and how many of the systems are ready."""

    def __init__(self, progress: Progress) -> None:
        self.seconds: dict[str, float] = {}
        self._progress = progress
        self._systems = len(demonstrated_systems())

    def do[T](self, name: str, label: str, work: Callable[[], T]) -> T:
        self.report(0, label)
        return work()

    def report(self, percent: float, message: str) -> None:
        """`percent` is of one file or one run: how far the whole is comes from what is ready."""
        ready = services.count_ready_systems(self._progress.job.territory)
        self._progress.report(99 * ready / self._systems, message)
