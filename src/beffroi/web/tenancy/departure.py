"""Departure and suspension of a member. `depart` is one act that closes every access at once.

Other rooms close what they opened (tokens, shares, kept results) by `register`: a hook is called in the same
transaction, with the territory and the person, and returns how many things it closed.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from beffroi.web.platform import ledger, scope
from beffroi.web.platform.errors import PeopleError
from beffroi.web.platform.models import Delegation, Membership, Person, Territory
from beffroi.web.platform.rights import active_roles, require, resources

from .belonging import belongs_to_another_territory, running
from .delegations import close_delegations
from .membership import close, keep_an_administrator
from .signin import revoke_joining_links, revoke_links
from .signin.sessions import end_all

type Hook = Callable[[Territory, Person], int]
_hooks: dict[str, Hook] = {}


def register(name: str, hook: Hook) -> None:
    """Have `hook` close what a room opened for someone who leaves; `name` says what in the ledger (« tokens »)."""
    _hooks[name] = hook


@dataclass(frozen=True)
class Departure:
    """What was closed, by name, and what is left without someone to answer for it."""

    closed: dict[str, int]
    left: list[tuple[str, resources.Resource]]


def depart(
    territory: Territory, person: Person, *, by: Person | None, successor: Person | None = None
) -> Departure:
    """Close every access of this person here. `successor` becomes administrator when the last one leaves."""
    if by is not None:
        require(by, "member.invite", territory)
    with scope.inside(territory), transaction.atomic():
        rows = running(territory, person)
        if not rows:
            raise PeopleError(f"{person} n'a plus aucun accès ici. Rien n'a changé.")
        if successor is not None:
            _name_administrator(territory, person, successor)
        ruling = [row for row in rows if row.role == "administrator" and not row.waiting]
        if ruling:
            keep_an_administrator(territory, ruling)
        bound = Delegation.objects.of(territory).filter(Q(delegator=person) | Q(delegate=person))
        closed = {
            "delegations": close_delegations(list(bound.filter(revoked_at=None))),
            "memberships": close(running(territory, person)),
        }
        closed |= {name: hook(territory, person) for name, hook in _hooks.items()}
        here = any(not row.waiting for row in rows)
        revoke_joining_links(territory, person)
        if here and not belongs_to_another_territory(person, territory):
            closed |= {"links": revoke_links(person), "sessions": end_all(person)}
        payload: dict[str, object] = {"closed": closed}
        if successor is not None:
            payload["successor"] = f"person:{successor.pk}"
        ledger.append(territory, "member.depart", by, f"person:{person.pk}", payload)
        left = resources.left_by(territory, person)
    active_roles.clear_cache()
    return Departure(closed, left)


def _name_administrator(territory: Territory, leaving: Person, successor: Person) -> None:
    if successor.pk == leaving.pk or not active_roles.load_active_roles(successor, territory):
        raise PeopleError(
            "Le nouvel administrateur doit être un membre actif, autre que la personne qui part.", "successor"
        )
    Membership.objects.update_or_create(
        territory=territory,
        person=successor,
        role="administrator",
        resource="",
        until=None,
        defaults={"waiting_since": None},
    )
    active_roles.clear_cache()


def suspend(territory: Territory, person: Person, *, by: Person | None, reason: str) -> None:
    """Close this person's access here until further notice; roles and dates are kept."""
    if by is not None:
        require(by, "person.suspend", territory)
    if by is not None and by.pk == person.pk:
        raise PeopleError("On ne suspend pas ses propres accès. Demandez à un autre administrateur.")
    if not reason.strip():
        raise PeopleError("Dites pourquoi en une phrase : la personne peut le demander.", "reason")
    with scope.inside(territory), transaction.atomic():
        rows = [row for row in running(territory, person) if row.suspended_at is None]
        if not rows:
            raise PeopleError(f"{person} n'a pas d'accès en cours ici. Rien n'a changé.")
        ruling = [row for row in rows if row.role == "administrator" and not row.waiting]
        if ruling:
            keep_an_administrator(territory, ruling)
        Membership.objects.of(territory).filter(pk__in=[row.pk for row in rows]).update(
            suspended_at=timezone.now()
        )
        ledger.append(
            territory,
            "person.suspend",
            by,
            f"person:{person.pk}",
            {"memberships": len(rows), "reason": reason.strip()},
        )
    active_roles.clear_cache()


def reactivate(territory: Territory, person: Person, *, by: Person | None) -> None:
    """Give back the access that was suspended, with the same roles and dates."""
    if by is not None:
        require(by, "person.suspend", territory)
    if by is not None and by.pk == person.pk:
        raise PeopleError("On ne rétablit pas ses propres accès. Demandez à un autre administrateur.")
    with scope.inside(territory), transaction.atomic():
        back = (
            Membership.objects.of(territory)
            .filter(person=person, suspended_at__isnull=False)
            .update(suspended_at=None)
        )
        if not back:
            raise PeopleError(f"Les accès de {person} ne sont pas suspendus. Rien n'a changé.")
        ledger.append(territory, "person.reactivate", by, f"person:{person.pk}", {"memberships": back})
    active_roles.clear_cache()
