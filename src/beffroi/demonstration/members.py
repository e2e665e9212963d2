"""The demonstration's members: invented people, marked `simulated`, who can act in a demonstration home only."""

from dataclasses import dataclass
from datetime import date

from beffroi.web.platform import scope
from beffroi.web.platform.models import Person, Territory
from beffroi.web.tenancy import hosting
from beffroi.web.tenancy.services import LegalAct, admit


@dataclass(frozen=True)
class Members:
    """Who does what in the demonstration; `guide` holds every role that one walks the pages with."""

    guide: Person
    agent: Person
    steward: Person
    supervisor: Person
    decider: Person
    committee: Person
    dpo: Person


CAST = {
    "guide": ("Dominique Guide", ["administrator", "agent", "data_officer", "supervisor", "decider"]),
    "agent": ("Camille Agent", ["agent"]),
    "steward": ("Sacha Données", ["data_officer"]),
    "supervisor": ("Lou Superviseur", ["supervisor"]),
    "decider": ("Claude Élu", ["decider"]),
    "committee": ("Inès Membre", ["committee_member"]),
    "dpo": ("Alix Déléguée", ["dpo"]),
}


APPOINTMENT = LegalAct("Délibération de démonstration n° 1 (acte inventé)", date(2026, 7, 1))


def find_members() -> Members:
    """The cast of a demonstration that was let in already."""
    return Members(**{key: Person.objects.get(email=address_of(key)) for key in CAST})


def address_of(key: str) -> str:
    """Their addresses end in `.example`: no mail can reach anyone."""
    return f"{key}@demonstration.example"


def admit_member(territory: Territory, key: str, name: str, roles: tuple[str, ...]) -> Person:
    """Let one invented person in, under a name that says so; who decides has a legal act."""
    return admit(
        territory,
        address_of(key),
        f"{name} (membre de démonstration)",
        roles,
        by=None,
        simulated=True,
        legal_act=APPOINTMENT if "decider" in roles else None,
    )


def admit_members(territory: Territory) -> Members:
    """Let the whole cast in."""
    people = {key: admit_member(territory, key, name, roles) for key, (name, roles) in CAST.items()}
    with scope.nowhere():
        # Who walks the demonstration walks the host's pages too.
        hosting.set_host_operator(people["guide"], active=True, by=None)
    return Members(**people)
