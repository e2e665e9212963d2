"""The home's secret key, and the key of notebooks' accesses, exchanged for new ones: what the former signed no longer counts.

In: a home that does not serve. Out: how many secrets were sealed again. Cut short, the same call finishes it: the former key
stays beside the new one until the last secret is sealed. The ledger's key is in `ledger_key`.
"""

import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.db.models.functions import Cast

from beffroi.home import Home, HomeError, write_safely
from beffroi.lake import grant_files
from beffroi.ledger.chain import RENEWAL
from beffroi.ledger.roots import fingerprint
from beffroi.web.catalogue.sources.models import Source
from beffroi.web.continuity.models import CopySecret, Destination, KitPhrase, SiteKey
from beffroi.web.platform import ledger, scope, sealing
from beffroi.web.platform.ledger import LedgerError
from beffroi.web.platform.ledger import keys as ledger_keys
from beffroi.web.platform.models import Territory, TerritoryOwned
from beffroi.web.platform.postgresql import isolation
from beffroi.web.tenancy.models import IdentityProvider

from . import integrity
from .locks import not_serving


@dataclass(frozen=True)
class _Keys:
    new: str
    former: str

    def again(self, sealed: str) -> str:
        return sealing.seal(sealing.unseal(sealed, (self.new, self.former)), self.new)

    def throughout(self, value: Any) -> Any:
        """The same value, each sealed text in it sealed again; what anybody typed with the mark of one opens with no key, and stays."""
        if isinstance(value, dict):
            return {name: self.throughout(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self.throughout(one) for one in value]
        if isinstance(value, str) and sealing.is_sealed(value):
            with suppress(sealing.CannotUnseal):
                return self.again(value)
        return value


def renew_secret(home: Home) -> int:
    """Give the home a new secret key. Everybody signs in again. Raises HomeError while it serves, or for an unknown seal."""
    with not_serving(home):
        current, former = home.secret_key.read_bytes(), home.former_secret_key
        if not former.is_file() or former.read_bytes() == current:
            write_safely(former, current)
            write_safely(home.secret_key, secrets.token_urlsafe(48).encode())
        keys = _Keys(home.secret_key.read_text("ascii"), former.read_text("ascii"))
        try:
            with transaction.atomic():
                count = _seal_again(keys)
                Session.objects.all().delete()
                with scope.host():
                    ledger.append(None, "host.renew_secret", None, "host", {"secrets": count})
        except sealing.CannotUnseal:
            raise HomeError(
                "Un secret de cette instance n'a été scellé ni par sa clé ni par la précédente : aucun n'a été changé dans la base, "
                f"et les deux clés sont gardées ({home.secret_key.name}, {former.name}). Saisissez-le à nouveau, "
                "ou restaurez la clé d'une sauvegarde, puis recommencez."
            ) from None
        integrity.declare_key(home, home.secret_key)
        former.unlink()
    return count


def renew_grants(home: Home) -> None:
    """Give the notebooks' accesses a new key: those handed over until now open nothing more. Raises HomeError while it serves.

    They live a day at most, so that none is signed again: whoever needs one asks for it. Done again, it ends a cut one.
    """
    with not_serving(home):
        grant_files.renew_key(home.path)
        with scope.host():
            ledger.append(None, "host.renew_grants_key", None, "host", {})


@dataclass(frozen=True)
class KeyState:
    """A key of the home: its file, what it is for (French), the fingerprint of its public half, when it was last exchanged."""

    which: str
    name: str
    purpose: str
    fingerprint: str
    renewed_at: str  # ISO 8601; "" for never
    unfinished: bool = False


def states_of(home: Home) -> list[KeyState]:
    """Each key of the home, in the order of `beffroi key renew --which`. Raises HomeError when the ledger's is not readable."""
    try:
        signing = fingerprint(ledger_keys.signing_key().public_key())
    except LedgerError as error:
        raise HomeError(str(error)) from error
    grants = grant_files.public_key(home.path)
    return [
        KeyState(
            "secret", home.secret_key.name, "signe les cookies, scelle les secrets gardés", "",
            _renewed_at("host.renew_secret"), home.former_secret_key.is_file(),
        ),
        KeyState(
            "ledger", home.ledger_key.name, "signe les empreintes du registre et les certificats d'effacement", signing,
            _renewed_at(RENEWAL), home.next_ledger_key.is_file(),
        ),
        KeyState(
            "grants", grant_files.SECRET, "signe les accès de carnet", fingerprint(grants) if grants else "",
            _renewed_at("host.renew_grants_key"),
        ),
    ]  # fmt: skip


def _renewed_at(act: str) -> str:
    with scope.host():
        return ledger.lines_of(None).filter(act=act).values_list("at", flat=True).last() or ""


@dataclass(frozen=True)
class UnreadableSecrets:
    """What the present secret key cannot open: names in French, and addresses of the people whose second factor it is."""

    holders: list[str]
    of_people: list[str]


def unreadable_secrets(home: Home) -> UnreadableSecrets:
    """The secrets that another key sealed: they are to be given again."""
    key = home.secret_key.read_text("ascii")

    def is_lost(value: Any) -> bool:
        if isinstance(value, dict | list):
            return any(map(is_lost, value.values() if isinstance(value, dict) else value))
        if not (isinstance(value, str) and sealing.is_sealed(value)):
            return False
        try:
            sealing.unseal(value, (key,))
        except sealing.CannotUnseal:
            return True
        return False

    factors = Authenticator.objects.select_related("user").order_by("user__email")
    people = [each.user.email for each in factors if is_lost(each.data)]
    holders = []
    for territory in Territory.objects.order_by("pk"):
        with scope.inside(territory):
            for provider in IdentityProvider.objects.of(territory).order_by("pk"):
                if is_lost(provider.sealed_secret):
                    holders.append(f"service de connexion « {provider.name} » de {territory.name}")
            for source in Source.objects.of(territory).order_by("pk"):
                if is_lost(source.sealed_secret):
                    holders.append(f"source « {source.title} » de {territory.name}")
            for destination in Destination.objects.of(territory).order_by("pk"):
                if is_lost(destination.sealed_secret):
                    holders.append(f"destination « {destination} » de {territory.name}")
            for copy in CopySecret.objects.of(territory).select_related("copy").order_by("pk"):
                if is_lost(copy.sealed):
                    holders.append(f"secret de la copie de sauvegarde « {copy.copy} » de {territory.name}")
            phrase = KitPhrase.objects.of(territory).last()
            if phrase is not None and is_lost(phrase.sealed):
                holders.append(f"phrase de passe du kit hors ligne de {territory.name}")
            if any(
                is_lost(key.sealed_secret) for key in SiteKey.objects.of(territory).filter(replaced_at=None)
            ):
                holders.append(f"clé qui signe la page des habitants de {territory.name}")
    return UnreadableSecrets(holders, list(dict.fromkeys(people)))


def _seal_again(keys: _Keys) -> int:
    count = 0
    for authenticator in Authenticator.objects.all():
        data = keys.throughout(authenticator.data)
        if data != authenticator.data:
            Authenticator.objects.filter(pk=authenticator.pk).update(data=data)
            count += 1
    for territory in Territory.objects.all():
        with scope.inside(territory):
            for model, name in sealed_columns():
                for pk, sealed in model._default_manager.values_list("pk", name):
                    if sealed:
                        model._default_manager.filter(pk=pk).update(**{name: keys.again(sealed)})
                        count += 1
            for model, name in json_columns():
                text = Cast(name, models.TextField())
                with_secret = model._default_manager.alias(_text=text).filter(_text__contains=sealing.MARK)
                for pk, value in with_secret.values_list("pk", name):
                    if (again := keys.throughout(value)) != value:
                        model._default_manager.filter(pk=pk).update(**{name: again})
                        count += 1
            count += _seal_phrase_again(territory, keys)
    return count


def sealed_columns() -> list[tuple[type[models.Model], str]]:
    """Columns of territories' rows that hold sealed texts, by their names; but those that are append-only."""
    return [
        (model, field.name)
        for model in isolation.house_models()
        if issubclass(model, TerritoryOwned) and model is not KitPhrase
        for field in model._meta.concrete_fields
        if isinstance(field, models.TextField) and field.name.startswith("sealed")
    ]


def json_columns() -> list[tuple[type[models.Model], str]]:
    """Columns of territories' rows that hold JSON, in which a sealed text may stand: the token of a job that waits."""
    return [
        (model, field.name)
        for model in isolation.house_models()
        if issubclass(model, TerritoryOwned)
        for field in model._meta.concrete_fields
        if isinstance(field, models.JSONField)
    ]


def _seal_phrase_again(territory: Territory, keys: _Keys) -> int:
    """The passphrase in use, in a further row: none is rewritten."""
    last = KitPhrase.objects.of(territory).last()
    if last is None:
        return 0
    KitPhrase.objects.create(territory=territory, sealed=keys.again(last.sealed), by=last.by, at=last.at)
    return 1
