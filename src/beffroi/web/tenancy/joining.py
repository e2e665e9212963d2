"""Joining a territory with an existing account: the link that offers roles, and their acceptance.

In: the secret of a link that the territory handed over, and the person who is signed in. Out: their roles, begun.
"""

from dataclasses import dataclass

from django.db import transaction

from beffroi.web.platform import ledger, scope
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import ROLES, resources

from .belonging import running, waiting
from .membership import begin, check_compatible
from .signin.links import find_joining, use_joining


@dataclass(frozen=True)
class Offer:
    """A territory opens itself to this person with these roles, if they accept."""

    territory: Territory
    roles: frozenset[str]
    words: tuple[str, ...]


def offered(secret: str, person: Person) -> Offer | None:
    """What the link offers to this person; None for anybody else, and for a link that no longer serves."""
    link = find_joining(secret)
    if link is None or link.person_id != person.pk or link.territory is None:
        return None
    with scope.inside(link.territory):
        rows = waiting(link.territory, person)
        named = resources.labels(link.territory) if any(row.resource for row in rows) else {}
    if not rows:
        return None
    words = (
        ROLES.get(row.role, row.role)
        + (f" : {named.get(row.resource, row.resource)}" if row.resource else "")
        for row in rows
    )
    return Offer(link.territory, frozenset(row.role for row in rows), tuple(dict.fromkeys(words)))


def accept(secret: str, person: Person) -> Territory | None:
    """Burn the link and begin the roles that waited; None when there is nothing for this person. Raises PeopleError."""
    offer = offered(secret, person)
    if offer is None:
        return None
    territory = offer.territory
    with scope.inside(territory), transaction.atomic():
        if use_joining(secret) is None:
            return None
        rows = waiting(territory, person)
        check_compatible({row.role for row in running(territory, person)})
        begin(rows)
        roles = sorted({row.role for row in rows})
        ledger.append(territory, "member.join", person, f"person:{person.pk}", {"roles": roles})
    return territory
