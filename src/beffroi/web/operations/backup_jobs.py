"""Job that saves the whole instance, asked for from a page by who runs it."""

from django.conf import settings
from django.urls import reverse

from beffroi.home import HomeError
from beffroi.web.platform import jobs, scope
from beffroi.web.platform.jobs import JobError, Progress
from beffroi.web.platform.models import Job, Person, Territory
from beffroi.web.platform.rights import require

from . import backup

KIND = "operations.backup"
STAGES = 6  # about as many as `backup` reports


def start(territory: Territory, person: Person) -> Job:
    """Ask for a backup; two clicks make one."""
    require(person, "territory.export", territory)
    earlier = Job.objects.of(territory).filter(kind=KIND)
    running = next((job for job in earlier if not job.finished), None)
    if running is not None:
        return running
    return jobs.start(
        territory,
        KIND,
        key=f"{KIND}:{earlier.count() + 1}",
        label="Sauvegarde",
        person=person,
        back=reverse("backup", args=[territory.slug]),
    )


def run(progress: Progress) -> str:
    """The job's function: the backup is of every territory, so that it is made in the scope of none."""
    territory, done = progress.job.territory, 0

    def report(text: str) -> None:
        nonlocal done
        done += 1
        with scope.inside(territory):
            progress.report(min(95, 100 * done // STAGES), text)

    with scope.nowhere():
        try:
            backup.backup(settings.HOME, progress=report)
        except HomeError as error:
            raise JobError(str(error)) from error
    return reverse("backup", args=[territory.slug])


def register() -> None:
    jobs.register(KIND, run)
