"""API tokens and service accounts: the only writers of these rows, one ledger line an act.

A token carries no more than its person may do, ends within a year, and its secret is told once. What a token can be
limited to is told by the rooms above (`rights.resources`).
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.text import slugify

from beffroi.guides.clocks import add_months
from beffroi.hashing import hash_secret
from beffroi.web.platform import ledger
from beffroi.web.platform.api.authentication import PREFIX, TOKEN_ACTS
from beffroi.web.platform.models import ApiToken, Membership, Person, ServiceAccount, Territory
from beffroi.web.platform.rights import may, require, resources
from beffroi.web.ui.form_errors import FieldError

MONTHS: Final = 12
KEEPER: Final = "member.invite"  # who lets people in sees every token, and lets programs in
SERVICE_ROLE: Final = "service"
NEEDS: Final = {
    "dataset.read_personal": "dataset.read",
    "board.read": "dataset.read",
    "dataset.deposit": "territory.enter",
}
"""An act that makes no sense without another: a board reads datasets."""


class TokenError(FieldError):
    """A refusal to issue, change or revoke a token."""


@dataclass(frozen=True)
class NewToken:
    """What is asked for: `until` is the last day on which the token serves."""

    label: str
    acts: Sequence[str]
    until: date
    resources: Sequence[str] = ()


@dataclass(frozen=True)
class Issued:
    """A token and its secret, which nobody can read again."""

    token: ApiToken
    secret: str


def datasets_for(person: Person, territory: Territory) -> list[tuple[str, str]]:
    """The datasets to which a token of this person can be limited: (key, title) pairs."""
    if not may(person, "dataset.read", territory):
        return []
    return [(dataset.key, dataset.label) for dataset in resources.list_resources(territory, "dataset")]


def acts_for(person: Person, territory: Territory) -> list[str]:
    """The acts that a token of this person may carry today."""
    return [act for act in TOKEN_ACTS if may(person, act, territory)]


def create_service(
    territory: Territory, name: str, use: str, *, by: Person, owner: Person | None = None
) -> ServiceAccount:
    """Let a program in: no password, no sign-in, one territory, a human who answers for it."""
    require(by, KEEPER, territory)
    name = " ".join(name.split())[:120]
    if not name or not use.strip():
        raise TokenError(
            "Donnez au compte un nom et dites à quoi il sert. Rien n'a été créé.",
            "name" if not name else "use",
        )
    owner = owner or by
    _must_answer(owner, territory)
    address = f"{slugify(name)[:40] or 'service'}-{secrets.token_hex(4)}@{territory.slug}.invalid"
    with transaction.atomic():
        person = Person.objects.create_user(
            address, name=name, kind=Person.Kind.SERVICE, simulated=territory.is_fictional
        )
        account = ServiceAccount.objects.create(
            territory=territory, person=person, owner=owner, use=use.strip()[:300]
        )
        Membership.objects.create(territory=territory, person=person, role=SERVICE_ROLE)
        ledger.append(territory, "service.create", by, f"person:{person.pk}", {"owner": owner.pk})
    return account


def entrust(account: ServiceAccount, owner: Person, *, by: Person) -> None:
    """Another human answers for the account from now on."""
    require(by, KEEPER, account)
    _must_answer(owner, account.territory)
    with transaction.atomic():
        account.owner = owner
        account.save(update_fields=["owner"])
        ledger.append(
            account.territory, "service.entrust", by, f"person:{account.person_id}", {"owner": owner.pk}
        )


def _must_answer(owner: Person, territory: Territory) -> None:
    if owner.kind != Person.Kind.HUMAN or not may(owner, "territory.enter", territory):
        raise TokenError(
            "Le responsable d'un compte de service est une personne de ce territoire. Choisissez-en une.",
            "owner",
        )


def create(territory: Territory, person: Person, new: NewToken, *, by: Person) -> Issued:
    """Make a token for oneself, or for a service account of the territory. Raises PermissionDenied, TokenError."""
    require(by, "territory.enter" if by == person else KEEPER, territory)
    if by.kind != Person.Kind.HUMAN or (by != person and person.kind != Person.Kind.SERVICE):
        # In another's name one would act as them: each makes their own.
        raise PermissionDenied("Un jeton se crée pour soi, ou pour un compte de service.")
    label = " ".join(new.label.split())[:120]
    if not label:
        raise TokenError("Donnez un nom au jeton, pour le reconnaître dans la liste.", "label")
    acts, keys = _acts(territory, person, new.acts), _known(territory, by, new.resources)
    expires = _end(new.until)
    secret = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        token = ApiToken.objects.create(
            territory=territory,
            label=label,
            person=person,
            digest=hash_secret(secret),
            acts=acts,
            resources=keys,
            created_by=by,
            expires=expires,
        )
        ledger.append(
            territory,
            "token.create",
            by,
            f"token:{token.pk}",
            {"person": person.pk, "acts": acts, "things": keys, "expires": expires.isoformat()},
        )
    return Issued(token, secret)


def _acts(territory: Territory, person: Person, requested: Sequence[str]) -> list[str]:
    wanted = {"territory.enter", *requested} | {NEEDS[act] for act in requested if act in NEEDS}
    if not requested:
        raise TokenError("Cochez au moins une chose que ce jeton permet.", "acts")
    if refused := sorted(wanted - set(acts_for(person, territory))):
        raise TokenError(
            f"Un jeton de « {person} » ne peut pas permettre : {', '.join(refused)}. Décochez-le, puis recommencez.",
            "acts",
        )
    return [act for act in TOKEN_ACTS if act in wanted]


def _known(territory: Territory, by: Person, requested: Sequence[str]) -> list[str]:
    known = {key for key, _ in datasets_for(by, territory)}
    if any(key not in known for key in requested):
        raise TokenError("Un des jeux choisis n'est pas au catalogue. Choisissez-en d'autres.", "resources")
    return sorted(set(requested))


def last_day(today: date) -> date:
    """The last day on which a token made today may end: the same day of the next year, 29 February or not."""
    return add_months(today, MONTHS)


def _end(until: date) -> datetime:
    end = timezone.make_aware(datetime.combine(until, time(23, 59, 59)))
    if until < timezone.localdate():
        raise TokenError("La date de fin est passée. Choisissez-en une à venir.", "until")
    if until > last_day(timezone.localdate()):
        raise TokenError("Un jeton dure un an au plus. Choisissez une date plus proche.", "until")
    return end


def may_revoke(person: Person, token: ApiToken) -> bool:
    """Its holder, the human who answers for it, and whoever lets people in."""
    account = getattr(token.person, "service", None)
    answers = person.pk in (token.person_id, account.owner_id if account else None)
    return may(person, "territory.enter", token) and (answers or may(person, KEEPER, token))


def revoke(token: ApiToken, *, by: Person) -> None:
    """End a token at once and for ever. Done twice, it is one line."""
    if not may_revoke(by, token):
        raise PermissionDenied("Vous ne pouvez pas révoquer ce jeton.")
    with transaction.atomic():
        _end_now(token, by, "asked")


def revoke_all(person: Person, territory: Territory, *, by: Person | None = None) -> int:
    """A person leaves: their tokens end, and those of the service accounts for which nobody else answers.

    `by` is None for the host's own commands. Give an account to someone else first (`entrust`) to keep it going.
    """
    own_tokens = Q(person=person) | Q(person__service__owner=person)
    with transaction.atomic():
        tokens = list(ApiToken.objects.of(territory).filter(own_tokens, revoked_at=None))
        for token in tokens:
            _end_now(token, by, "departure")
    return len(tokens)


def _end_now(token: ApiToken, by: Person | None, why: str) -> None:
    ended = ApiToken.objects.of(token.territory).filter(pk=token.pk, revoked_at=None)
    if ended.update(revoked_at=timezone.now()):
        ledger.append(token.territory, "token.revoke", by, f"token:{token.pk}", {"why": why})


def seen_by(person: Person, territory: Territory) -> list[ApiToken]:
    """The tokens that this person may know of: all for whoever lets people in, else theirs and their accounts'."""
    tokens = ApiToken.objects.of(territory).select_related("person__service", "person__service__owner")
    if not may(person, KEEPER, territory):
        tokens = tokens.filter(Q(person=person) | Q(person__service__owner=person))
    return list(tokens)


__all__ = [
    "Issued",
    "NewToken",
    "TokenError",
    "acts_for",
    "create",
    "create_service",
    "datasets_for",
    "entrust",
    "may_revoke",
    "revoke",
    "revoke_all",
    "seen_by",
]
