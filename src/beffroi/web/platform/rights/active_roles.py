"""Active roles of a person in a territory: the only reader of memberships that answers about rights.

One query a person and territory, remembered for the time of a request (`cache_for_request`, opened by the middleware) and
forgotten at each write; outside a request, in a job or a command, it is asked anew each time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from .. import scope
from ..models import Membership, Person, Territory


@dataclass(frozen=True)
class ActiveRole:
    """One role held today, and what it is held to ("" for the whole territory)."""

    role: str
    resource: str
    membership: int


_READ = ("role", "resource", "pk")
_OPEN = {"suspended_at__isnull": True, "waiting_since__isnull": True}

type _Memory = dict[tuple[int, int], tuple[ActiveRole, ...]]
_memory: ContextVar[_Memory | None] = ContextVar("beffroi_rights", default=None)


@contextmanager
def cache_for_request() -> Iterator[None]:
    """What is asked inside is read once for each person and territory."""
    token = _memory.set({})
    try:
        yield
    finally:
        _memory.reset(token)


def clear_cache() -> None:
    """Read again at the next question: called by whoever writes a membership or a delegation, and before a decision."""
    memory = _memory.get()
    if memory is not None:
        memory.clear()


def load_active_roles(person: Person, territory: Territory) -> tuple[ActiveRole, ...]:
    """The roles in force. Delegations, which few people have, are looked up only for them."""
    if not getattr(person, "is_active", False) or person.pk is None:
        return ()
    if scope.current() not in (None, scope.HOST, territory.pk):
        return ()  # from within one territory, nothing is known of what a person holds in another
    memory, key = _memory.get(), (person.pk, territory.pk)
    if memory is not None and key in memory:
        return memory[key]
    with scope.inside(territory):
        at = timezone.now()
        rows = list(_open_memberships(territory, at).filter(person=person).values_list(*_READ, "delegation"))
        if any(delegation is not None for *_, delegation in rows):
            rows = list(
                active_memberships(territory, at).filter(person=person).values_list(*_READ, "delegation")
            )
        roles = tuple(ActiveRole(*row) for *row, _ in rows)
    if memory is not None:
        memory[key] = roles
    return roles


def valid_at(at: datetime, prefix: str = "") -> Q:
    """Begun and not ended at that moment."""
    until = Q(**{f"{prefix}until__isnull": True}) | Q(**{f"{prefix}until__gt": at})
    return Q(**{f"{prefix}since__lte": at}) & until


def active_memberships(territory: Territory, at: datetime | None = None) -> QuerySet[Any]:
    """The memberships in force: begun, not ended, not suspended, accepted, and, for a delegated decider, a delegation that stands.

    A delegation stands while it is dated, not revoked, and given by someone who is still an elected decider.
    """
    at = at or timezone.now()
    return _open_memberships(territory, at).filter(
        Q(delegation__isnull=True) | _delegation_in_force(territory, at)
    )


def _open_memberships(territory: Territory, at: datetime) -> QuerySet[Any]:
    """`active_memberships`, with those whose delegation does not stand."""
    return Membership.objects.of(territory).filter(valid_at(at), **_OPEN)


def _delegation_in_force(territory: Territory, at: datetime) -> Q:
    elected = Membership.objects.of(territory).filter(
        valid_at(at),
        person=OuterRef("delegation__delegator"),
        person__is_active=True,
        role="decider",
        delegation__isnull=True,
        **_OPEN,
    )
    return Q(valid_at(at, "delegation__"), Exists(elected), delegation__revoked_at__isnull=True)


def authority(person: Person, territory: Territory) -> Membership | None:
    """The mandate, or else the delegation, under which this person decides today; a mandate comes first."""
    with scope.inside(territory):
        rows = (
            active_memberships(territory)
            .filter(person=person, role="decider")
            .select_related("delegation__delegator", "replaces")
        )
        return min(
            rows, key=lambda row: (row.delegation_id is not None, -row.since.timestamp()), default=None
        )
