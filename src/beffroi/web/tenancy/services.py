"""Services of territories and people: the only writers of these rows, one ledger line an act.

People's part lives in `membership`, `invitations`, `delegations` and `departure`; it is named here so that callers know one door.
"""

from dataclasses import dataclass

from django.db import transaction
from django.utils.text import slugify

from beffroi.lake.reference import Place
from beffroi.text import unique_name
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.errors import PeopleError
from beffroi.web.platform.models import Person, Territory

from . import places
from .delegations import delegate, replace, revoke
from .departure import depart, reactivate, suspend
from .invitations import invite, invite_again
from .membership import LegalAct, Term, admit, change_term, end

__all__ = [
    "LegalAct",
    "NewTerritory",
    "PeopleError",
    "Term",
    "admit",
    "change_term",
    "delegate",
    "depart",
    "end",
    "found_territory",
    "invite",
    "invite_again",
    "new_from_place",
    "reactivate",
    "replace",
    "revoke",
    "suspend",
]


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
    with scope.host(), transaction.atomic():
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
    return unique_name(base, lambda slug: Territory.objects.filter(slug=slug).exists())


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
