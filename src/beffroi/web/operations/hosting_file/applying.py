"""Applying a plan: the host, then each territory in one transaction, whole or not at all, through the services.

In: a plan. Out: what was done of each territory, and the links of the people who arrive, written before the commit.
"""

import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, OperationalError, transaction

from beffroi.web.catalogue.errors import CatalogueError
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.errors import PeopleError
from beffroi.web.platform.models import Territory
from beffroi.web.tenancy import host_founding, hosting
from beffroi.web.tenancy.hosting import HostingError
from beffroi.web.tenancy.places import PlaceError
from beffroi.web.tenancy.signin.providers import ProviderError

from .file_differences import Application
from .hosting_plan import Plan, TerritoryPlan
from .reading import HostingFileError

type Links = Mapping[str, str]
REFUSALS = (
    PeopleError,
    HostingError,
    PlaceError,
    CatalogueError,
    ProviderError,
    PermissionDenied,
    ValidationError,
)


@dataclass(frozen=True)
class Outcome:
    """What became of one territory: its links by address, what waits, or why nothing of it changed."""

    territory: Territory | None
    arrivals: Links
    deferred: tuple[str, ...] = ()
    problem: str = ""


def apply_host(plan: Plan) -> None:
    """Name the host as the file does. Raises HostingError."""
    if plan.host is not None:
        host = plan.host
        with scope.host(), transaction.atomic():
            hosting.name_host(name=host.name, siren=host.siren or "", contact=host.contact, by=None)
            ledger.append(None, "hosting.apply", None, "host", {"file": plan.sha256, "changes": 1})


def apply_territory(
    plan: TerritoryPlan,
    sha256: str,
    record: Callable[[Territory, Links], None] = lambda _territory, _links: None,
) -> Outcome:
    """Make every change of one territory, or none. `record` receives its links before the commit: none is lost by a crash."""
    try:
        with scope.host(), transaction.atomic():
            territory = plan.territory or _found(plan)
            to = Application(territory)
            for change in plan.changes:
                change.make(to)
            hosting.both_chains(
                territory,
                "hosting.apply",
                None,
                f"territory:{territory.pk}",
                {"file": sha256, "changes": plan.count},
            )
            record(territory, to.arrivals)
    except OperationalError:
        raise
    except (*REFUSALS, DatabaseError) as error:
        words = error.messages[0] if isinstance(error, ValidationError) else str(error)
        return Outcome(plan.territory, {}, problem=words)
    return Outcome(territory, to.arrivals, tuple(to.deferred))


def _found(plan: TerritoryPlan) -> Territory:
    if plan.new is None:
        raise ValueError("a plan founds a territory or changes one")
    return host_founding.found_empty(plan.new, plan.contract, by=None)


def record_links(path: Path) -> Callable[[Territory, Links], None]:
    """A recorder of links in a file that only its owner reads, one « address, territory, link » a line. Raises HostingFileError."""
    try:
        descriptor = os.open(
            path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600
        )
    except OSError as error:
        raise HostingFileError(
            f"Le fichier des liens {path} ne peut pas être écrit ({error.strerror})."
        ) from None
    file = os.fdopen(descriptor, "a", encoding="utf-8")
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise HostingFileError(f"{path} n'est pas un fichier : les liens n'y sont pas écrits.")
    os.fchmod(descriptor, 0o600)
    return lambda territory, links: _write(file, territory, links)


def _write(file: IO[str], territory: Territory, links: Links) -> None:
    lines = [f"{email}\t{territory.name}\t{link}\n" for email, link in links.items() if link]
    if lines:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())
