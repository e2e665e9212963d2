"""The home's secret key exchanged for a new one: what the former sealed is sealed again, what it signed no longer counts.

In: a home that does not serve. Out: how many secrets were sealed again. Cut short, the same call finishes it: the former key
stays beside the new one until the last secret is sealed.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.db import transaction

from beffroi.home import Home, HomeError, write_safely
from beffroi.web.catalogue.sources.models import Source
from beffroi.web.territories import ledger, scope
from beffroi.web.territories.models import IdentityProvider, Territory
from beffroi.web.territories.signin import sealing

from . import integrity
from .locks import exclusive

SERVING = "Cette instance est en service : arrêtez-la avant de remplacer sa clé (systemctl stop beffroi). Rien n'a été modifié."


@dataclass(frozen=True)
class _Keys:
    new: str
    former: str

    def again(self, sealed: str) -> str:
        return sealing.seal(sealing.unseal(sealed, (self.new, self.former)), self.new)

    def throughout(self, value: Any) -> Any:
        """The same value, each sealed text in it sealed again."""
        if isinstance(value, dict):
            return {name: self.throughout(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self.throughout(one) for one in value]
        return self.again(value) if isinstance(value, str) and sealing.is_sealed(value) else value


def renew_secret(home: Home) -> int:
    """Give the home a new secret key. Everybody signs in again. Raises HomeError while it serves, or for an unknown seal."""
    with exclusive(home, "serve", SERVING):
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


def _seal_again(keys: _Keys) -> int:
    count = 0
    for authenticator in Authenticator.objects.all():
        data = keys.throughout(authenticator.data)
        if data != authenticator.data:
            Authenticator.objects.filter(pk=authenticator.pk).update(data=data)
            count += 1
    for territory in Territory.objects.all():
        with scope.inside(territory):
            for model in (IdentityProvider, Source):
                for pk, sealed in model.objects.of(territory).values_list("pk", "sealed_secret"):
                    if sealed:
                        model.objects.of(territory).filter(pk=pk).update(sealed_secret=keys.again(sealed))
                        count += 1
    return count
