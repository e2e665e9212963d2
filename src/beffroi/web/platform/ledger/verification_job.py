"""Verification of a whole chain: at once when it is short, as a job when it is long. The result in French."""

from django.urls import reverse
from django.utils import timezone

from .. import jobs
from ..models import Job, Person, Territory
from . import lines

KIND = "ledger.verify"
SHORT = 20_000
"""Lines read back within a second or so: longer chains are verified in the background."""


def is_long(territory: Territory) -> bool:
    last = lines.lines_of(territory).last()
    return last is not None and last.seq > SHORT


def start(territory: Territory, person: Person) -> Job:
    """Verify in the background; asked twice in the same minute, it is done once."""
    key = f"{KIND}:{territory.pk}:{person.pk}:{timezone.now():%Y%m%d%H%M}"
    return jobs.start(territory, KIND, key=key, label="Vérification du registre des actes", person=person)


def verification_message(territory: Territory) -> str:
    """What a whole reading says. Raises LedgerError when the chain was changed."""
    result = lines.verify(territory)
    if result.ok:
        return f"Registre vérifié : {result.size} lignes, aucune n'a été changée. Empreinte : {result.root}"
    raise lines.LedgerError(
        f"Le registre a été modifié à partir de la ligne {result.first_bad}. Les données restent lisibles. "
        "Prévenez votre responsable de la sécurité et comparez avec une sauvegarde antérieure."
    )


def _work(progress: jobs.Progress) -> str:
    territory = progress.job.territory
    progress.report(5, "Relecture de toutes les lignes…")
    try:
        progress.report(100, verification_message(territory))
    except lines.LedgerError as error:
        raise jobs.JobError(str(error)) from error
    return f"{reverse('ledger', args=[territory.slug])}?verification={progress.job.pk}"


def register() -> None:
    jobs.register(KIND, _work)
