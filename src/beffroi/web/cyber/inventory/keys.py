"""Keys by which machines report: the only writers of these rows, one ledger line an act. A secret is told once.

They are not API tokens: copied to each machine, they outlast the person who made them, and let nothing be read.
"""

import secrets
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.utils import timezone

from beffroi.hashing import hash_secret
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require

from ..models import MachineKey, ReportedDevice

PREFIX: Final = "bfm_"  # so that a leaked one can be searched for


@dataclass(frozen=True)
class Issued:
    """A key and its secret, which nobody can read again."""

    key: MachineKey
    secret: str


def create(
    territory: Territory, use: MachineKey.Use, *, by: Person, device: ReportedDevice | None = None
) -> Issued:
    """A new key. Others of the same use go on opening until they are revoked, so that machines change one after another."""
    require(by, "cyber.answer", territory)
    secret = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        key = MachineKey.objects.create(
            territory=territory, use=use, device=device, digest=hash_secret(secret), created_by=by
        )
        about = {"use": use} | ({"device": device.pk} if device else {})
        ledger.append(territory, "machine_key.create", by, f"machine_key:{key.pk}", about)
    return Issued(key, secret)


def revoke(key: MachineKey, *, by: Person) -> None:
    """End a key at once and for ever. Done twice, it is one line."""
    require(by, "cyber.answer", key.territory)
    with transaction.atomic():
        if (
            MachineKey.objects.of(key.territory)
            .filter(pk=key.pk, revoked_at=None)
            .update(revoked_at=timezone.now())
        ):
            ledger.append(key.territory, "machine_key.revoke", by, f"machine_key:{key.pk}", {})


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
