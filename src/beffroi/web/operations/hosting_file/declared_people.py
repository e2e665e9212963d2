"""Members and delegations of one territory: what the file declares beside what the instance has.

In: a territory's form and its running memberships. Out: differences, whose changes go through the services of people.
"""

from collections.abc import Iterable
from datetime import date
from itertools import groupby

from django.utils import timezone

from beffroi.web.platform.models import Delegation, Membership, Person, Territory
from beffroi.web.platform.rights import ROLES
from beffroi.web.tenancy.belonging import may_be_linked, waiting
from beffroi.web.tenancy.invitations import first_link
from beffroi.web.tenancy.membership import LegalAct, Term, admit, change_term, end
from beffroi.web.tenancy.models import ClaimedRole
from beffroi.web.tenancy.services import delegate

from .file_differences import Application, Differences, end_of, french, local_day, start_of
from .form import DelegationFields, MemberFields, RoleGrant, TerritoryFields


def compare_members(
    entry: TerritoryFields, rows: Iterable[Membership], found: Differences, *, prune: bool
) -> None:
    """Roles to give, whose dates or legal act change, to end; `rows`: what runs here in people's own name."""
    running: dict[str, dict[tuple[str, str], Membership]] = {}
    for row in rows:
        running.setdefault(row.person.email.lower(), {})[row.role, row.resource] = row
    ends: list[Membership] = []
    for member in entry.members:
        current = running.pop(member.email, {})
        ends += _compare_member(member, current, found)
        _leave(member.email, current.values(), found, ends, prune=prune)
    for email, current in sorted(running.items()):
        _leave(email, current.values(), found, ends, prune=prune)
    # Last, so that a new administrator is there before the last one leaves.
    for row in ends:
        found.add(
            "−", f"{row.person.email} : {_role(row.role, row.resource)}", lambda _, row=row: end(row, by=None)
        )


def _compare_member(
    member: MemberFields, current: dict[tuple[str, str], Membership], found: Differences
) -> list[Membership]:
    """Differences of one member; the rows whose declared end is past. Takes what is declared out of `current`."""
    today, missing, ended = timezone.localdate(), [], []
    arrives = not current or any(row.waiting for row in current.values())
    for grant in member.grants():
        row = current.pop((grant.role, grant.resource), None)
        if grant.until is not None and grant.until < today:
            ended += [row] if row is not None else []
        elif row is None:
            missing.append(grant)
        elif grant.role == "decider" and (row.legal_act_reference, row.legal_act_date) != (
            grant.reference,
            grant.signed_on,
        ):
            text = (
                f"{member.email} : {_role(grant.role)}, acte {grant.reference} du {french(grant.signed_on)}"
            )
            found.add(
                "~",
                text,
                lambda to, grant=grant: _admit(to, member, [grant], arrives=arrives),
                brings_people=arrives,
            )
        elif local_day(row.last_day) != grant.until or _begins(local_day(row.since)) != _begins(
            grant.since or local_day(row.since)
        ):
            text = f"{member.email} : {_role(grant.role, grant.resource)}{_dates(grant) or ', sans fin'}"
            found.add("~", text, lambda _, row=row, grant=grant: change_term(row, _term(grant), by=None))
    for _, group in groupby(sorted(missing, key=_terms), key=_terms):
        grants = list(group)
        roles = ", ".join(_role(grant.role, grant.resource) for grant in grants)
        found.add(
            "+",
            f"{member.email} : {roles}{_dates(grants[0])}",
            lambda to, grants=grants: _admit(to, member, grants, arrives=arrives),
            brings_people=arrives,
        )
    return ended


def _terms(grant: RoleGrant) -> tuple[str, str]:
    """Roles of the same dates are given together; a legal act concerns the decider's only."""
    return str(grant.since or ""), str(grant.until or "")


def _admit(to: Application, member: MemberFields, grants: list[RoleGrant], *, arrives: bool) -> None:
    person = admit(
        to.territory,
        member.email,
        member.name,
        list(dict.fromkeys(grant.role for grant in grants)),
        by=None,
        limited_to=[grant.resource for grant in grants if grant.resource],
        legal_act=next((grant.mandate for grant in grants if grant.mandate), None),
        term=_term(grants[0]),
    )
    # Whoever is of the territory signs in as usual; an account in use is offered its roles.
    with to.inside():
        arrives = waiting(to.territory, person) != [] or (arrives and may_be_linked(to.territory, person))
    if arrives:
        to.arrivals[member.email] = first_link(to.territory, person, by=None)


def _term(grant: RoleGrant) -> Term:
    return Term(start_of(grant.since), end_of(grant.until))


def _begins(day: date | None) -> date:
    """When a role begins, for who compares: a start that is past is history."""
    today = timezone.localdate()
    return max(day or today, today)


def _leave(
    email: str, rows: Iterable[Membership], found: Differences, ends: list[Membership], *, prune: bool
) -> None:
    rows = [row for row in rows if not is_claimed(row)]
    if prune:
        ends += rows
    elif rows:
        found.undeclared.append(f"{email} ({', '.join(_role(row.role, row.resource) for row in rows)})")


def is_claimed(row: Membership) -> bool:
    """Whether an identity provider gives this role, and takes it back."""
    return bool(ClaimedRole.objects.filter(person=row.person, role=row.role).exists())


def _role(role: str, resource: str = "") -> str:
    return f"{ROLES.get(role, role)}{f' ({resource})' if resource else ''}"


def _dates(grant: RoleGrant) -> str:
    since = f", dès le {french(grant.since)}" if grant.since and grant.since > timezone.localdate() else ""
    return since + (f", jusqu'au {french(grant.until)}" if grant.until else "")


def compare_delegations(territory: Territory | None, entry: TerritoryFields, found: Differences) -> None:
    """Delegations to write down. One that is there is known by its people and its legal act, and is never changed."""
    rows = Delegation.objects.of(territory).filter(revoked_at=None) if territory and entry.delegations else []
    there = {
        (row.delegator.email.lower(), row.delegate.email.lower(), row.legal_act_reference) for row in rows
    }
    today = timezone.localdate()
    for each in entry.delegations:
        over = each.until is not None and each.until < today
        if over or (each.delegator, each.delegate, each.legal_act) in there:
            continue
        text = f"délégation de {each.delegator} à {each.delegate}, {each.legal_act}"
        if waits := [
            email for email in (each.delegator, each.delegate) if territory and is_waiting(territory, email)
        ]:
            found.deferred.append(f"{text} : attend que {' et '.join(waits)} accepte")
        else:
            found.add("+", text, lambda to, each=each, text=text: _delegate(to, each, text))


def _delegate(to: Application, each: DelegationFields, text: str) -> None:
    with to.inside():
        waits = [email for email in (each.delegator, each.delegate) if is_waiting(to.territory, email)]
        people = {
            p.email.lower(): p for p in Person.objects.filter(email__in=[each.delegator, each.delegate])
        }
    if waits:
        to.deferred.append(f"{text} : attend que {' et '.join(waits)} accepte")
        return
    delegate(
        to.territory,
        people[each.delegator],
        people[each.delegate],
        subject=each.subject,
        legal_act=LegalAct(each.legal_act, each.legal_act_date),
        term=Term(start_of(each.since), end_of(each.until)),
        by=None,
    )


def is_waiting(territory: Territory, email: str) -> bool:
    """Whether this person was offered roles here and has not accepted them. Call from inside the territory."""
    person = Person.objects.filter(email__iexact=email).first()
    return person is not None and bool(waiting(territory, person))
