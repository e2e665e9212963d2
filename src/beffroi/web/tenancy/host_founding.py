"""Adding a territory from the host's page or command: from the reference data or by hand, with its first person,
who holds the small-town bundle of roles.

In: what the operator typed. Out: the territory, its legal act if given, and the link that lets this person in, all or
nothing. Raises HostingError in French, or the places' own errors.
"""

import re
from dataclasses import dataclass, replace

from django.db import transaction
from django.db.models import Q

from beffroi.lake.reference import Place, communes_of, find_place
from beffroi.lake.reference.errors import PlaceError as UnknownPlaceError
from beffroi.lake.reference.kinds import KINDS, siren_is_valid
from beffroi.web.platform import scope
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import SMALL_TOWN, require_host

from .hosting import BAD_SIREN, HostingContract, HostingError, record_contract, the_host
from .invitations import first_link
from .models import Hosting
from .services import NewTerritory, admit, found_territory, new_from_place


@dataclass(frozen=True)
class Founded:
    """The new territory and the link to hand to its first person: to enter, or to join with an account that exists."""

    territory: Territory
    link: str


def found(
    new: NewTerritory, contract: HostingContract, *, email: str, name: str, by: Person | None
) -> Founded:
    """Make the territory with its relation and its first person. `by` is None for the host's own commands."""
    with scope.host(), transaction.atomic():
        territory = found_empty(new, contract, by=by)
        with scope.inside(territory):
            person = admit(territory, email, name, SMALL_TOWN.roles, by=None)
            # An account in use is offered the territory, by a joining link: nobody is made to hold it unasked.
            link = first_link(territory, person, by=by)
    return Founded(territory, link)


def found_empty(new: NewTerritory, contract: HostingContract, *, by: Person | None) -> Territory:
    """Make the territory with its relation, without anybody: the caller admits its first person in the same transaction."""
    if by is not None:
        require_host(by, "host.found")
    refuse_twin(new)
    with scope.host(), transaction.atomic():
        territory = found_territory(new, by=by)
        if contract.reference or contract.signed_on or contract.role != Hosting.Role.PROCESSOR:
            record_contract(territory, contract, by=by)
    return territory


def refuse_twin(new: NewTerritory) -> None:
    """One space for one authority: neither its code nor its SIREN is known here."""
    same = Q(code=new.code) | (Q(siren=new.siren) if new.siren else Q(code=new.code))
    twin = Territory.objects.filter(same).first()
    if twin is not None:
        raise HostingError(
            f"« {twin.name} » ({twin.code}) est déjà hébergée ici, sous l'adresse /t/{twin.slug}/. Rien n'a été créé."
        )


def new_by_hand(
    *, name: str, kind: str, siren: str, seat: str = "", members: str = "", contact: str = ""
) -> NewTerritory:
    """What founds an authority that the reference data do not list. `members` are codes or names of communes."""
    if kind not in KINDS:
        known = ", ".join(f"{k.key} ({k.name})" for k in KINDS.values() if not k.listed)
        raise HostingError(f"Nature inconnue : « {kind} ». Natures possibles : {known}.")
    siren = re.sub(r"\s", "", siren)
    if not siren_is_valid(siren):
        raise HostingError(f"{BAD_SIREN.format(siren=siren)} Rien n'a été créé.")
    if not name.strip():
        raise HostingError("Donnez le nom de la collectivité. Rien n'a été créé.")
    communes = member_communes(members)
    population = sum(commune.population or 0 for commune in communes) or None
    return NewTerritory(
        code=siren,
        name=name.strip(),
        kind=kind,
        population=population,
        siren=siren,
        members=tuple(commune.code for commune in communes),
        contact=contact.strip(),
        seat=seat.strip(),
    )


def member_communes(text: str) -> list[Place]:
    """The communes named in a text, one a line or between semicolons; an intercommunalité stands for its communes."""
    communes: dict[str, Place] = {}
    for part in filter(None, (part.strip(" ,\t") for part in re.split(r"[\n;]", text))):
        try:
            place = find_place(part)
        except UnknownPlaceError as error:
            near = ", ".join(f"{p.name} ({p.code})" for p in error.choices[:5])
            raise HostingError(
                f"Commune membre « {part} » : ce nom ne désigne pas un seul lieu. "
                f"{f'Écrivez son code : {near}. ' if near else ''}Rien n'a été créé."
            ) from None
        communes |= {commune.code: commune for commune in communes_of(place)}
    return list(communes.values())


def own_contract(new: NewTerritory, contract: HostingContract) -> HostingContract:
    """The relation of a territory that bears the host's own SIREN is the host's with itself."""
    host = the_host()
    if host is not None and host.siren and host.siren == new.siren and not contract.reference:
        return replace(contract, role=Hosting.Role.OWN)
    return contract


__all__ = [
    "Founded",
    "HostingError",
    "found",
    "found_empty",
    "member_communes",
    "new_by_hand",
    "new_from_place",
    "own_contract",
    "refuse_twin",
]
