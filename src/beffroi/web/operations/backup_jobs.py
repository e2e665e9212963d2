"""What who runs the instance does about its backups from a page: ask for one, done by a job, and say where its copy went."""

from contextlib import suppress

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from beffroi.home import HomeError
from beffroi.web.platform import jobs, ledger, scope
from beffroi.web.platform.jobs import JobError, Progress
from beffroi.web.platform.models import Job, Person, Territory
from beffroi.web.platform.rights import require
from beffroi.web.tenancy import hosting

from . import backup, backup_log
from .health import checks
from .repository import restic, restore_trial, snapshots

KIND = "operations.backup"
STAGES = 10  # about as many as a backup and its trial report


def start(territory: Territory, person: Person) -> Job:
    """Ask for a backup; two clicks make one. Raises PermissionDenied, TooManyJobs."""
    require_own(territory, person)
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


def declare_copy(territory: Territory, person: Person, where: str) -> None:
    """A person says where the copy of the last backup went. Raises PermissionDenied, HomeError where there is no backup."""
    require_own(territory, person)
    found = backup_log.declare_copy(settings.HOME, where, person.name)
    ledger.append(territory, "backup.copied", person, "backup", {"where": found.where})


def require_own(territory: Territory, person: Person) -> None:
    """Raise PermissionDenied unless this person may back up this territory, which runs the instance."""
    require(person, "territory.export", territory)
    if not hosting.hosts_itself(territory, hosting.in_force(territory)):
        raise PermissionDenied("La sauvegarde est celle de votre hébergeur.")


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
            with backup_log.recorded_failures(settings.HOME):
                if restic.is_configured():
                    snapshots.save(settings.HOME, progress=report)
                else:
                    backup.backup(settings.HOME, progress=report)
            if restore_trial.is_due(settings.HOME):
                restore_trial.run(settings.HOME, progress=report)
        except HomeError as error:
            raise JobError(str(error)) from error
        finally:
            with suppress(OSError):  # the page of health says it; else the clock does within minutes
                checks.check_now()
    return reverse("backup", args=[territory.slug])


def register() -> None:
    jobs.register(KIND, run)
