"""« Qui appeler »: one screen that opens without account for whoever has its address, its sheet of paper, its single file.

In: the register `who_to_call`. Out: contacts in their order; one whose source or day of verification is missing says so, and
shows no number.
"""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import urlsplit

from django.utils import timezone

from beffroi.guides import Register
from beffroi.guides.register import expiring
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.guides.services.registers import entries_of, local_rows, new_rows
from beffroi.web.platform.acts import Recorded, act
from beffroi.web.platform.feature_switches import act_is_open
from beffroi.web.platform.models import Person, Territory

from ..models import CallPage

REGISTER: Final = "who_to_call"


@dataclass(frozen=True)
class Contact:
    """One contact as it is shown. `phone`: "" where it has no source; `stale`: to be verified again; `proposed`: by Beffroi only."""

    name: str
    why: str
    phone: str
    address: str
    hours: str
    source: str
    verified_on: date | None
    stale: bool
    proposed: bool = False

    @property
    def link(self) -> str:
        """What the telephone dials."""
        return "".join(c for c in self.phone if c.isdigit() or c == "+")

    @property
    def web(self) -> str:
        """The host of a web address, to be read; "" for what is not one."""
        parts = urlsplit(self.address)
        return (parts.hostname or "").removeprefix("www.") if parts.scheme in ("http", "https") else ""

    @property
    def is_complete(self) -> bool:
        return bool(self.phone or self.address)


def contacts(territory: Territory) -> list[Contact]:
    """The contacts of this territory, in their order, and those that are only proposed."""
    register = guide(Register, REGISTER)
    today = timezone.localdate()
    local = local_rows(territory, register)
    rows = [_own(entry, local) for entry in entries_of(territory, register)]
    rows += [(row, True) for row in proposed_rows(territory, register)]
    late = {id(each.entry) for each in expiring(register, [row for row, _ in rows], today) if each.days < 0}
    rows.sort(key=lambda each: float(each[0].get("order") or 99))
    return [_contact(row, id(row) in late, is_proposed) for row, is_proposed in rows]


def _own(entry: RegisterEntry, local: Mapping[str, Mapping[str, Any]]) -> tuple[Mapping[str, Any], bool]:
    """What the town wrote; a row of the guide that nobody confirmed is completed by what is known of the place, as proposed."""
    found = local.get(str(entry.values["name"]))
    if found is None or not entry.is_unconfirmed or "phone" in entry.values:
        return entry.values, False
    return entry.values | found, True


def proposed_rows(territory: Territory, register: Register) -> Collection[Mapping[str, Any]]:
    """The contacts of the guide that are not in the register, until the list was begun with them: it is the town's from then on."""
    begun = RegisterEntry.objects.of(territory).filter(
        register=register.id, origin=RegisterEntry.Origin.GUIDE
    )
    return () if begun.exists() else new_rows(territory, register).values()


def _contact(row: Mapping[str, Any], stale: bool, proposed: bool) -> Contact:
    verified = date.fromisoformat(row["verified_on"]) if row.get("verified_on") else None
    known = bool(row.get("source") and verified)
    return Contact(
        name=row["name"],
        why=row.get("why", ""),
        phone=row.get("phone", "") if known else "",
        address=row.get("address", "") if known else "",
        hours=row.get("hours", ""),
        source=row.get("source", ""),
        verified_on=verified,
        stale=stale,
        proposed=proposed,
    )


def call_page(territory: Territory) -> CallPage | None:
    """The address that is open, if any."""
    found: CallPage | None = CallPage.objects.of(territory).filter(ended_at=None).first()
    return found


@act("call.address", "adresse de la page « Qui appeler », faite ou retirée", right="cyber.answer")
def renew_address(territory: Territory, by: Person) -> Recorded[CallPage]:
    """Make the address of the page, or another one: the former opens nothing from then on."""
    CallPage.objects.of(territory).filter(ended_at=None).update(ended_at=timezone.now())
    page: CallPage = CallPage.objects.create(territory=territory, secret=secrets.token_urlsafe(12), by=by)
    return Recorded(page, {"made": True}, f"territory:{territory.pk}")


def find(territory: Territory, secret: str) -> CallPage | None:
    """The page of this address, while it is open, and the room too."""
    if not act_is_open(territory, "cyber.read"):
        return None
    found: CallPage | None = CallPage.objects.of(territory).filter(secret=secret, ended_at=None).first()
    return found
