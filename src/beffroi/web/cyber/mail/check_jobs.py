"""Jobs that check a declared domain: on a click, and each week by the clock. One at a time a domain."""

import logging
import uuid
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from beffroi.web.platform import feature_switches, jobs, scope
from beffroi.web.platform.acts import Recorded, Unchanged, act
from beffroi.web.platform.jobs import JobError, Progress, TooManyJobs
from beffroi.web.platform.models import Job, Person, Territory

from .. import check_hosts
from ..models import MailDomain
from . import services
from .dns_lookup import Lookup
from .domain_check import check
from .errors import MailError
from .outbound import Outbound

logger = logging.getLogger(__name__)
CHECK: Final = "cyber.check_mail"
NO_RESOLVER: Final = (
    "Votre hébergeur n'a pas encore permis à Beffroi d'interroger un serveur de noms : aucun domaine n'est vérifié. "
    "Demandez-lui de remplir le réglage BEFFROI_DNS_RESOLVER."
)


def is_allowed() -> bool:
    """Whether the operator named a resolver."""
    return settings.DNS_RESOLVER is not None


@act("mail.check", "vérification de la messagerie à la demande d'une personne", right=services.ACT)
def request_check(row: MailDomain, by: Person) -> Recorded[Job] | Unchanged[Job]:
    """« Vérifier maintenant ». Raises PermissionDenied, MailError, TooManyJobs."""
    if not is_allowed():
        raise MailError(NO_RESOLVER)
    if row.until is not None:
        raise MailError(
            "Ce domaine est retiré : il n'est plus vérifié. Déclarez-le de nouveau s'il est toujours à vous."
        )
    job, new = _start(row, by)
    return Recorded(job, {"name": row.name}, services.subject_of(row)) if new else Unchanged(job)


def _start(row: MailDomain, by: Person | None) -> tuple[Job, bool]:
    """The check that waits or runs, or a new one; the next is a week later."""
    row = MailDomain.objects.of(row.territory).select_for_update().get(pk=row.pk)
    running = Job.objects.of(row.territory).filter(key=row.job_key).first() if row.job_key else None
    if running is not None and not running.finished:
        return running, False
    row.job_key = f"{CHECK}:{row.pk}:{uuid.uuid4().hex[:12]}"
    row.next_at = timezone.now() + services.EVERY
    row.save(update_fields=["job_key", "next_at"])
    job = jobs.start(
        row.territory,
        CHECK,
        key=row.job_key,
        label=f"Vérification de la messagerie de {row.name}"[:200],
        person=by,
        arguments={"domain": row.pk},
        back=reverse("mail-domain", args=[row.territory.slug, row.pk]),
    )
    return job, True


def _check(progress: Progress) -> str:
    territory = progress.job.territory
    row = MailDomain.objects.of(territory).filter(pk=progress.job.arguments["domain"], until=None).first()
    if row is None:
        raise JobError("Ce domaine n'est pas dans cet espace, ou il a été retiré. Rien n'a changé.")
    if not is_allowed():
        raise JobError(NO_RESOLVER)
    lookup = Lookup(*settings.DNS_RESOLVER)
    outbound = Outbound(
        settings.ALLOWED_HOSTS_OUT,
        lookup.resolve,
        local_name=urlsplit(settings.BASE_URL).hostname or "localhost",
        opened=check_hosts.is_open,
    )
    found = check(row.name, tuple(row.selectors), lookup, outbound, timezone.localdate(), progress.report)
    services.record_check(row, progress.job.key, found, progress.job.started_by)
    return reverse("mail-domain", args=[territory.slug, row.pk])


def register() -> None:
    jobs.register(CHECK, _check)


def start_due() -> int:
    """Start the checks that are due in every territory; how many were started."""
    if not is_allowed():
        return 0
    with scope.host():
        due = list(MailDomain.objects.filter(next_at__lte=timezone.now()).values_list("territory", "pk"))
    count = 0
    for territory in Territory.objects.filter(pk__in={place for place, _ in due}):
        if territory.suspended_at is not None or not feature_switches.is_open(territory, "cyber"):
            continue
        with scope.inside(territory):
            try:
                count += sum(_start_one(territory, pk) for place, pk in due if place == territory.pk)
            except TooManyJobs:
                logger.warning("%s has too many jobs: its mail domains wait", territory.slug)
    return count


def _start_one(territory: Territory, pk: int) -> bool:
    with transaction.atomic():
        row = MailDomain.objects.of(territory).filter(pk=pk, next_at__lte=timezone.now()).first()
        return row is not None and _start(row, None)[1]
