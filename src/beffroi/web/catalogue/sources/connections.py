"""Connections of stored sources: their secret sealed and opened, the network that the operator allows.

Out: a `Secret`, and a `Network` limited to the folders that the operator opened to the territory.
"""

import json
from typing import Final

from django.conf import settings

from beffroi.lake.sources import Secret
from beffroi.lake.sources.errors import AccessRefused
from beffroi.lake.sources.network import Network
from beffroi.web.platform import sealing
from beffroi.web.platform.models import Territory
from beffroi.web.platform.operator_folders import folders_of

TRY_SECONDS: Final = 20.0  # a page that waits for an answer
FETCH_SECONDS: Final = 3600.0


def network_for(territory: Territory, seconds: float) -> Network:
    return Network(
        allowed=tuple(settings.ALLOWED_HOSTS_OUT),
        max_bytes=int(settings.BEFFROI_MAX_UPLOAD),
        seconds=seconds,
        folders=tuple(folders_of(territory, settings.SOURCE_FOLDERS)),
        unverified=tuple(settings.UNVERIFIED_SERVERS),
    )


def seal_secret(secret: Secret) -> str:
    fields = {"user": secret.user, "password": secret.password, "key": secret.key, "token": secret.token}
    filled = {name: value for name, value in fields.items() if value}
    return sealing.seal(json.dumps(filled)) if filled else ""


def open_secret(text: str) -> Secret:
    """The secret again. Raises AccessRefused when the instance's key has changed."""
    if not text:
        return Secret()
    try:
        return Secret(**json.loads(sealing.unseal(text)))
    except sealing.CannotUnseal:
        raise AccessRefused(
            "Le secret de cette source ne peut plus être ouvert : la clé de l'instance a changé. Saisissez-le à nouveau."
        ) from None
