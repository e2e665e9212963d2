"""The commune and the CSIRT of the demonstration, and who walks their pages: invented people, marked `simulated`."""

from dataclasses import dataclass
from typing import Final

from beffroi.web.cyber.incidents.services import KIND
from beffroi.web.platform.models import Person, Territory
from beffroi.web.tenancy import hosting
from beffroi.web.tenancy.services import NewTerritory, found_territory

from ..members import admit_member
from ..town import Town

COMMUNE: Final = "Saint-Aubrin-le-Haut"
CSIRT: Final = NewTerritory(
    code="99C01",
    name="CSIRT régional inventé",
    kind=KIND,
    population=None,
    is_fictional=True,
    contact="CSIRT de démonstration : csirt@demonstration.example",
)
PEOPLE: Final = {
    "secretary": ("Maëlle Secrétaire", ["administrator"]),
    "mayor": ("Noé Maire", ["decider"]),
    "security_officer": ("Robin Sécurité", ["security_officer"]),
    "csirt": ("Jo Réponse", ["administrator", "security_officer"]),
}


@dataclass(frozen=True)
class Cast:
    """Who does what: the secretary and the mayor of the commune, the security officer of the seat, the person of the CSIRT."""

    seat: Territory
    commune: Territory
    csirt: Territory
    secretary: Person
    mayor: Person
    security_officer: Person
    responder: Person


def found_territories(town: Town) -> tuple[Territory, Territory]:
    """The commune and the CSIRT."""
    commune = next(each for each in town.communes if each.name == COMMUNE)
    new = NewTerritory(
        code=commune.code,
        name=commune.name,
        kind="commune",
        population=commune.population,
        siren=commune.siren,
        is_fictional=True,
        contact="Mairie de la commune fictive (démonstration) : mairie@demonstration.example",
    )
    return found_territory(new), found_territory(CSIRT)


def admit_cast(seat: Territory, commune: Territory, csirt: Territory) -> Cast:
    """Let them in, each in one territory; the security officer helps the communes, from the pages of the host."""
    where = {"secretary": commune, "mayor": commune, "security_officer": seat, "csirt": csirt}
    people = {key: admit_member(where[key], key, name, roles) for key, (name, roles) in PEOPLE.items()}
    hosting.set_host_operator(people["security_officer"], active=True, by=None)
    return Cast(
        seat,
        commune,
        csirt,
        people["secretary"],
        people["mayor"],
        people["security_officer"],
        people["csirt"],
    )
