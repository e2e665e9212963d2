"""What opens a copy: a password, an account, an ssh key; sealed in the database, in memory only while it is read."""

import json
from dataclasses import asdict, dataclass, field

from beffroi.web.platform import sealing

from ...models import BackupCopy, CopySecret
from .readable_repository import Unreachable


@dataclass(frozen=True)
class CopyAccess:
    """`password`: of the repository; `user`, `user_secret`: of the server (rest, S3); `known_hosts`: the server's identity."""

    password: str = field(default="", repr=False)
    user: str = field(default="", repr=False)
    user_secret: str = field(default="", repr=False)
    ssh_key: str = field(default="", repr=False)
    known_hosts: str = field(default="", repr=False)

    @property
    def is_empty(self) -> bool:
        return not any(asdict(self).values())

    def seal(self) -> str:
        return sealing.seal(json.dumps({name: value for name, value in asdict(self).items() if value}))


def access_of(copy: BackupCopy) -> CopyAccess:
    """What opens this copy. Raises Unreachable when the key of the instance is not the one that sealed it."""
    row = CopySecret.objects.of(copy.territory).filter(copy=copy).first()
    if row is None:
        return CopyAccess()
    try:
        return CopyAccess(**json.loads(sealing.unseal(row.sealed)))
    except sealing.CannotUnseal:
        raise Unreachable(
            "Le secret de cette copie ne peut plus être ouvert : la clé de l'instance a changé. Donnez-le à nouveau dans "
            "« Changer le secret »."
        ) from None
