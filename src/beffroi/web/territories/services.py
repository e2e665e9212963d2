"""What happens to territories and people: the only writers of this room's rows, one ledger line an act."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.text import slugify

from beffroi.lake.reference.places import Place

from . import ledger, places, scope
from .models import Membership, Person, Territory
from .rights import ROLES, require
from .signin import make_link


class PeopleError(Exception):
    """A refusal told to a person, in French."""


@dataclass(frozen=True)
class NewTerritory:
    """What a territory is founded with; `code` is its INSEE code or SIREN, or an invented one."""

    code: str
    name: str
    kind: str
    population: int | None
    siren: str = ""
    members: tuple[str, ...] = ()
    is_fictional: bool = False
    contact: str = ""
    seat: str = ""


def found_territory(new: NewTerritory, *, by: Person | None = None) -> Territory:
    """Make the tenant. The host does it: `beffroi init`, `beffroi demo`, the page « Hébergement » (`by`)."""
    with transaction.atomic():
        territory = Territory.objects.create(
            code=new.code,
            name=new.name,
            kind=new.kind,
            slug=_free_slug(new.name),
            siren=new.siren,
            population=new.population,
            members=list(new.members),
            is_fictional=new.is_fictional,
            contact=new.contact,
            seat=new.seat,
        )
        loaded = places.furnish(territory)
        for chain in (None, territory):
            ledger.append(
                chain,
                "territory.found",
                by,
                f"territory:{territory.pk}",
                {"code": new.code, "name": new.name, "competences": loaded},
            )
    return territory


def _free_slug(name: str) -> str:
    base = slugify(name)[:40].strip("-") or "territoire"
    slug, n = base, 2
    while Territory.objects.filter(slug=slug).exists():
        slug, n = f"{base}-{n}", n + 1
    return slug


def admit(
    territory: Territory,
    email: str,
    name: str,
    roles: list[str],
    *,
    by: Person | None,
    simulated: bool = False,
) -> Person:
    """Give a person their roles in a territory. `by` is None for the host's own commands."""
    if by is not None:
        require(by, "member.invite", territory)
    unknown = [role for role in roles if role not in ROLES]
    if unknown or not roles:
        known = ", ".join(f"{key} ({label})" for key, label in ROLES.items())
        raise PeopleError(f"Rôle inconnu : {', '.join(unknown) or 'aucun'}. Rôles possibles : {known}.")
    with scope.inside(territory), transaction.atomic():
        person = Person.objects.filter(email__iexact=email).first()
        if person is None:
            person = Person.objects.create_user(email, name=name or email.split("@")[0], simulated=simulated)
        for role in roles:
            Membership.objects.update_or_create(
                territory=territory, person=person, role=role, defaults={"until": None}
            )
        ledger.append(territory, "member.admit", by, f"person:{person.pk}", {"roles": roles})
    return person


def invite(territory: Territory, email: str, name: str, roles: list[str], *, by: Person | None) -> str:
    """Admit a person and make their invitation link."""
    return make_link(admit(territory, email, name, roles, by=by), "invite")


def new_from_place(place: Place, *, contact: str = "") -> NewTerritory:
    """What founds the tenant of a real authority, from the reference data."""
    return NewTerritory(
        code=place.code,
        name=place.name,
        kind=place.kind,
        population=place.population,
        siren=place.siren or "",
        members=place.members,
        contact=contact,
    )
