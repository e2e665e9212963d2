"""Permission checks: may this person do this act on this resource? Nothing is allowed by default.

Every service and every page asks `may`, `require` or their kin; the table is in `table.py`, and the roles that a person has
today are read by `active_roles.py`.
"""

from dataclasses import dataclass
from typing import Protocol

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from ..api import authentication
from ..models import HostOperator, Person, Territory
from . import active_roles
from .table import ACTS, BOUND, HOST_ACTS, RIGHTS


class Owned(Protocol):
    """What belongs to a territory. `rights_key` (« dataset:12 ») names it when a role may be held to it."""

    @property
    def territory(self) -> Territory: ...


@dataclass(frozen=True)
class NamedResource:
    """A thing known by its name only: a system not yet adopted."""

    territory: Territory
    rights_key: str


def roles_of(person: Person, territory: Territory) -> set[str]:
    """The roles that a person holds there today, whatever they are held to."""
    return {role.role for role in active_roles.load_active_roles(person, territory)}


def may(person: object, act: str, resource: Territory | Owned) -> bool:
    """Whether this person may do this act on this thing; asked of a territory, it is for everything in it."""
    territory, key = locate(act, resource)
    return (
        isinstance(person, Person)
        and authentication.within(person, act, resource)
        and any(grants(role, act, key) for role in active_roles.load_active_roles(person, territory))
    )


def may_somewhere(person: object, act: str, territory: Territory) -> bool:
    """Whether this person may do it on something at least: what opens a page, whose service then asks on the thing."""
    locate(act, territory)
    return (
        isinstance(person, Person)
        and authentication.within(person, act, territory)
        and any(
            grants(role, act, role.resource) for role in active_roles.load_active_roles(person, territory)
        )
    )


def people_who_may(act: str, territory: Territory) -> list[Person]:
    """Those who have a role that this act is given to, today."""
    roles = [role for role, acts in RIGHTS.items() if act in acts]
    there = active_roles.active_memberships(territory).filter(role__in=roles).values("person")
    return list(Person.objects.filter(pk__in=there, is_active=True).order_by("pk"))


def has_role(person: Person, role: str, resource: Territory | Owned) -> bool:
    """Whether this person has the role today for this thing."""
    territory = resource if isinstance(resource, Territory) else resource.territory
    key = getattr(resource, "rights_key", "")
    return any(
        active.role == role and active.resource in ("", key)
        for active in active_roles.load_active_roles(person, territory)
    )


def locate(act: str, resource: Territory | Owned) -> tuple[Territory, str]:
    """The territory of a thing and the key by which a role may be held to it; "" for the whole territory."""
    if act not in ACTS:
        raise KeyError(f"unknown act: {act}")
    if isinstance(resource, Territory):
        return resource, ""
    return resource.territory, getattr(resource, "rights_key", "")


def grants(role: active_roles.ActiveRole, act: str, key: str) -> bool:
    """Whether a role that somebody has today gives this act on the thing of this key."""
    if act not in RIGHTS.get(role.role, frozenset()):
        return False
    bound = BOUND.get(role.role)
    if bound is None or act in bound.acts:
        return role.resource == key if role.resource else bound is None or not bound.must
    return True


def require(person: object, act: str, resource: Territory | Owned) -> None:
    """Raise `PermissionDenied` unless `may`: the first line of every service that writes."""
    if not may(person, act, resource):
        raise PermissionDenied(f"Vous n'avez pas le droit de {ACTS[act]}.")


def may_host(person: object, act: str) -> bool:
    """Whether this person runs the host today. An operator holds all its acts, and no right in any territory by it."""
    if act not in HOST_ACTS:
        raise KeyError(f"unknown act of the host: {act}")
    if not isinstance(person, Person) or not person.is_active or person.pk is None:
        return False
    now = timezone.now()
    operators = HostOperator.objects.filter(person=person, since__lte=now)
    return operators.exclude(until__lte=now).exists()


def require_host(person: object, act: str) -> None:
    """Raise `PermissionDenied` unless `may_host`."""
    if not may_host(person, act):
        raise PermissionDenied(f"Vous n'avez pas le droit de {HOST_ACTS[act]}.")
