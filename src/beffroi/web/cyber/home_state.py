"""What of security waits for somebody on the home of a territory, asked of the database in one query."""

from typing import Any, Final, NamedTuple

from django.db.models import Exists, QuerySet

from beffroi.web.guides.models import Response
from beffroi.web.platform.models import Territory
from beffroi.web.platform.request_cache import cached_read

from .models import MailDomain, ReportedDevice, SiteAlert

INCIDENT: Final = "cyber_incident"
"""The runbook by which incidents are conducted."""


class Waiting(NamedTuple):
    """Whether an incident is under way, machines are silent, mail is less protected, a site has something to look at."""

    incidents: bool
    machines: bool
    mail: bool
    sites: bool


def open_incidents(territory: Territory) -> QuerySet[Response]:
    """Incidents under way, exercises left out."""
    rows: QuerySet[Response] = Response.objects.of(territory)
    return rows.filter(guide=INCIDENT, closed_at=None, is_exercise=False)


def silent_machines(territory: Territory) -> QuerySet[ReportedDevice]:
    rows: QuerySet[ReportedDevice] = ReportedDevice.objects.of(territory)
    return rows.exclude(silent_since=None).filter(acknowledged_by=None)


def worsened_domains(territory: Territory) -> QuerySet[MailDomain]:
    rows: QuerySet[MailDomain] = MailDomain.objects.of(territory)
    return rows.filter(until=None).exclude(worsened=[])


def open_alerts(territory: Territory) -> QuerySet[SiteAlert]:
    rows: QuerySet[SiteAlert] = SiteAlert.objects.of(territory)
    return rows.filter(ended_at=None, answer="")


@cached_read
def waiting(territory: Territory) -> Waiting:
    each: list[QuerySet[Any]] = [
        open_incidents(territory),
        silent_machines(territory),
        worsened_domains(territory),
        open_alerts(territory),
    ]
    found = Territory.objects.filter(pk=territory.pk).values_list(*(Exists(rows) for rows in each))
    return Waiting(*found.get())
