"""Someone comes back from a territory's provider: whether they enter, with which roles. One transaction, or nothing.

A person is known by the provider and its `sub`, never by an e-mail: a territory's provider may assert any address, and a person
may belong to several territories. Linking is done by the person, from a session of their own or from an invitation.
"""

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.http import HttpRequest

from beffroi.lake.invisible_characters import strip_invisible
from beffroi.web.platform import ledger
from beffroi.web.platform.errors import PeopleError
from beffroi.web.platform.models import Membership, Person
from beffroi.web.platform.rights import BOUND, DATED, NOT_ASSIGNABLE, ROLES, active_roles, roles_of
from beffroi.web.platform.scope import inside

from .. import membership
from ..models import ClaimedRole, IdentityProvider
from .factors import SENSITIVE
from .failures import failed
from .oidc import signed_in_at
from .origin import ProviderSession, now, provider_session

# What asks for more than a claim can say: an election's legal act, an end date, the resources that it is limited to.
NEVER_CLAIMED = (
    NOT_ASSIGNABLE | DATED | {"decider", "service"} | {role for role, bound in BOUND.items() if bound.must}
)


class _Refused(Exception):
    """Why not; rolls back what was begun."""


def receive(request: HttpRequest, login: Any, provider: IdentityProvider) -> None:
    """Let `login` go on with its person, or raise the page that says why not."""
    claims: dict[str, Any] = login.claims
    try:
        with inside(provider.territory):
            with transaction.atomic():
                entering = _decide(request, login, provider, claims)
            # After the transaction: the roles that the claim ended stay ended.
            if entering and not roles_of(login.user, provider.territory):
                raise _Refused("no_role")
    except _Refused as refused:
        raise ImmediateHttpResponse(failed(request, str(refused), provider.public_id)) from None
    if not entering:
        return
    request._beffroi_origin = ProviderSession(  # type: ignore[attr-defined]
        provider=provider.public_id,
        territory=provider.territory_id,
        person=login.user.pk,
        second_factor=is_strong(provider, claims),
        # A provider that does not say when counts as one that asked long ago.
        at=min(now(), signed_in_at(claims) or 0.0),
        id_token=login.raw_id_token,
        sid=str(claims.get("sid", "")),
        sub=claims["sub"],
        end_session=login.end_session_endpoint,
    )


def _decide(request: HttpRequest, login: Any, provider: IdentityProvider, claims: dict[str, Any]) -> bool:
    """True for a person who enters, their roles brought up to date; False for one who links; else `_Refused`."""
    if not provider.enabled:
        raise _Refused("disabled")
    if provider.sirets and _digits(claims.get("siret")) not in provider.sirets:
        raise _Refused("siret")
    login.account._provider = login.provider  # allauth would look it up again
    if login.state.get("process") == "connect":
        person = request.user
        is_member = isinstance(person, Person) and bool(roles_of(person, provider.territory))
        if not is_member or only_by_provider(request):
            raise _Refused("not_yours")
        return False
    roles = claimed_roles(provider, claims)
    if not login.is_existing:
        if not roles:
            raise _Refused("not_invited")
        login.connect(request, _newcomer(claims))
    apply_roles(provider, login.user, roles)
    return True


def _digits(value: object) -> str:
    return "".join(c for c in str(value or "") if c.isdigit())


def only_by_provider(request: HttpRequest) -> bool:
    """Whether a provider alone vouches for this session: no password, key or code of the person's own."""
    if provider_session(request) is None or not isinstance(request.user, Person):
        return False
    records = get_authentication_records(request, request.user)
    return not any(r.get("method") in {"password", "mfa"} for r in records)


def _newcomer(claims: dict[str, Any]) -> Person:
    email = str(claims.get("email") or "").strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise _Refused("not_invited") from None
    if Person.objects.filter(email__iexact=email).exists():
        # The same page as for someone not invited: whether an account exists is nobody's business.
        raise _Refused("not_invited")
    family = claims.get("usual_name") or claims.get("family_name") or ""
    name = " ".join(str(part) for part in (claims.get("given_name"), family) if part)
    return Person.objects.create_user(email, name=(strip_invisible(name) or email.split("@")[0])[:120])


def claimed_roles(provider: IdentityProvider, claims: dict[str, Any]) -> set[str]:
    """Roles given by the claim, among those that the administrator listed."""
    if not provider.role_claim:
        return set()
    value: Any = claims
    for part in provider.role_claim.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    values = _texts(value)
    roles = {role for text, role in provider.role_map.items() if text in values and role in ROLES}
    roles -= NEVER_CLAIMED
    return roles if provider.sensitive_by_claims else roles - SENSITIVE


def apply_roles(provider: IdentityProvider, person: Person, roles: set[str]) -> None:
    """Give what the claim says, end what it no longer says; a role given by hand is left alone, a suspension holds."""
    territory = provider.territory
    if membership.suspended(territory, person):
        return
    claimed = {
        row.role: row for row in ClaimedRole.objects.of(territory).filter(provider=provider, person=person)
    }
    running = {row.role for row in membership.running(territory, person)}
    granted, ended = [], sorted(claimed.keys() - roles)
    ended_rows = Membership.objects.of(territory).filter(
        person=person, role__in=ended, resource="", delegation=None
    )
    membership.close(ended_rows)
    for role in sorted(roles - claimed.keys() - running):
        try:
            membership.check_compatible((running - set(ended)) | {*granted, role})
        except PeopleError:
            continue  # two hats that are not worn together: the first stays
        Membership.objects.create(territory=territory, person=person, role=role)
        ClaimedRole.objects.create(territory=territory, provider=provider, person=person, role=role)
        granted.append(role)
    for role in ended:
        claimed[role].delete()
    if granted or ended:
        payload = {"provider": provider.pk, "given": granted, "ended": ended}
        ledger.append(territory, "provider.roles", None, f"person:{person.pk}", payload)
    active_roles.clear_cache()


def is_strong(provider: IdentityProvider, claims: dict[str, Any]) -> bool:
    """Whether the provider says that it asked a second factor, in the words that the administrator listed."""
    strong = _texts(claims.get("acr")) & set(provider.strong_acr) or _texts(claims.get("amr")) & set(
        provider.strong_amr
    )
    return bool(strong)


def _texts(claim: object) -> set[str]:
    """The texts of a claim, which a provider writes alone or in a list; whatever else it wrote says nothing."""
    found = claim if isinstance(claim, list) else [claim]
    return {value for value in found if isinstance(value, str)}
