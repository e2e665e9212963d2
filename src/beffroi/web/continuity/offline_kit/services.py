"""Acts around the kit: make it now or each night, copy it elsewhere, download it, say that it was opened. One ledger line an act."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from beffroi.web.platform import feature_switches, jobs, ledger, scope
from beffroi.web.platform.jobs import JobError, Progress, TooManyJobs
from beffroi.web.platform.models import Job, Person, Territory
from beffroi.web.platform.rights import require
from beffroi.web.platform.storage.disk_space import OutOfRoom

from ..destinations.services import destinations_for, send
from ..errors import ContinuityError
from ..models import Destination, KitBuild, KitCopy, KitOpening
from ..service_sheets import sheets
from . import builder, stored_kits

KIND: Final = "continuity.kit"
DOWNLOAD: Final = "téléchargé"
STALE: Final = timedelta(days=7)
"""Older, a kit says so: the nights failed."""


def register_job() -> None:
    jobs.register(KIND, run_job)


def run_job(progress: Progress) -> str:
    """Make the kit, then copy it where the territory said. The address of its page."""
    territory, person = progress.job.territory, progress.job.started_by
    try:
        build = builder.build(territory, person, progress.report)
    except (ContinuityError, OutOfRoom) as error:
        raise JobError(str(error)) from error
    progress.report(95, "Le kit est copié ailleurs.")
    send_copies(build)
    return reverse("kit", args=[territory.slug])


def start(territory: Territory, by: Person, now: datetime | None = None) -> Job:
    """Have the kit made now. One that waits or runs is the one asked for."""
    require(by, "continuity.answer", territory)
    if (running := running_job(territory)) is not None:
        return running
    key = f"kit:{territory.pk}:{(now or timezone.now()).isoformat()}"
    return jobs.start(
        territory,
        KIND,
        key=key,
        label="Kit hors ligne",
        person=by,
        back=reverse("kit", args=[territory.slug]),
    )


def running_job(territory: Territory) -> Job | None:
    """The kit that waits or is being made."""
    states = [Job.State.WAITING, Job.State.RUNNING]
    found: Job | None = Job.objects.of(territory).filter(kind=KIND, state__in=states).first()
    return found


def start_nightly() -> int:
    """One job for each territory that has begun its sheets or made a kit; how many."""
    count = 0
    for territory in Territory.objects.filter(suspended_at=None):
        if feature_switches.is_open(territory, "continuity"):
            with scope.inside(territory):
                count += _start_tonight(territory)
    return count


def _start_tonight(territory: Territory) -> bool:
    if not sheets.has_begun(territory) and not KitBuild.objects.of(territory).exists():
        return False
    key = f"kit:{territory.pk}:{timezone.localdate().isoformat()}"
    try:
        jobs.start(territory, KIND, key=key, label="Kit hors ligne, chaque nuit", person=None)
    except TooManyJobs:
        return False
    return True


def send_copies(build: KitBuild) -> list[KitCopy]:
    """Send a kit to each destination of the territory; what became of each, the last whole copy there being safe."""
    # What a person carries by hand is no copy until they take it.
    places = (each for each in destinations_for(build.territory, "kit") if each.kind != Destination.Kind.ZIP)
    return [_copy(build, destination) for destination in places]


def _copy(build: KitBuild, destination: Destination) -> KitCopy:
    path = stored_kits.path_of(build)
    content: Mapping[str, bytes] = {f"kit-{build.territory.slug}.zip": path.read_bytes()}
    report = send(destination, content)
    with transaction.atomic():
        row: KitCopy = KitCopy.objects.create(
            territory=build.territory,
            build=build,
            place=str(destination)[:200],
            ok=report.ok,
            message=report.message[:500],
        )
        ledger.append(build.territory, "kit.copy", None, f"kit:{build.pk}", {"copy": row.pk, "ok": row.ok})
    return row


def download(build: KitBuild, by: Person) -> bytes:
    """The ZIP, for a stick: a copy that a person takes away. Raises ContinuityError."""
    require(by, "continuity.answer", build.territory)
    try:
        content = stored_kits.path_of(build).read_bytes()
    except OSError as error:
        raise ContinuityError("Ce kit n'est plus gardé ici. Fabriquez-en un, puis recommencez.") from error
    with transaction.atomic():
        KitCopy.objects.create(territory=build.territory, build=build, place=DOWNLOAD, by=by)
        ledger.append(build.territory, "kit.copy", by, f"kit:{build.pk}", {"download": True})
    return content


def note_opening(territory: Territory, by: Person, code: str) -> KitOpening:
    """A person opened a kit and read its code. Raises ContinuityError for a code of no kit of ours."""
    require(by, "continuity.answer", territory)
    typed = "".join(code.split()).upper()
    build = KitBuild.objects.of(territory).filter(code=typed).exclude(code="").first()
    if build is None:
        raise ContinuityError(
            "Aucun kit de votre collectivité n'a ce code. Relisez les six signes, au bas de la page OUVRIR-MOI.",
            "code",
        )
    with transaction.atomic():
        row: KitOpening = KitOpening.objects.create(territory=territory, build=build, by=by)
        ledger.append(territory, "kit.open", by, f"kit:{build.pk}", {})
    return row


def last_copy(territory: Territory) -> KitCopy | None:
    """The last copy that arrived whole outside of the platform."""
    found: KitCopy | None = (
        KitCopy.objects.of(territory).filter(ok=True).select_related("build", "by").first()
    )
    return found


def last_opening(territory: Territory) -> KitOpening | None:
    found: KitOpening | None = KitOpening.objects.of(territory).select_related("build", "by").first()
    return found
