"""Keys by which a script reports on one copy: the only writers of these rows, each an act. A secret is shown once."""

import secrets
from dataclasses import dataclass
from typing import Final

from django.utils import timezone

from beffroi.hashing import hash_secret
from beffroi.web.platform import scope
from beffroi.web.platform.acts import Recorded, Unchanged, act
from beffroi.web.platform.models import Person

from ..errors import ContinuityError
from ..models import BackupCopy, BackupKey

PREFIX: Final = "bfs_"  # so that a leaked one can be searched for


@dataclass(frozen=True)
class Issued:
    """A key and its secret, which nobody can read again."""

    key: BackupKey
    secret: str


@act("backup.key", "création d'une clé de compte rendu de sauvegarde", right="cyber.answer", fresh=True)
def create(copy: BackupCopy, *, by: Person) -> Recorded[Issued]:
    """A new key; the others of this copy go on opening until they are revoked. Raises ContinuityError."""
    if copy.kind != BackupCopy.Kind.REPORT:
        raise ContinuityError(
            "Beffroi lit cette copie lui-même, ou une personne l'atteste : elle n'a pas besoin de clé."
        )
    secret = PREFIX + secrets.token_urlsafe(32)
    key = BackupKey.objects.create(
        territory=copy.territory, copy=copy, digest=hash_secret(secret), created_by=by
    )
    return Recorded(Issued(key, secret), {"copy": copy.pk}, f"backup-key:{key.pk}")


@act(
    "backup.key_revoke",
    "révocation d'une clé de compte rendu de sauvegarde",
    right="cyber.answer",
    label="Révoquer",
    done="La clé est révoquée : le script qui l'a ne peut plus rien envoyer.",
    fresh=True,
)
def revoke(key: BackupKey, by: Person) -> Recorded[BackupKey] | Unchanged[BackupKey]:
    """End a key at once and for ever."""
    if key.revoked_at is not None:
        return Unchanged(key)
    key.revoked_at = timezone.now()
    key.save(update_fields=["revoked_at"])
    return Recorded(key, {"copy": key.copy_id}, f"backup-key:{key.pk}")


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
