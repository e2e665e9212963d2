"""Read model of the pages of people: members, their state, their roles with dates.

In: a territory and the filters of an address. Out: rows ready for the pages; nothing is written here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.text import slugify

from beffroi.web.platform import ledger
from beffroi.web.platform.acts import title_of
from beffroi.web.platform.models import Delegation, LedgerLine, Membership, Person, Territory
from beffroi.web.platform.rights import NOT_ASSIGNABLE, ROLES, resources

STATES: dict[str, tuple[str, str, str]] = {
    "active": ("actif", "Actifs", "good"),
    "invited": ("invité, pas encore entré", "Invités", "info"),
    "suspended": ("accès suspendu", "Suspendus", "danger"),
    "left": ("parti", "Partis", "plain"),
}


@dataclass(frozen=True)
class Role:
    """One role of a person, in words."""

    row: Membership
    label: str
    resource: str

    @property
    def legal_act(self) -> str:
        source = self.row.delegation or self.row
        return (
            f"{source.legal_act_reference}, du {source.legal_act_date:%d/%m/%Y}"
            if source.legal_act_reference and source.legal_act_date
            else source.legal_act_reference
        )


@dataclass(frozen=True)
class Member:
    """One person of a territory, past or present."""

    person: Person
    roles: tuple[Role, ...]

    @property
    def running(self) -> list[Role]:
        return [role for role in self.roles if not role.row.over]

    @property
    def past(self) -> list[Role]:
        return [role for role in self.roles if role.row.over]

    @property
    def waiting(self) -> bool:
        """Whether the person has been offered roles here and has accepted none."""
        return bool(self.running) and all(role.row.waiting for role in self.running)

    @property
    def state(self) -> str:
        if not self.running:
            return "left"
        if any(role.row.suspended_at for role in self.running):
            return "suspended"
        return "invited" if self.waiting or not self.person.last_login else "active"

    @property
    def state_label(self) -> str:
        return STATES[self.state][0]

    @property
    def state_kind(self) -> str:
        return STATES[self.state][2]

    @property
    def since(self) -> datetime:
        return min(role.row.since for role in self.running or self.roles)


@dataclass(frozen=True)
class Filters:
    """What the reader chose to see."""

    words: str = ""
    role: str = ""
    state: str = ""

    @classmethod
    def from_query(cls, query: QueryDict) -> "Filters":
        role, state = query.get("role", ""), query.get("etat", "")
        return cls(
            query.get("mots", "").strip()[:100],
            role if role in ROLES else "",
            state if state in STATES else "",
        )

    def url(self, **changes: str) -> str:
        query = {"mots": self.words, "role": self.role, "etat": self.state} | changes
        return f"?{urlencode({name: value for name, value in query.items() if value})}"

    def shows(self, member: Member) -> bool:
        """Those who left are shown only when they are asked for."""
        if self.state != member.state and (self.state or member.state == "left"):
            return False
        if self.role and self.role not in {role.row.role for role in member.running or member.roles}:
            return False
        words = slugify(f"{member.person.name} {member.person.email}")
        return all(slugify(word) in words for word in self.words.split())

    def __bool__(self) -> bool:
        return bool(self.words or self.role or self.state)


def members(territory: Territory, rows: Iterable[Membership] | None = None) -> list[Member]:
    """Everyone who has or had a role here, by name; one query."""
    if rows is None:
        rows = Membership.objects.of(territory).all()
    rows = rows.select_related("person", "replaces", "delegation__delegator").order_by(  # type: ignore[attr-defined]
        "person__name", "person_id", "since", "pk"
    )
    named = resources.labels(territory) if any(row.resource for row in rows) else {}
    return [
        Member(
            person,
            tuple(
                Role(row, ROLES.get(row.role, row.role), named.get(row.resource, row.resource))
                for row in memberships
            ),
        )
        for person, memberships in groupby(rows, key=lambda row: row.person)
    ]


def member(territory: Territory, pk: int) -> Member | None:
    """One person, if they have or had a role here."""
    found = members(territory, Membership.objects.of(territory).filter(person=pk))
    return found[0] if found else None


def choices_of_state(everyone: list[Member], filters: Filters) -> list[dict[str, object]]:
    """The filters by state, with how many are in each."""
    counts = {state: sum(m.state == state for m in everyone) for state in STATES}
    here = sum(count for state, count in counts.items() if state != "left")
    links: list[dict[str, object]] = [
        {"label": "Présents", "url": filters.url(etat=""), "count": here, "current": not filters.state}
    ]
    return links + [
        {
            "label": label,
            "url": filters.url(etat=state),
            "count": counts[state],
            "current": state == filters.state,
        }
        for state, (_, label, _) in STATES.items()
        if counts[state]
    ]


def choices_of_role() -> list[tuple[str, str]]:
    return [(role, label) for role, label in ROLES.items() if role not in NOT_ASSIGNABLE]


def delegations_of(territory: Territory, person: Person) -> tuple[list[Delegation], list[Delegation]]:
    """Given, and received; the latest first."""
    rows = list(Delegation.objects.of(territory).select_related("delegator", "delegate"))
    return (
        [row for row in rows if row.delegator_id == person.pk],
        [row for row in rows if row.delegate_id == person.pk],
    )


def history(territory: Territory, person: Person) -> list[dict[str, object]]:
    """What was done about this person, from the ledger. What the person did is nobody's list: agents are not watched."""
    lines: list[LedgerLine] = list(
        ledger.lines_of(territory).filter(thing=f"person:{person.pk}").order_by("-seq")[:50]
    )
    keys = {int(line.actor.partition(":")[2]) for line in lines if line.actor.startswith("person:")}
    names = {f"person:{p.pk}": p.name for p in Person.objects.filter(pk__in=keys)}
    return [
        {
            "seq": line.seq,
            "act": title_of(line.act),
            "by": names.get(line.actor, "l'hébergeur (ligne de commande)"),
            "at": datetime.fromisoformat(line.at),
        }
        for line in lines
    ]
