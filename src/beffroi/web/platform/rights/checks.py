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
class Named:
    """A thing known by its name only: a system not yet adopted."""

    territory: Territory
    rights_key: str


def roles_of(person: Person, territory: Territory) -> set[str]:
    """The roles that a person holds there today, whatever they are held to."""
    return {held.role for held in active_roles.held_by(person, territory)}


def may(person: object, act: str, thing: Territory | Owned) -> bool:
    """Whether this person may do this act on this thing; asked of a territory, it is for everything in it."""
    territory, key = _place(act, thing)
    return (
        isinstance(person, Person)
        and authentication.within(person, act, thing)
        and any(_opens(held, act, key) for held in active_roles.held_by(person, territory))
    )


def may_somewhere(person: object, act: str, territory: Territory) -> bool:
    """Whether this person may do it on something at least: what opens a page, whose service then asks on the thing."""
    _place(act, territory)
    return (
        isinstance(person, Person)
        and authentication.within(person, act, territory)
        and any(_opens(held, act, held.thing) for held in active_roles.held_by(person, territory))
    )


def holds(person: Person, role: str, thing: Territory | Owned) -> bool:
    """Whether this person has the role today for this thing."""
    territory = thing if isinstance(thing, Territory) else thing.territory
    key = getattr(thing, "rights_key", "")
    return any(
        held.role == role and held.thing in ("", key) for held in active_roles.held_by(person, territory)
    )


def _place(act: str, thing: Territory | Owned) -> tuple[Territory, str]:
    if act not in ACTS:
        raise KeyError(f"unknown act: {act}")
    if isinstance(thing, Territory):
        return thing, ""
    return thing.territory, getattr(thing, "rights_key", "")


def _opens(held: active_roles.Held, act: str, key: str) -> bool:
    if act not in RIGHTS.get(held.role, frozenset()):
        return False
    bound = BOUND.get(held.role)
    if bound is None or act in bound.acts:
        return held.thing == key if held.thing else bound is None or not bound.must
    return True


def require(person: object, act: str, thing: Territory | Owned) -> None:
    """Raise `PermissionDenied` unless `may`: the first line of every service that writes."""
    if not may(person, act, thing):
        raise PermissionDenied(f"Vous n'avez pas le droit de {ACTS[act]}.")


def may_host(person: object, act: str) -> bool:
    """Whether this person runs the host today. An operator holds all its acts, and no right in any territory by it."""
    if act not in HOST_ACTS:
        raise KeyError(f"unknown act of the host: {act}")
    if not isinstance(person, Person) or not person.is_active or person.pk is None:
        return False
    now = timezone.now()
    held = HostOperator.objects.filter(person=person, since__lte=now)
    return held.exclude(until__lte=now).exists()


def require_host(person: object, act: str) -> None:
    """Raise `PermissionDenied` unless `may_host`."""
    if not may_host(person, act):
        raise PermissionDenied(f"Vous n'avez pas le droit de {HOST_ACTS[act]}.")
