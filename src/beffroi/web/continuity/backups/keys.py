"""Keys by which a script reports on one copy: the only writers of these rows, one ledger line an act. A secret is told once."""

import secrets
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.utils import timezone

from beffroi.hashing import hash_secret
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import require

from ..errors import ContinuityError
from ..models import BackupCopy, BackupKey

PREFIX: Final = "bfs_"  # so that a leaked one can be searched for


@dataclass(frozen=True)
class Issued:
    """A key and its secret, which nobody can read again."""

    key: BackupKey
    secret: str


def create(copy: BackupCopy, *, by: Person) -> Issued:
    """A new key; the others of this copy go on opening until they are revoked. Raises ContinuityError."""
    require(by, "cyber.answer", copy.territory)
    if copy.kind != BackupCopy.Kind.REPORT:
        raise ContinuityError(
            "Beffroi lit cette copie lui-même, ou une personne l'atteste : elle n'a pas besoin de clé."
        )
    secret = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        key = BackupKey.objects.create(
            territory=copy.territory, copy=copy, digest=hash_secret(secret), created_by=by
        )
        ledger.append(copy.territory, "backup.key", by, f"backup-key:{key.pk}", {"copy": copy.pk})
    return Issued(key, secret)


def revoke(key: BackupKey, *, by: Person) -> None:
    """End a key at once and for ever. Done twice, it is one line."""
    require(by, "cyber.answer", key.territory)
    with transaction.atomic():
        live = BackupKey.objects.of(key.territory).filter(pk=key.pk, revoked_at=None)
        if live.update(revoked_at=timezone.now()):
            ledger.append(
                key.territory, "backup.key_revoke", by, f"backup-key:{key.pk}", {"copy": key.copy_id}
            )


def find(secret: str) -> BackupKey | None:
    """The key of this secret, if it was not revoked and its copy is still followed."""
    if not secret.startswith(PREFIX):
        return None
    with scope.nowhere(), scope.host():
        keys = BackupKey.objects.select_related("territory").filter(revoked_at=None, copy__withdrawn_at=None)
        return keys.filter(digest=hash_secret(secret)).first()


def record_use(key: BackupKey) -> None:
    """Remember the day of the last use: a day is enough to find keys that serve no more."""
    today = timezone.localdate()
    if key.last_used != today:
        BackupKey.objects.of(key.territory).filter(pk=key.pk).update(last_used=today)
