"""What a town said already, service by service, in the cyber register « Si ce service s'arrête »: proposed here, never asked twice.

In: the entries of `cyber_consequences`. Out: for a service, what it says. It is matched by name: « Paie des agents » is about « Paie ».
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from beffroi.guides import Register
from beffroi.text import fold_name
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.guides.services import registers
from beffroi.web.platform.models import Person, Territory

from ..models import OutageValidation
from .services import name_of, register, services_of

REGISTER: Final = "cyber_consequences"
_DISPLAYED_APART: Final = ("service", "stop_hours", "restart_order")


@dataclass(frozen=True)
class CyberAnswer:
    """What an entry says of the outage of a service. `is_proposed`: nobody of the town confirmed it."""

    entry: RegisterEntry
    name: str
    hours: float | None
    is_proposed: bool
    facts: tuple[tuple[str, str], ...]


def cyber_answer(service: RegisterEntry) -> CyberAnswer | None:
    """What the cyber register says of this service; None where it says nothing."""
    register = guide(Register, REGISTER)
    found = _same_service(name_of(service), registers.entries_of(service.territory, register))
    if found is None:
        return None
    others = [
        each for each in register.fields if each.key not in _DISPLAYED_APART and each.key in found.values
    ]
    return CyberAnswer(
        found,
        str(found.values["service"]),
        found.values.get("stop_hours"),
        found.is_unconfirmed,
        tuple((each.label, each.format(found.values[each.key])) for each in others),
    )


def analysed_service(entry: RegisterEntry) -> tuple[RegisterEntry, OutageValidation | None] | None:
    """The service of continuity that an entry of the cyber register is about, and what was validated of its outage."""
    services = services_of(entry.territory)
    found = next((each for each in services if _same_service(name_of(each), [entry]) is not None), None)
    if found is None:
        return None
    rows = OutageValidation.objects.of(entry.territory).filter(entry=found)
    return found, rows.order_by("-pk").first()


def cyber_only(territory: Territory) -> list[str]:
    """The services that people of the town spoke of in the cyber register, and that no service of continuity is."""
    entries = registers.entries_of(territory, guide(Register, REGISTER))
    names = [name_of(service) for service in services_of(territory)]
    return [
        str(each.values["service"])
        for each in entries
        if not each.is_unconfirmed and not any(_same_service(name, [each]) for name in names)
    ]


def add_cyber_services(territory: Territory, by: Person) -> int:
    """Add to the services those of the cyber register that are not there; how many."""
    rows = [{"name": name} for name in cyber_only(territory)]
    return len(registers.add_entries(territory, by, register(), rows))


def _same_service(name: str, entries: Iterable[RegisterEntry]) -> RegisterEntry | None:
    """The entry of that name, or the one whose name holds every word of it and the fewest others."""
    wanted = set(fold_name(name).split())
    sizes = [
        (len(words), at, entry)
        for at, entry in enumerate(entries)
        if wanted and wanted <= (words := set(fold_name(str(entry.values["service"])).split()))
    ]
    return min(sizes, key=lambda each: each[:2])[2] if sizes else None
