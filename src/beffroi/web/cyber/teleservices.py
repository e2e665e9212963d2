"""Online services of the register `teleservices`: those of the public site fill themselves in; each leads to what was seen of its host.

Rooms above register theirs. What a person wrote, or removed, stays so.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse

from beffroi.guides import Register
from beffroi.web import public_address
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.guides.services import registers
from beffroi.web.platform import gates, scope
from beffroi.web.platform.feature_switches import is_open
from beffroi.web.platform.models import Territory
from beffroi.web.ui.formats import counted, french_date

from .models import WatchedSite
from .sites.errors import SiteError
from .sites.visits import Origin

REGISTER: Final = "teleservices"
SUPPLIER: Final = "Beffroi"


@dataclass(frozen=True)
class OnlineService:
    """A form that inhabitants of a public territory fill in. `data`: kinds of personal data, keys of the register's field."""

    name: str
    url_name: str
    serves: str
    data: tuple[str, ...]

    def values(self, territory: Territory) -> dict[str, Any]:
        return {
            "name": self.name,
            "address": public_address.absolute(reverse(self.url_name, args=[territory.slug])),
            "provider": SUPPLIER,
            "serves": self.serves,
            "data": list(self.data),
        }


_services: dict[str, OnlineService] = {}


def register(service: OnlineService) -> None:
    """Have this form entered in the register of every territory whose public site is open."""
    _services[service.url_name] = service


def report_all() -> None:
    """Enter the forms that are open, in each territory that has a public site and follows its security."""
    with scope.host():
        places = [each for each in Territory.objects.filter(suspended_at=None) if each.is_public]
    for territory in places:
        with suppress(gates.TerritoryClosed), scope.inside(territory):
            if is_open(territory, "cyber"):
                report(territory, _services.values())


def report(territory: Territory, services: Iterable[OnlineService]) -> int:
    """Enter those that were never entered; of one that nobody changed, the address of today. How many were written."""
    teleservices, written = guide(Register, REGISTER), 0
    rows = RegisterEntry.objects.of(territory).filter(register=REGISTER).order_by("pk")
    known = {teleservices.identity_of(row.values): row for row in rows}
    for service in services:
        values = service.values(territory)
        row = known.get(teleservices.identity_of(values))
        if row is None:
            fresh = values
        elif row.removed_at is None and row.by_id is None:
            fresh = {"name": values["name"], "address": values["address"]}
        else:
            continue
        written += registers.report_entry(territory, teleservices, fresh) is not None
    return written


def site_links(entry: RegisterEntry) -> list[tuple[str, str]]:
    """Where one reads what was seen of the host of a téléservice, or declares it."""
    if entry.register != REGISTER or not (address := entry.values.get("address")):
        return []
    slug = entry.territory.slug
    with suppress(SiteError):
        origin = Origin.parse(address)
        sites = WatchedSite.objects.of(entry.territory).exclude(state=WatchedSite.State.REMOVED)
        site = sites.filter(address=origin.address).first()
        if site is None:
            return [("Déclarer ce site pour le surveiller", reverse("site-declare", args=[slug]))]
        there = reverse("site", args=[slug, site.pk])
        if site.findings_at is None:
            return [("Contrôles sans intrusion : pas encore faits", there)]
        to_fix = sum(each["level"] in ("danger", "warn") for each in site.findings)
        result = counted(to_fix, "réglage à corriger", "réglages à corriger") if to_fix else "rien à corriger"
        day = french_date(site.findings_at, hour=False)
        return [(f"Contrôles sans intrusion du {day} : {result}", there)]
    return []
