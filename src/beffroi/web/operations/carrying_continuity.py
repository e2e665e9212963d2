"""The continuity of a territory that leaves, as open files: one JSON file a subject, people by their name.

In: a territory and a folder. Out: the files. Secrets of destinations and keys stay: elsewhere, a person gives new ones.
"""

from pathlib import Path
from typing import Any, Final

from django.db.models import Model

from beffroi.web.continuity.models import (
    Destination,
    DestinationCopy,
    DestinationTrial,
    RestorationSite,
    SiteImport,
    SiteKey,
    SitePublication,
    SiteService,
    SiteUpdate,
)
from beffroi.web.platform.models import Territory

from .carrying_ai import Subjects, write_subjects

LEFT_BEHIND: Final[dict[type[Model], str]] = {
    Destination: "an account elsewhere and its secret: a person declares it again",
    DestinationCopy: "copies made from this host",
    DestinationTrial: "trials made from this host",
    SiteKey: "the private key stays; its public half leaves with what it signed",
}
"""What stays, and why."""


def _by(row: Any) -> str:
    return str(row.by.name)


SUBJECTS: Final[Subjects] = {
    "page-des-habitants.json": {
        "pages": (RestorationSite, {"by": _by}),
        "services": (SiteService, {"page": lambda s: str(s.site.document)}),
        "annonces": (SiteUpdate, {"page": lambda u: str(u.site.document), "by": _by}),
        "reprises": (SiteImport, {"page": lambda i: str(i.site.document), "by": _by}),
        "publications": (SitePublication, {
            "page": lambda p: str(p.site.document), "key": lambda p: p.key.public, "by": _by,
        }),
    },
}  # fmt: skip


def write_all(territory: Territory, folder: Path) -> None:
    """Every subject, in the order of the rows."""
    write_subjects(territory, folder, SUBJECTS)
