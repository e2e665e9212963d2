"""The entry of a machine in the register `devices`: begun by its first report, completed by the next ones, always the same one.

In: a machine that was just stored. Out: its entry. What a person typed there wins over what the machine says. A backup has none.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from django.db.models import QuerySet

from beffroi.guides import Register
from beffroi.guides.questions import AnswerError
from beffroi.web.guides.errors import FaultsError
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.guides.services import registers
from beffroi.web.platform.models import Person, Territory

from ..models import ReportedDevice
from .device_facts import device_entry

REGISTER: Final = "devices"
REPORTING_KINDS: Final = ("desktop", "laptop", "server")
"""Devices of the register on which an agent can run."""


def follow(device: ReportedDevice) -> None:
    """Write what the machine says in its entry; the first time, in the one of the same serial number or name.

    A machine that has the name of another one, as copies of a disk do, has its serial number beside it.
    """
    if device.kind == device.Kind.BACKUP:
        return
    register = guide(Register, REGISTER)
    values = _readable(register, device_entry(device.name, device.kind, device.known))
    # A machine whose name cannot be read, or an entry that a new edition refuses, waits for a person.
    with suppress(FaultsError):
        own = _own(device, register, values)
        entry = registers.report_entry(device.territory, register, values, own)
        if entry != device.entry:
            device.entry = entry
            device.save(update_fields=["entry"])


def forget(device: ReportedDevice, by: Person) -> None:
    """Take the entry of an erased machine out of the register, unless somebody wrote in it."""
    if device.entry is not None and registers.is_reported_only(device.entry):
        registers.remove_entry(device.entry, by, guide(Register, REGISTER))


def unfollowed(territory: Territory) -> QuerySet[RegisterEntry]:
    """Workstations and servers of the register of which no agent says anything."""
    rows: QuerySet[RegisterEntry] = _live(territory)
    return rows.filter(machines=None, values__kind__in=REPORTING_KINDS)


def _own(device: ReportedDevice, register: Register, values: dict[str, Any]) -> RegisterEntry | None:
    """The entry to write in; None for a new one, of which `values` has then a name that no other machine has."""
    if device.entry is not None and device.entry.removed_at is None:
        return device.entry
    named = _live(device.territory).filter(identity=" | ".join(register.identity_of(values))).first()
    free = named if named is not None and not named.machines.exists() else None
    own = _of_serial(device.territory, values.get("serial", "")) or free or device.entry
    if own is None and named is not None:
        values["name"] = f"{values['name']} ({values.get('serial') or device.pk})"
    return own


def _of_serial(territory: Territory, serial: str) -> RegisterEntry | None:
    """The entry that a person or a provider's list gave this serial number, where one has it and no machine took it."""
    if not serial:
        return None
    found = list(_live(territory).filter(values__serial=serial, machines=None)[:2])
    return found[0] if len(found) == 1 else None


def _live(territory: Territory) -> Any:
    return RegisterEntry.objects.of(territory).filter(register=REGISTER, removed_at=None)


def _readable(register: Register, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that their fields can take: what an agent sends is not trusted."""
    read = {}
    for field in register.fields:
        with suppress(AnswerError):
            read[field.key] = field.read(values.get(field.key))
    return {key: value for key, value in read.items() if value is not None}
