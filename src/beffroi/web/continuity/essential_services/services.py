"""Essential services of a territory: the register, and the start from the list that Beffroi proposes."""

from typing import Final

from beffroi.guides import Register
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.guides.services import registers
from beffroi.web.platform.models import Person, Territory

REGISTER: Final = "essential_services"


def register() -> Register:
    return guide(Register, REGISTER)


def services_of(territory: Territory) -> list[RegisterEntry]:
    """The services as they stand, by name: one query."""
    return registers.entries_of(territory, register())


def name_of(entry: RegisterEntry) -> str:
    return str(entry.values.get("name", entry.identity))


def begin(territory: Territory, by: Person) -> int:
    """Add the services that Beffroi proposes and that were never here; how many."""
    return registers.begin_with_rows(territory, by, register())
