"""A territory's identity providers: the only writers of these rows, one ledger line a change, never the secret."""

import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from allauth.usersessions.models import UserSession
from django.db import transaction

from beffroi.web.platform import ledger, sealing
from beffroi.web.platform.http.egress import EgressDenied, check
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import ROLES, require
from beffroi.web.ui.form_errors import FieldError

from ..models import ClaimedRole, IdentityProvider
from .arrivals import NEVER_CLAIMED, apply_roles
from .factors import SENSITIVE
from .oidc import Fault, discover


class ProviderError(FieldError):
    """A refusal told to the administrator, in French."""


@dataclass(frozen=True)
class ProviderFields:
    """What an administrator says of a provider; an empty secret keeps the one that is there."""

    name: str
    issuer: str
    client_id: str
    client_secret: str
    scopes: str = "openid email"
    sirets: tuple[str, ...] = ()
    email_domains: tuple[str, ...] = ()
    role_claim: str = ""
    role_map: tuple[tuple[str, str], ...] = ()
    sensitive_by_claims: bool = False
    requested_acr: str = ""
    strong_acr: tuple[str, ...] = ()
    strong_amr: tuple[str, ...] = ()
    old_logout_tokens: bool = False
    enabled: bool = True


def save_provider(
    territory: Territory,
    fields: ProviderFields,
    *,
    by: Person | None,
    provider: IdentityProvider | None = None,
) -> IdentityProvider:
    """Add a provider, or change one (its issuer never changes). It must answer now, at addresses that the operator allowed."""
    if by is not None:  # None: the host's own commands
        require(by, "provider.manage", territory)
    issuer = provider.issuer if provider else fields.issuer.strip()
    _check_roles(fields)
    if provider is None and not fields.client_secret:
        raise ProviderError("Indiquez le secret que le fournisseur vous a remis avec l'identifiant client.")
    try:
        check(issuer)
        found = discover(issuer)
    except EgressDenied as error:
        raise ProviderError(str(error)) from error
    except Fault as fault:
        problem = "ne répond pas" if fault.reason == "down" else "ne se décrit pas comme prévu"
        raise ProviderError(
            f"Le fournisseur {issuer} {problem} (à l'adresse /.well-known/openid-configuration). Rien n'est enregistré."
        ) from fault
    page = urlsplit(found["authorization_endpoint"])
    with transaction.atomic():
        act = "provider.change" if provider else "provider.add"
        provider = provider or IdentityProvider(
            territory=territory, public_id=f"{territory.slug[:20]}-{secrets.token_hex(4)}", issuer=issuer
        )
        for name in (
            "name",
            "client_id",
            "role_claim",
            "sensitive_by_claims",
            "requested_acr",
            "old_logout_tokens",
            "enabled",
        ):
            setattr(provider, name, getattr(fields, name))
        provider.scopes = " ".join(dict.fromkeys(["openid", *fields.scopes.split()]))
        provider.sirets, provider.email_domains = (
            list(fields.sirets),
            [d.lower() for d in fields.email_domains],
        )
        provider.role_map = dict(fields.role_map)
        provider.strong_acr, provider.strong_amr = list(fields.strong_acr), list(fields.strong_amr)
        provider.form_origin = f"{page.scheme}://{page.netloc}"
        if fields.client_secret:
            provider.sealed_secret = sealing.seal(fields.client_secret)
        provider.save()
        if not provider.enabled:
            _close(provider)
        payload = {
            "name": provider.name,
            "issuer": provider.issuer,
            "enabled": provider.enabled,
            "sirets": provider.sirets,
            "role_map": provider.role_map,
            "sensitive_by_claims": provider.sensitive_by_claims,
            "strong": [*provider.strong_acr, *provider.strong_amr],
            "old_logout_tokens": provider.old_logout_tokens,
            "secret_changed": bool(fields.client_secret),
        }
        ledger.append(territory, act, by, f"provider:{provider.pk}", payload)
    return provider


def _check_roles(fields: ProviderFields) -> None:
    unknown = [role for _, role in fields.role_map if role not in ROLES]
    if unknown:
        raise ProviderError(f"Rôle inconnu : {', '.join(unknown)}. Rôles possibles : {', '.join(ROLES)}.")
    asking = sorted({role for _, role in fields.role_map} & NEVER_CLAIMED)
    if asking:
        named = ", ".join(ROLES[role] for role in asking)
        raise ProviderError(
            f"Un fournisseur ne peut pas donner ces rôles : {named}. Ils demandent un acte, une date de fin ou des objets "
            "nommés : donnez-les sur la page « Personnes »."
        )
    sensitive = sorted({role for _, role in fields.role_map} & SENSITIVE)
    if sensitive and not fields.sensitive_by_claims:
        named = ", ".join(ROLES[role] for role in sensitive)
        raise ProviderError(
            f"Ces rôles sont sensibles : {named}. Donnez-les sur la page « Personnes », ou cochez « donner aussi des rôles sensibles »."
        )
    if fields.role_map and not fields.role_claim:
        raise ProviderError("Indiquez quel attribut porte les rôles.")


def _close(provider: IdentityProvider) -> None:
    """Out of service: the sessions that it opened end, and so do the roles that only it gives."""
    for row in UserSession.objects.filter(data__provider=provider.public_id):
        row.end()
    for person in Person.objects.filter(
        pk__in=list(
            ClaimedRole.objects.of(provider.territory)
            .filter(provider=provider)
            .values_list("person", flat=True)
        )
    ):
        apply_roles(provider, person, set())
