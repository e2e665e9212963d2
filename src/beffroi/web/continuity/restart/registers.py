"""The registers of services and of applications, read as what the restart order is computed from."""

from collections.abc import Iterable
from typing import Any, Final

from beffroi.guides import Register
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.guides.services.registers import entries_of
from beffroi.web.platform.models import Territory

from ..essential_services.outages import longest_outages
from .backup_ages import backup_ages
from .nodes import Application, Service, names_in
from .order import RestartOrder, compute

SERVICES: Final = "essential_services"
APPLICATIONS: Final = "applications"


def application_entries(territory: Territory) -> list[RegisterEntry]:
    return entries_of(territory, guide(Register, APPLICATIONS))


def restart_order(territory: Territory) -> RestartOrder:
    """The order of this territory, as its registers stand."""
    return compute(
        _services(territory),
        [_application(each.pk, each.values) for each in application_entries(territory)],
        backup_ages(territory),
    )


def _services(territory: Territory) -> list[Service]:
    outages = longest_outages(territory)
    found = []
    for entry in entries_of(territory, guide(Register, SERVICES)):
        outage = outages.get(entry.pk)
        hours = outage.hours if outage is not None else None
        found.append(
            Service(
                f"service_{entry.pk}",
                entry.values["name"],
                hours,
                outage is not None and outage.validated,
            )
        )
    return found


def _application(pk: int, values: dict[str, Any]) -> Application:
    kind = values.get("kind", "")
    return Application(
        key=f"app_{pk}",
        name=values["name"],
        kind=_kinds().get(kind, ""),
        sort=kind,
        serves=names_in(values.get("services")),
        needs=names_in(values.get("needs")),
        hours=values.get("restore_hours"),
        loss=values.get("loss_hours"),
        people=_filled(values.get(key) for key in ("knows", "knows_too")),
        has_data=_has_data(kind, values),
        backup=values.get("backup", ""),
        place=values.get("place", ""),
        provider=values.get("provider", ""),
        how=values.get("how", ""),
        access=values.get("access_paper", ""),
    )


def _has_data(kind: str, values: dict[str, Any]) -> bool:
    """As a person said; where nobody did, a database holds data, and so does what has a bearable loss."""
    if values.get("has_data") in ("yes", "no"):
        return bool(values["has_data"] == "yes")
    return kind == "database" or values.get("loss_hours") is not None


def _kinds() -> dict[str, str]:
    fields = guide(Register, APPLICATIONS).fields
    return {choice.key: choice.label for each in fields if each.key == "kind" for choice in each.choices}


def _filled(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(each for each in values if each)
