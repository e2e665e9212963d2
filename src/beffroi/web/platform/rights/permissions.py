"""Permissions as pages show them: allowed, or the reason why not and who may, so that a button is never missing without a word."""

from functools import cached_property

from ..models import Person, Territory
from . import active_roles
from .checks import Owned, grants, locate, may
from .table import ACTS, RIGHTS, ROLES

MOST_NAMES = 3
_READ = 50  # memberships looked at to find those names


class Permission:
    """Whether a person may do an act on a thing: true in a template when they may.

    The reason is looked up when it is asked for only: one query, whatever the number of members. `words`: the act as this
    page has it, where the table's words say several things.
    """

    def __init__(self, person: object, act: str, resource: Territory | Owned, words: str = "") -> None:
        self.person, self.act, self.resource = person, act, resource
        self.words = words or ACTS[act]
        self.allowed = may(person, act, resource)

    def __bool__(self) -> bool:
        return self.allowed

    @cached_property
    def reason(self) -> str:
        """Which role it takes, and who has it here, in French. Names are for those who work here, not for a partner."""
        roles = [f"« {label} »" for role, label in ROLES.items() if self.act in RIGHTS[role]]
        takes = f"Pour {self.words}, il faut le rôle {join_or(roles)}."
        territory, key = locate(self.act, self.resource)
        if not may(self.person, "board.read", territory):
            return takes
        if names := _who_may(self.act, territory, key):
            return f"{takes} Demandez à {join_or(names)}."
        givers = _who_may("member.invite", territory, "")
        return (
            f"{takes} Personne ne l'a encore ici{f' : {join_or(givers)} peut le donner' if givers else ''}."
        )


def _who_may(act: str, territory: Territory, key: str) -> list[str]:
    roles = [role for role in RIGHTS if act in RIGHTS[role] and role != "service"]
    rows = (
        active_roles.active_memberships(territory)
        .filter(role__in=roles, person__is_active=True, person__kind=Person.Kind.HUMAN)
        .order_by("person__name", "pk")
        .values_list("role", "resource", "pk", "person__name")[:_READ]
    )
    names = (name for *role, name in rows if grants(active_roles.ActiveRole(*role), act, key))
    return list(dict.fromkeys(names))[:MOST_NAMES]


def join_or(words: list[str]) -> str:
    """« a, b ou c »."""
    return " ou ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
