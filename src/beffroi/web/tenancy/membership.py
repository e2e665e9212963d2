"""Memberships: admit, change dates, end. The only writers of memberships, one ledger line an act.

`by` is None for the host's own commands. Nobody gives a role to themselves, and a territory keeps an administrator.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from beffroi.web.platform import ledger, scope
from beffroi.web.platform.errors import PeopleError
from beffroi.web.platform.models import Membership, Person, Territory
from beffroi.web.platform.rights import (
    BOUND,
    DATED,
    INCOMPATIBLE,
    NOT_ASSIGNABLE,
    ROLES,
    active_roles,
    require,
    resources,
)
from beffroi.web.platform.rights.active_roles import valid_at

from .belonging import joined, may_be_linked, must_accept, running
from .signin import revoke_joining_links, revoke_links


@dataclass(frozen=True)
class LegalAct:
    """The act that makes someone decide: an election, or an arrêté of delegation."""

    reference: str
    date: date

    @property
    def words(self) -> str:
        return f"{self.reference} du {self.date:%d/%m/%Y}"


@dataclass(frozen=True)
class Term:
    """From when until when; None is from now, and without an end."""

    since: datetime | None = None
    until: datetime | None = None

    def begin(self) -> datetime:
        return self.since or timezone.now()


OPEN = Term()


def admit(
    territory: Territory,
    email: str,
    name: str,
    roles: Sequence[str],
    *,
    by: Person | None,
    simulated: bool = False,
    limited_to: Sequence[str] = (),
    legal_act: LegalAct | None = None,
    term: Term = OPEN,
) -> Person:
    """Give a person their roles in a territory, for a term. `limited_to` names the resources of the roles that ask for it.

    Roles given to an account that others may hold wait until the person accepts them (`belonging.must_accept`, `joining`).
    """
    if by is not None:
        require(by, "member.invite", territory)
    with scope.inside(territory), transaction.atomic():
        # Held until the end: two territories that invite the same account come one after the other.
        person = Person.objects.select_for_update().filter(email__iexact=email).first()
        check_roles(territory, person, roles, by=by, limited_to=limited_to, legal_act=legal_act, term=term)
        if person is None:
            person = Person.objects.create_user(email, name=name or email.split("@")[0], simulated=simulated)
        elif not joined(territory, person) and may_be_linked(territory, person):
            revoke_links(person)  # a territory that it has left may still hold one
        if waits := must_accept(territory, person):
            revoke_joining_links(territory, person)  # what it showed is no longer the whole offer
        for role in roles:
            for resource in _resources_of(role, limited_to):
                _give(
                    territory, person, role, resource, legal_act if role == "decider" else None, term, waits
                )
        ledger.append(
            territory,
            "member.admit",
            by,
            f"person:{person.pk}",
            {"roles": list(roles), "held_to": list(limited_to)}
            | _term_payload(legal_act, term)
            | ({"waiting": True} if waits else {}),
        )
    active_roles.clear_cache()
    return person


def _give(
    territory: Territory,
    person: Person,
    role: str,
    resource: str,
    legal_act: LegalAct | None,
    term: Term,
    waits: bool,
) -> Membership:
    """Prolong what the person already holds in their own name, or begin anew."""
    fields = {"until": term.until, "waiting_since": timezone.now() if waits else None}
    if legal_act is not None:
        fields |= {"legal_act_reference": legal_act.reference, "legal_act_date": legal_act.date}
    own = Membership.objects.of(territory).filter(
        person=person, role=role, resource=resource, delegation=None, replaces=None
    )
    current = next((row for row in own.order_by("-since") if not row.over), None)
    if current is None:
        return Membership.objects.create(
            territory=territory, person=person, role=role, resource=resource, since=term.begin(), **fields
        )
    fields |= {"since": term.since} if term.since else {}
    for field, value in fields.items():
        setattr(current, field, value)
    current.save(update_fields=list(fields))
    return current


def _resources_of(role: str, limited_to: Sequence[str]) -> Sequence[str]:
    bound = BOUND.get(role)
    named = [key for key in limited_to if bound and key.startswith(f"{bound.noun}:")]
    return named or [""]


def _term_payload(legal_act: LegalAct | None, term: Term) -> dict[str, str]:
    payload = {"deed": legal_act.words} if legal_act else {}
    payload |= {"since": term.since.isoformat()} if term.since else {}
    return payload | ({"until": term.until.isoformat()} if term.until else {})


def check_roles(
    territory: Territory,
    person: Person | None,
    roles: Sequence[str],
    *,
    by: Person | None,
    limited_to: Sequence[str] = (),
    legal_act: LegalAct | None = None,
    term: Term = OPEN,
) -> None:
    """Whether these roles may be given so. Raises PeopleError, which says what to do."""
    unknown = [role for role in roles if role not in ROLES or role in NOT_ASSIGNABLE]
    if unknown or not roles:
        known = ", ".join(f"{key} ({label})" for key, label in ROLES.items() if key not in NOT_ASSIGNABLE)
        raise PeopleError(
            f"Rôle inconnu : {', '.join(unknown) or 'aucun'}. Rôles possibles : {known}.", "roles"
        )
    refuse_own_role(by, person)
    check_term(term)
    for role in roles:
        if role in DATED and term.until is None:
            raise PeopleError(f"Le rôle « {ROLES[role]} » a toujours une date de fin. Donnez-la.", "until")
        bound = BOUND.get(role)
        if bound and bound.must and not _resources_of(role, limited_to)[0]:
            raise PeopleError(
                f"Le rôle « {ROLES[role]} » porte sur des objets nommés. Dites lesquels.", "limited_to"
            )
    if "decider" in roles and (legal_act is None or not legal_act.reference.strip()):
        raise PeopleError(
            "Pour un décideur, donnez la référence et la date de l'acte qui le fait élu (procès-verbal d'élection, "
            "délibération). Pour une délégation, ouvrez la fiche de la personne. Rien n'a été enregistré.",
            "legal_act_reference",
        )
    if legal_act is not None and legal_act.date > timezone.localdate():
        raise PeopleError("La date de l'acte est dans le futur. Corrigez-la.", "legal_act_date")
    _check_resources(territory, roles, limited_to)
    all_roles = set(roles) | (_running_roles(territory, person) if person else set())
    check_compatible(all_roles)
    if person is not None and suspended(territory, person):
        raise PeopleError(
            f"Les accès de {person} sont suspendus. Rétablissez-les avant de changer ses rôles."
        )


def check_compatible(roles: set[str]) -> None:
    """Some hats are not worn together."""
    for one, other in INCOMPATIBLE:
        if {one, other} <= roles:
            raise PeopleError(
                f"Une même personne ne peut pas être à la fois « {ROLES[one]} » et « {ROLES[other]} » : "
                "qui conseille ou contrôle ne décide pas. Rien n'a été enregistré.",
                "roles",
            )
    if "service" in roles and len(roles) > 1:
        raise PeopleError("Un compte de service n'a pas d'autre rôle. Rien n'a été enregistré.", "roles")


def _check_resources(territory: Territory, roles: Sequence[str], limited_to: Sequence[str]) -> None:
    nouns = {BOUND[role].noun for role in roles if role in BOUND}
    known = {
        resource.key: resource.label
        for noun in nouns
        for resource in resources.list_resources(territory, noun)
    }
    unknown = [key for key in limited_to if key not in known]
    if unknown:
        there = ", ".join(f"{key} ({label})" for key, label in list(known.items())[:20]) or "aucun"
        raise PeopleError(
            f"Objet inconnu pour ces rôles : {', '.join(unknown)}. Objets possibles : {there}.", "limited_to"
        )


def refuse_own_role(by: Person | None, receiver: Person | None) -> None:
    """Raise PeopleError where a person would give a role to themself."""
    if by is not None and receiver is not None and by.pk == receiver.pk:
        raise PeopleError("On ne se donne pas de rôle à soi-même : demandez-le à un autre administrateur.")


def check_term(term: Term) -> None:
    if term.until is not None and term.until <= max(term.begin(), timezone.now()):
        raise PeopleError("La date de fin est passée, ou vient avant le début. Corrigez les dates.", "until")


def _running_roles(territory: Territory, person: Person) -> set[str]:
    return {row.role for row in running(territory, person)}


def suspended(territory: Territory, person: Person) -> bool:
    return any(row.suspended_at is not None for row in running(territory, person))


def begin(offered: Iterable[Membership]) -> None:
    """What was offered is held, from now on."""
    now = timezone.now()
    for row in offered:
        row.waiting_since, row.since = None, max(row.since, now)
        row.save(update_fields=["waiting_since", "since"])
    active_roles.clear_cache()


def change_term(membership: Membership, term: Term, *, by: Person | None) -> Membership:
    """Other dates for a role that has not ended."""
    territory = membership.territory
    if by is not None:
        require(by, "member.invite", territory)
    with scope.inside(territory), transaction.atomic():
        membership = Membership.objects.of(territory).select_related("delegation").get(pk=membership.pk)
        if membership.over:
            raise PeopleError("Ce rôle est terminé : on ne change plus ses dates. Donnez-le de nouveau.")
        if by is not None and by.pk == membership.person_id:
            raise PeopleError("On ne change pas ses propres rôles : demandez-le à un autre administrateur.")
        check_term(term)
        if membership.role in DATED and term.until is None:
            raise PeopleError("Ce rôle a toujours une date de fin. Donnez-la.", "until")
        _within_delegation(membership, term)
        if (
            membership.role == "administrator"
            and not membership.waiting
            and (term.until or term.begin() > timezone.now())
        ):
            keep_an_administrator(territory, [membership])
        membership.since = term.since or membership.since
        membership.until = term.until
        membership.save(update_fields=["since", "until"])
        ledger.append(
            territory,
            "member.change",
            by,
            f"person:{membership.person_id}",
            {"role": membership.role, "membership": membership.pk} | _term_payload(None, term),
        )
    active_roles.clear_cache()
    return membership


def _within_delegation(membership: Membership, term: Term) -> None:
    delegation = membership.delegation
    if delegation is None:
        return
    late = delegation.until is not None and (term.until is None or term.until > delegation.until)
    if late or (term.since is not None and term.since < delegation.since):
        raise PeopleError(
            "Ces dates dépassent celles de la délégation. Pour la prolonger, inscrivez le nouvel arrêté.",
            "until",
        )


def end(membership: Membership, *, by: Person | None) -> None:
    """Take one role back, now."""
    territory = membership.territory
    if by is not None:
        require(by, "member.invite", territory)
    with scope.inside(territory), transaction.atomic():
        membership = Membership.objects.of(territory).get(pk=membership.pk)
        if membership.over:
            return
        if membership.role == "administrator" and not membership.waiting:
            keep_an_administrator(territory, [membership])
        close([membership])
        ledger.append(
            territory,
            "member.end",
            by,
            f"person:{membership.person_id}",
            {"role": membership.role, "membership": membership.pk},
        )
    active_roles.clear_cache()


def close(rows: Iterable[Membership]) -> int:
    """End these memberships now; how many were running."""
    count, now = 0, timezone.now()
    for row in rows:
        if not row.over:
            row.until = now
            row.save(update_fields=["until"])
            count += 1
    active_roles.clear_cache()
    return count


def keep_an_administrator(territory: Territory, leaving: Sequence[Membership]) -> None:
    """Raises PeopleError when nobody would run the place without these memberships."""
    others = (
        Membership.objects.of(territory)
        .filter(
            valid_at(timezone.now()),
            role="administrator",
            suspended_at=None,
            waiting_since=None,
            person__is_active=True,
        )
        .exclude(pk__in=[row.pk for row in leaving])
    )
    if not others.exists():
        raise PeopleError(
            f"{leaving[0].person} est le dernier administrateur. Nommez-en un autre d'abord. Rien n'a changé.",
            "successor",
        )
