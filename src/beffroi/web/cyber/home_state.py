"""What of security waits for somebody on the home of a territory, asked of the database with what the other rooms ask."""

from typing import Final, NamedTuple

from django.db.models import QuerySet

from beffroi.web.guides.models import Response
from beffroi.web.platform import home_signals
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


@cached_read
def running_incidents(territory: Territory) -> list[Response]:
    """The same, with what their clocks are read from: asked once a page."""
    return list(open_incidents(territory).select_related("edition", "territory"))


def silent_machines(territory: Territory) -> QuerySet[ReportedDevice]:
    rows: QuerySet[ReportedDevice] = ReportedDevice.objects.of(territory)
    return rows.exclude(silent_since=None).filter(acknowledged_by=None)


def worsened_domains(territory: Territory) -> QuerySet[MailDomain]:
    rows: QuerySet[MailDomain] = MailDomain.objects.of(territory)
    return rows.filter(until=None).exclude(worsened=[])


def open_alerts(territory: Territory) -> QuerySet[SiteAlert]:
    rows: QuerySet[SiteAlert] = SiteAlert.objects.of(territory)
    return rows.filter(ended_at=None, answer="")


_SIGNALS: Final = {
    "incidents": open_incidents,
    "machines": silent_machines,
    "mail": worsened_domains,
    "sites": open_alerts,
}


def register() -> None:
    """Called once, when the application is ready."""
    for key, rows in _SIGNALS.items():
        home_signals.register(f"cyber.{key}", rows)


def waiting(territory: Territory) -> Waiting:
    found = home_signals.waiting_signals(territory)
    return Waiting(**{key: found[f"cyber.{key}"] for key in _SIGNALS})
