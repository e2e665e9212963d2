"""Roles of the cell: who has each now, taken in one click or written in, handed over with the hour; the calling list prepared before.

In: the register `crisis_roles`, the assignments of a crisis. Out: rows of assignments; people who may read what is confidential.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from beffroi.guides import Register
from beffroi.lake.invisible_characters import strip_invisible
from beffroi.web.guides.library import guide
from beffroi.web.guides.services.registers import entries_of
from beffroi.web.platform.acts import Recorded, act
from beffroi.web.platform.models import Person, Territory
from beffroi.web.ui.formats import counted

from ..errors import ContinuityError
from ..models import Crisis, RoleAssignment
from . import journal

REGISTER: Final = "crisis_roles"
DIRECTOR, LOGISTICS = "director", "logistics"
CONFIDENTIAL: Final = (DIRECTOR, LOGISTICS)
"""The roles that read who is on duty and the support of agents."""
AHEAD: Final = timedelta(days=1)


def role_titles() -> dict[str, str]:
    """The roles of a cell, in their order."""
    question = next(each for each in guide(Register, REGISTER).fields if each.key == "role")
    return {choice.key: choice.label for choice in question.choices}


def role_purposes() -> dict[str, str]:
    """What each role does, in a sentence."""
    question = next(each for each in guide(Register, REGISTER).fields if each.key == "role")
    return {choice.key: choice.help for choice in question.choices}


PAIR: Final = {
    "Maire": ("director", "spokesperson", "legal"),
    "Secrétaire de mairie": ("secretary", "technical", "field", "logistics"),
}
"""Who takes which role where two people hold them all: the mayor decides, speaks and signs."""


@dataclass(frozen=True)
class RoleRow:
    """A role with who has it now; `holder`: None while nobody has."""

    key: str
    title: str
    purpose: str
    holder: RoleAssignment | None
    deputies: list[RoleAssignment] = field(default_factory=list)


def current_roles(crisis: Crisis) -> list[RoleRow]:
    """Every role, with its holder and deputies as they stand."""
    holders: dict[str, RoleAssignment] = {}
    deputies: dict[str, dict[str, RoleAssignment]] = {}
    for row in crisis.assignments.select_related("person"):
        if not row.is_deputy:
            holders[row.role] = row
        elif row.name:
            deputies.setdefault(row.role, {})[row.name] = row
        else:
            deputies.pop(row.role, None)
    purposes = role_purposes()
    return [
        RoleRow(
            key,
            title,
            purposes[key],
            holders[key] if key in holders and holders[key].name else None,
            list(deputies.get(key, {}).values()),
        )
        for key, title in role_titles().items()
    ]


def role_of(crisis: Crisis, person: Person) -> str:
    """The title of the first role that this person has, "" for none."""
    for row in current_roles(crisis):
        if row.holder is not None and row.holder.person_id == person.pk:
            return row.title
    return ""


def may_read_confidential(crisis: Crisis, person: Any) -> bool:
    """Whether this person is the director or has logistics now, as holder or deputy."""
    rows = [row for row in current_roles(crisis) if row.key in CONFIDENTIAL]
    assigned = [each for row in rows for each in (row.holder, *row.deputies) if each is not None]
    return any(each.person_id == person.pk for each in assigned)


def assign(
    crisis: Crisis,
    by: Person,
    keys: Iterable[str],
    *,
    name: str = "",
    is_deputy: bool = False,
    since: datetime | None = None,
) -> list[RoleAssignment]:
    """Take these roles in one act, or write in `name` for somebody else; who had them hands them over at that hour."""
    titles = role_titles()
    chosen = [key for key in titles if key in set(keys)]
    if not chosen:
        raise ContinuityError("Cochez au moins un rôle. Rien n'a été changé.", "roles")
    name = strip_invisible(" ".join(name.split()))[:120]
    person = None if name else by
    return _write(crisis, by, chosen, person, name or str(by)[:120], is_deputy, since)


def release(crisis: Crisis, by: Person, key: str, since: datetime | None = None) -> None:
    """Nobody has this role from then on; its deputies stay."""
    if key not in role_titles():
        raise ContinuityError("Ce rôle n'existe pas.", "roles")
    _write(crisis, by, [key], None, "", False, since)


@act("crisis.role", "rôles de la cellule de crise pris, passés ou rendus", right=journal.ANSWER)
def _write(
    crisis: Crisis,
    by: Person,
    keys: Sequence[str],
    person: Person | None,
    name: str,
    is_deputy: bool,
    since: datetime | None,
) -> Recorded[list[RoleAssignment]]:
    since = since or timezone.now()
    if not crisis.activated_at - timedelta(days=7) <= since <= timezone.now() + AHEAD:
        raise ContinuityError("Vérifiez l'heure : elle est hors de cette crise.", "since")
    titles = role_titles()
    journal.require_open(crisis)
    rows = [
        RoleAssignment.objects.create(
            territory=crisis.territory,
            crisis=crisis,
            role=key,
            is_deputy=is_deputy,
            person=person,
            name=name,
            since=since,
            by=by,
        )
        for key in keys
    ]
    listed = ", ".join(titles[key].lower() for key in keys)
    place = "Suppléance" if is_deputy else "Rôle"
    words = f"{place} : {listed}. {name or 'Plus personne'}."
    journal.append_line(crisis, by, kind="fact", text=words, fact_at=since)
    return Recorded(rows, {"roles": list(keys), "deputy": is_deputy})


@dataclass(frozen=True)
class Call:
    """A line of the calling list: a role, who has it, their deputies. Names and telephones are personal."""

    role: str
    purpose: str
    holder: str
    phone: str
    deputies: tuple[tuple[str, str], ...]


def calling_list(territory: Territory) -> list[Call]:
    """The roles prepared before, in their order; a role that nobody prepared stays, blank."""
    prepared = {
        entry.values.get("role"): entry.values for entry in entries_of(territory, guide(Register, REGISTER))
    }
    purposes = role_purposes()
    return [
        Call(
            title,
            purposes[key],
            values.get("holder", ""),
            values.get("phone", ""),
            tuple(_two(line) for line in values.get("deputies", ())),
        )
        for key, title in role_titles().items()
        for values in (prepared.get(key, {}),)
    ]


def _two(line: str) -> tuple[str, str]:
    """A name and a telephone of « name | telephone »."""
    name, _, phone = line.partition("|")
    return name.strip(), phone.strip()


def state_of_list(territory: Territory) -> str:
    """How many roles have somebody, in a sentence."""
    rows = calling_list(territory)
    ready = sum(bool(row.holder and row.phone) for row in rows)
    return f"{counted(ready, 'rôle a', 'rôles ont')} un nom et un téléphone, sur {len(rows)}."
