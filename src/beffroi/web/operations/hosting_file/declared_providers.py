"""Identity providers of one territory: what the file declares beside what the instance has.

In: a territory's form. Out: differences, whose changes go through the service of providers, which calls the provider. Raises
SecretMissing.
"""

from functools import partial

from beffroi.web.platform import sealing
from beffroi.web.platform.models import Territory
from beffroi.web.tenancy.models import IdentityProvider
from beffroi.web.tenancy.signin.providers import ProviderFields, save_provider

from .connection_forms import ProviderForm
from .declared_sources import read_secret
from .file_differences import Application, Differences
from .form import TerritoryFields

COMPARED = (
    "name",
    "client_id",
    "scopes",
    "sirets",
    "email_domains",
    "role_claim",
    "role_map",
    "sensitive_by_claims",
    "requested_acr",
    "strong_acr",
    "strong_amr",
    "enabled",
)


def compare_providers(territory: Territory | None, entry: TerritoryFields, found: Differences) -> None:
    """Providers to add or to change, known by their issuer, and those that the file does not name. Call inside the territory."""
    rows = list(IdentityProvider.objects.of(territory)) if territory else []
    there = {row.issuer: row for row in rows}
    for each in entry.providers:
        row = there.pop(each.issuer, None)
        secret = read_secret("client_secret", each.client_secret_file, each.client_secret_env)
        if row is None:
            found.add("+", f"connexion « {each.name} »", partial(_save, each, secret, None))
        elif _differs(each, row) or (secret and secret != _stored(row)):
            found.add("~", f"connexion « {each.name} »", partial(_save, each, secret, row))
    found.undeclared += [f"connexion « {row.name} »" for row in there.values()]


def declared(row: IdentityProvider) -> dict[str, object]:
    """The fields of a stored provider, as the file names them."""
    return {name: getattr(row, name) for name in COMPARED}


def _differs(each: ProviderForm, row: IdentityProvider) -> bool:
    wanted = each.model_dump(mode="json")
    wanted["scopes"] = " ".join(dict.fromkeys(["openid", *each.scopes.split()]))
    return any(wanted[name] != value for name, value in declared(row).items())


def _stored(row: IdentityProvider) -> str:
    try:
        return sealing.unseal(row.sealed_secret)
    except sealing.CannotUnseal:
        return ""  # sealed by a key that is lost: written again


def _save(each: ProviderForm, secret: str, row: IdentityProvider | None, to: Application) -> None:
    fields = {name: getattr(each, name) for name in COMPARED} | {"role_map": tuple(each.role_map.items())}
    with to.inside():
        save_provider(
            to.territory,
            ProviderFields(
                issuer=each.issuer,
                client_secret=secret,
                old_logout_tokens=bool(row and row.old_logout_tokens),
                **fields,
            ),
            by=None,
            provider=row,
        )
