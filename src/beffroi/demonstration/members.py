"""The demonstration's members: invented people, marked `simulated`, who can act in a demonstration home only."""

from dataclasses import dataclass

from beffroi.web.territories import hosting, scope
from beffroi.web.territories.models import Person, Territory
from beffroi.web.territories.services import admit


@dataclass(frozen=True)
class Members:
    """Who does what in the demonstration; `guide` holds every role that one walks the pages with."""

    guide: Person
    agent: Person
    steward: Person
    supervisor: Person
    decider: Person


CAST = {
    "guide": ("Dominique Guide", ["administrator", "agent", "steward", "supervisor", "decider"]),
    "agent": ("Camille Agent", ["agent"]),
    "steward": ("Sacha Données", ["steward"]),
    "supervisor": ("Lou Superviseur", ["supervisor"]),
    "decider": ("Claude Élu", ["decider"]),
}


def admit_members(territory: Territory) -> Members:
    """Let the whole cast in. Their addresses end in `.example`: no mail can reach anyone."""
    people = {
        key: admit(
            territory,
            f"{key}@demonstration.example",
            f"{name} (membre de démonstration)",
            roles,
            by=None,
            simulated=True,
        )
        for key, (name, roles) in CAST.items()
    }
    with scope.nowhere():
        # Who walks the demonstration walks the host's pages too.
        hosting.set_operator(people["guide"], active=True, by=None)
    return Members(**people)
