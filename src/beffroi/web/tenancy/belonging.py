"""Memberships across territories: whether an account may be linked here, and whether a new role waits for acceptance.

People are the host's: several territories may give roles to one account. Whoever made an account may hold it in the
place of the person whose address it bears; so a territory that meets an account in use gives nothing until the person,
handed a joining link by that territory, accepts it from within the account.
"""

from beffroi.web.platform import scope
from beffroi.web.platform.models import Membership, Person, Territory
from beffroi.web.platform.rights import may_host


def running(territory: Territory, person: Person) -> list[Membership]:
    """What is held now or will be, and what waits to be accepted: all that has not ended."""
    return [m for m in Membership.objects.of(territory).filter(person=person) if not m.over]


def joined(territory: Territory, person: Person) -> bool:
    """Whether the person is of this territory today, by a role that waits for nothing."""
    return any(not row.waiting for row in running(territory, person))


def waiting(territory: Territory, person: Person) -> list[Membership]:
    """What the person is offered here and has not accepted; a suspended offer is none."""
    return [row for row in running(territory, person) if row.waiting and row.suspended_at is None]


def used(person: Person) -> bool:
    return person.last_login is not None or person.has_usable_password()


def belongs_to_another_territory(person: Person, territory: Territory) -> bool:
    """Whether the person holds, or will hold, a role in another territory of this host."""
    return any(not row.over for row in _other_memberships(person, territory))


def may_be_linked(territory: Territory, person: Person) -> bool:
    """Whether an administrator here may be handed a link into this account: nobody has used it, it is only ours, and its
    owner does not run the host."""
    return not (
        used(person) or may_host(person, "host.enter") or belongs_to_another_territory(person, territory)
    )


def must_accept(territory: Territory, person: Person) -> bool:
    """Whether a role given here waits for the person's own word. Not for who is here, nor for an account only ever ours."""
    if joined(territory, person) or may_be_linked(territory, person):
        return False
    was_here = Membership.objects.of(territory).filter(person=person, waiting_since=None).exists()
    return not was_here or bool(_other_memberships(person, territory))


def _other_memberships(person: Person, territory: Territory) -> list[Membership]:
    with scope.nowhere(), scope.host():
        rows = Membership.objects.filter(person=person, waiting_since=None)
        return list(rows.exclude(territory=territory))
