"""The security of a territory that leaves, as open files: incidents entrusted, statistics, mail, sites and machines.

In: a territory and a folder. Out: one JSON file a subject. It is evidence: elsewhere, a person declares domains and sites
again, and gives new addresses and new keys.
"""

from pathlib import Path
from typing import Any, Final

from django.db.models import Model

from beffroi.web.cyber.models import (
    CallPage,
    IncidentShare,
    IncidentStatistics,
    MachineKey,
    MailAnswer,
    MailCheck,
    MailDomain,
    ReportedDevice,
    SecondFactor,
    SilenceWatch,
    SiteAlert,
    SiteBaseline,
    SiteCheck,
    Ticket,
    TicketStep,
    UnreadReport,
    WatchedSite,
)
from beffroi.web.platform.models import Territory

from .carrying_ai import Subjects, write_subjects

LEFT_BEHIND: Final[dict[type[Model], str]] = {
    CallPage: "an address of this host",
    MachineKey: "a key to this host",
    SilenceWatch: "when this instance was stopped",
    SiteBaseline: "learned again from the first visits",
    UnreadReport: "messages of which nothing is stored",
}
"""What stays, and why."""


def _by(row: Any) -> str | None:
    return row.by.name if row.by is not None else None


def _site(row: Any) -> str:
    return str(row.site.address)


SUBJECTS: Final[Subjects] = {
    "incidents.json": {
        "confies": (IncidentShare, {"number": lambda s: s.pk, "run": lambda s: s.run_id, "by": _by}),
        "demandes": (Ticket, {"number": lambda t: t.pk}),
        "suites": (TicketStep, {
            "ticket": lambda s: s.ticket_id, "share": lambda s: s.shared_id, "person": lambda s: s.person.name,
        }),
        "statistiques": (IncidentStatistics, {"by": _by}),
    },
    "messagerie.json": {
        "adresses": (MailAnswer, {"by": _by}),
        "second-facteur": (SecondFactor, {"by": _by}),
        "domaines": (MailDomain, {"by": _by}),
        "verifications": (MailCheck, {"domain": lambda c: c.domain.name, "by": _by}),
    },
    "sites.json": {
        "sites": (WatchedSite, {"declared_by": lambda s: s.declared_by.name}),
        "visites": (SiteCheck, {"site": _site}),
        "alertes": (SiteAlert, {
            "site": _site, "answered_by": lambda a: a.answered_by.name if a.answered_by else None,
        }),
    },
    "postes.json": {
        "postes": (ReportedDevice, {
            "acknowledged_by": lambda d: d.acknowledged_by.name if d.acknowledged_by else None,
        }),
    },
}  # fmt: skip


def write_all(territory: Territory, folder: Path) -> None:
    """Every subject, in the order of the rows."""
    write_subjects(territory, folder, SUBJECTS)
