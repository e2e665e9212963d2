"""What tests of the site start from: a territory and people with roles, made by the real services."""

from datetime import date

from beffroi.web.territories.models import Person, Territory
from beffroi.web.territories.services import Deed, NewTerritory, admit, found_territory

ELECTION = Deed("Procès-verbal d'élection d'essai", date(2026, 3, 22))


def a_territory(name: str = "Valbruyère", *, fictional: bool = True, code: str = "99T01") -> Territory:
    return found_territory(
        NewTerritory(code=code, name=name, kind="CA", population=48_000, is_fictional=fictional)
    )


def a_person(territory: Territory, *roles: str, email: str | None = None) -> Person:
    email = email or f"{'-'.join(roles)}@example.org"
    return admit(
        territory,
        email,
        " ".join(roles),
        list(roles),
        by=None,
        simulated=territory.is_fictional,
        deed=ELECTION if "decider" in roles else None,
    )
