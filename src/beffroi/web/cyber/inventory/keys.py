"""Keys by which machines report: the only writers of these rows, one ledger line an act. A secret is told once.

They are not API tokens: copied to each machine, they outlast the person who made them, and let nothing be read.
"""

import secrets
from dataclasses import dataclass
from typing import Final

from django.utils import timezone

from beffroi.hashing import hash_secret
from beffroi.web.platform import scope
from beffroi.web.platform.acts import Recorded, Unchanged, act
from beffroi.web.platform.models import Person, Territory

from ..models import MachineKey, ReportedDevice

PREFIX: Final = "bfm_"  # so that a leaked one can be searched for


@dataclass(frozen=True)
class Issued:
    """A key and its secret, which nobody can read again."""

    key: MachineKey
    secret: str


@act("machine_key.create", "création d'une clé de machines", right="cyber.answer", fresh=True)
def create(
    territory: Territory, use: MachineKey.Use, *, by: Person, device: ReportedDevice | None = None
) -> Recorded[Issued]:
    """A new key. Others of the same use go on opening until they are revoked, so that machines change one after another."""
    secret = PREFIX + secrets.token_urlsafe(32)
    key = MachineKey.objects.create(
        territory=territory, use=use, device=device, digest=hash_secret(secret), created_by=by
    )
    about = {"use": use} | ({"device": device.pk} if device else {})
    return Recorded(Issued(key, secret), about, f"machine_key:{key.pk}")


@act(
    "machine_key.revoke",
    "révocation d'une clé de machines",
    right="cyber.answer",
    label="Révoquer",
    done="La clé est révoquée : les machines qui l'ont ne peuvent plus rien envoyer.",
    fresh=True,
)
def revoke(key: MachineKey, by: Person) -> Recorded[MachineKey] | Unchanged[MachineKey]:
    """End a key at once and for ever."""
    if key.revoked_at is not None:
        return Unchanged(key)
    key.revoked_at = timezone.now()
    key.save(update_fields=["revoked_at"])
    return Recorded(key)


def find(secret: str) -> MachineKey | None:
    """The key of this secret, if it was not revoked."""
    if not secret.startswith(PREFIX):
        return None
    with scope.nowhere(), scope.host():
        keys = MachineKey.objects.select_related("territory").filter(revoked_at=None)
        return keys.filter(digest=hash_secret(secret)).first()


def record_use(key: MachineKey) -> None:
    """Remember the day of the last use: a day is enough to find keys that serve no more."""
    today = timezone.localdate()
    if key.last_used != today:
        MachineKey.objects.of(key.territory).filter(pk=key.pk).update(last_used=today)
