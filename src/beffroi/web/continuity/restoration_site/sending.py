"""Send a publication to the destinations of the page, as a job; the ZIP of the same files for any host."""

import base64
import io
import zipfile
from typing import Final

from django.urls import reverse
from django.utils import timezone

from beffroi.web.platform import jobs, ledger
from beffroi.web.platform.jobs import JobError, Progress
from beffroi.web.platform.models import Job, Person
from beffroi.web.platform.rights import require

from ..destinations import services as destinations
from ..models import Destination, DestinationCopy, SitePublication
from . import builder, reading
from .errors import RestorationError
from .services import PUBLISH

KIND: Final = "continuity.publication"


def files_of(publication: SitePublication) -> dict[str, bytes]:
    """The files of the page, signed."""
    return builder.build(
        reading.published_document(publication),
        public_key=publication.key.public,
        signature=base64.b64decode(publication.signature),
    )


def zip_of(files: dict[str, bytes]) -> bytes:
    """The same files in a ZIP, always the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def start(publication: SitePublication, by: Person, *, again: bool = False) -> Job | None:
    """Ask for it to be sent where it goes; None when nothing is to be sent. `again`: a person asks once more."""
    require(by, PUBLISH, publication.territory)
    if publication.site.is_exercise:
        raise RestorationError("Un exercice ne sort pas : sa page se lit ici, ou dans son ZIP.")
    last = reading.last_publication(publication.site)
    if last is None or last.pk != publication.pk:
        raise RestorationError("Une publication plus récente existe : c'est elle qui s'envoie.")
    if not targets(publication):
        return None
    key = f"{KIND}:{publication.pk}"
    if again:
        key = f"{key}:{timezone.now():%Y%m%d%H%M%S}"
        ledger.append(publication.territory, "restoration.send", by, f"restoration:{publication.site_id}", {"number": publication.number})  # fmt: skip
    return jobs.start(
        publication.territory,
        KIND,
        key=key,
        label=f"Envoi de la page des habitants, publication {publication.number}",
        person=by,
        arguments={"publication": publication.pk},
        back=reverse("restoration", args=[publication.territory.slug]),
    )


def targets(publication: SitePublication) -> list[Destination]:
    """The destinations that do not have it whole yet."""
    whole = {copy.destination_id for copy in copies_of(publication) if copy.ok}
    return [
        each
        for each in destinations.destinations_for(publication.territory, "site")
        if not each.is_by_hand and each.pk not in whole
    ]


def copies_of(publication: SitePublication) -> list[DestinationCopy]:
    """What each attempt became, the last first."""
    rows = DestinationCopy.objects.of(publication.territory).filter(reference=publication.reference)
    return list(rows.select_related("destination"))


def _run(progress: Progress) -> str:
    territory = progress.job.territory
    rows = SitePublication.objects.of(territory).select_related("site", "key")
    publication = rows.filter(pk=progress.job.arguments["publication"]).first()
    if publication is None or publication.site.is_exercise:
        raise JobError("Cette publication n'est pas d'ici. Rien n'a été envoyé.")
    waiting = targets(publication)
    files = files_of(publication)
    for rank, destination in enumerate(waiting):
        progress.report(100 * rank / len(waiting), f"Envoi vers « {destination} ».")
        destinations.send(destination, files, reference=publication.reference)
    return reverse("restoration", args=[territory.slug])


def register() -> None:
    jobs.register(KIND, _run)
