"""Delegations by legal act, and temporary replacements.

A delegation lives by its dates, dies when revoked, and sleeps with the mandate of the person who gave it: `rights.active_roles` and
a rule of the database ask all three at each decision.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from beffroi.web.platform import ledger, scope
from beffroi.web.platform.errors import PeopleError
from beffroi.web.platform.models import Delegation, Membership, Person, Territory
from beffroi.web.platform.rights import ROLES, active_roles, require, roles_of

from .belonging import joined
from .membership import LegalAct, Term, check_compatible, check_term, close, refuse_own_role, suspended


def delegate(
    territory: Territory,
    delegator: Person,
    receiver: Person,
    *,
    subject: str,
    legal_act: LegalAct,
    term: Term,
    by: Person | None,
) -> Delegation:
    """Write down that an elected person lets a member decide, by this legal act and for this term."""
    if by is not None:
        require(by, "delegation.manage", territory)
    with scope.inside(territory), transaction.atomic():
        delegation = _delegate(
            territory, delegator, receiver, subject=subject, legal_act=legal_act, term=term, by=by
        )
        ledger.append(
            territory,
            "delegation.give",
            by,
            f"person:{receiver.pk}",
            {
                "delegation": delegation.pk,
                "from": f"person:{delegator.pk}",
                "deed": legal_act.words,
                "since": delegation.since.isoformat(),
                "until": delegation.until.isoformat() if delegation.until else None,
            },
        )
    active_roles.clear_cache()
    return delegation


def _delegate(
    territory: Territory,
    delegator: Person,
    receiver: Person,
    *,
    subject: str,
    legal_act: LegalAct,
    term: Term,
    by: Person | None,
    replaces: Person | None = None,
) -> Delegation:
    _check(territory, delegator, receiver, legal_act, term, by)
    mandate = elected_mandate(territory, delegator)
    if mandate is None:
        raise PeopleError(
            f"{delegator} n'a pas de mandat d'élu en cours : seul un élu délègue. Rien n'a été enregistré.",
            "delegator",
        )
    until = term.until
    if mandate.until is not None and (until is None or until > mandate.until):
        raise PeopleError(
            f"La délégation irait au-delà du mandat de {delegator}, qui finit le "
            f"{timezone.localtime(mandate.until):%d/%m/%Y}. Donnez une date de fin avant ce jour.",
            "until",
        )
    delegation = Delegation.objects.create(
        territory=territory,
        delegator=delegator,
        delegate=receiver,
        object=subject.strip() or "Décider sur les propositions",
        legal_act_reference=legal_act.reference.strip(),
        legal_act_date=legal_act.date,
        since=term.begin(),
        until=until,
    )
    # The membership carries the same dates: an end of its own is what makes it one of several.
    Membership.objects.create(
        territory=territory,
        person=receiver,
        role="decider",
        delegation=delegation,
        since=delegation.since,
        until=until,
        replaces=replaces,
    )
    return delegation


def _check(
    territory: Territory,
    delegator: Person,
    receiver: Person,
    legal_act: LegalAct,
    term: Term,
    by: Person | None,
) -> None:
    if delegator.pk == receiver.pk:
        raise PeopleError("On ne se délègue pas à soi-même. Choisissez une autre personne.", "delegator")
    refuse_own_role(by, receiver)
    if not legal_act.reference.strip():
        raise PeopleError(
            "Donnez la référence de l'arrêté de délégation. Rien n'a été enregistré.", "legal_act_reference"
        )
    if legal_act.date > timezone.localdate():
        raise PeopleError("La date de l'arrêté est dans le futur. Corrigez-la.", "legal_act_date")
    check_term(term)
    running = [m for m in Membership.objects.of(territory).filter(person=receiver) if not m.over]
    if not running:
        raise PeopleError(f"{receiver} n'est pas membre de ce territoire. Invitez cette personne d'abord.")
    if not joined(territory, receiver):
        raise PeopleError(
            f"{receiver} n'a pas encore rejoint ce territoire, par le lien qui lui a été remis."
        )
    if suspended(territory, receiver):
        raise PeopleError(f"Les accès de {receiver} sont suspendus. Rétablissez-les d'abord.")
    check_compatible({m.role for m in running} | {"decider"})
    open_ended = any(m.role == "decider" and m.until is None for m in running)
    if open_ended and term.until is None:
        raise PeopleError(
            f"{receiver} décide déjà, sans date de fin. Donnez une fin à cette délégation, ou terminez d'abord "
            "le rôle en cours.",
            "until",
        )


def elected_mandate(territory: Territory, person: Person) -> Membership | None:
    """The mandate under which an elected person decides today."""
    rows = active_roles.active_memberships(territory).filter(
        person=person, person__is_active=True, role="decider", delegation=None
    )
    return rows.order_by("-since").first()


def revoke(delegation: Delegation, *, by: Person | None) -> None:
    """Take a delegation back, now. The elected person who gave it may, and who manages delegations."""
    territory = delegation.territory
    if by is not None and by.pk != delegation.delegator_id:
        require(by, "delegation.manage", territory)
    with scope.inside(territory), transaction.atomic():
        delegation = Delegation.objects.of(territory).get(pk=delegation.pk)
        if delegation.revoked_at is not None:
            return
        close_delegations([delegation])
        ledger.append(
            territory,
            "delegation.revoke",
            by,
            f"person:{delegation.delegate_id}",
            {"delegation": delegation.pk, "from": f"person:{delegation.delegator_id}"},
        )


def close_delegations(rows: Sequence[Delegation]) -> int:
    """Revoke these delegations and end what rests on them; how many still stood."""
    now, count = timezone.now(), 0
    for row in rows:
        if row.revoked_at is None:
            row.revoked_at = now
            row.save(update_fields=["revoked_at"])
            close(row.memberships.all())
            count += 1
    active_roles.clear_cache()
    return count


def replace(
    territory: Territory,
    absent: Person,
    substitute: Person,
    roles: Sequence[str],
    since: datetime | None,
    until: datetime,
    *,
    by: Person | None,
    legal_act: LegalAct | None = None,
) -> list[Membership]:
    """Let `substitute` hold roles of `absent` between two dates. To decide, a legal act of delegation is needed too."""
    if by is not None:
        require(by, "member.invite", territory)
    term = Term(since, until)
    with scope.inside(territory), transaction.atomic():
        rows = _replaced(territory, absent, substitute, roles, term, by)
        created = [
            Membership.objects.create(
                territory=territory,
                person=substitute,
                role=row.role,
                resource=row.resource,
                since=term.begin(),
                until=until,
                replaces=absent,
            )
            for row in rows
            if row.role != "decider"
        ]
        payload: dict[str, object] = {}
        if "decider" in roles:
            if legal_act is None:
                raise PeopleError(
                    "Décider à la place de quelqu'un demande un arrêté : donnez sa référence et sa date, ou décochez "
                    "ce rôle. Rien n'a été enregistré.",
                    "legal_act_reference",
                )
            if by is not None:
                require(by, "delegation.manage", territory)
            delegation = _delegate(
                territory,
                _source_of(territory, absent),
                substitute,
                subject="Remplacement",
                legal_act=legal_act,
                term=term,
                by=by,
                replaces=absent,
            )
            created += list(delegation.memberships.all())
            payload = {"delegation": delegation.pk, "deed": legal_act.words}
        ledger.append(
            territory,
            "member.replace",
            by,
            f"person:{substitute.pk}",
            {
                "replaces": f"person:{absent.pk}",
                "roles": list(roles),
                "since": term.begin().isoformat(),
                "until": until.isoformat(),
            }
            | payload,
        )
    active_roles.clear_cache()
    return created


def _replaced(
    territory: Territory,
    absent: Person,
    substitute: Person,
    roles: Sequence[str],
    term: Term,
    by: Person | None,
) -> list[Membership]:
    """The roles of the absent person that are lent. Raises PeopleError."""
    if absent.pk == substitute.pk:
        raise PeopleError("Choisissez une autre personne que celle qui s'absente.", "substitute")
    refuse_own_role(by, substitute)
    check_term(term)
    if suspended(territory, substitute):
        raise PeopleError(f"Les accès de {substitute} sont suspendus.", "substitute")
    lent = [
        row
        for row in Membership.objects.of(territory).filter(person=absent, replaces=None, waiting_since=None)
        if not row.over and row.role in roles
    ]
    lacking = set(roles) - {row.role for row in lent}
    if not roles or lacking:
        names = ", ".join(ROLES.get(role, role) for role in sorted(lacking)) or "aucun"
        raise PeopleError(f"{absent} n'a pas ce rôle : {names}. Cochez parmi ses rôles.", "roles")
    own = roles_of(substitute, territory)
    if not joined(territory, substitute):
        raise PeopleError(f"{substitute} n'est pas membre de ce territoire. Invitez cette personne d'abord.")
    check_compatible(own | set(roles))
    return lent


def _source_of(territory: Territory, absent: Person) -> Person:
    """Who lets the substitute decide: the absent elected person, or the one from whom a delegate holds it."""
    if elected_mandate(territory, absent) is not None:
        return absent
    mandate = active_roles.authority(absent, territory)
    return mandate.delegation.delegator if mandate is not None and mandate.delegation else absent
