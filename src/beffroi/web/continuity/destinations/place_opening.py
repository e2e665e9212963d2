"""Open a destination: its sealed secret, the network and the folders that the operator allows, one writer at a time."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.conf import settings

from beffroi.lake.sources import sftp as sftp_source
from beffroi.lake.sources.errors import AccessRefused
from beffroi.lake.sources.network import Network
from beffroi.lake.sources.specs import Secret, Sftp
from beffroi.web.platform import sealing
from beffroi.web.platform.models import Territory
from beffroi.web.platform.operator_folders import folders_of

from ..models import Destination
from .places import folder_place, ftps_place, sftp_place, webdav_place
from .places.place import CopyError, Place

Kind = Destination.Kind
USUAL_PORTS: Final[dict[str, int]] = {Kind.SFTP: 22, Kind.FTPS: ftps_place.USUAL_PORT}
COPY_SECONDS: Final = 900.0
TRY_SECONDS: Final = 30.0  # a page that waits for an answer
_MOST_READ: Final = 1 << 30


def network_for(territory: Territory, seconds: float) -> Network:
    return Network(
        allowed=tuple(settings.ALLOWED_HOSTS_OUT),
        max_bytes=_MOST_READ,
        seconds=seconds,
        folders=tuple(folders_of(territory, settings.COPY_FOLDERS)),
    )


def home_device() -> int:
    """Device of the instance's own disk."""
    return settings.HOME.path.stat().st_dev


def seal_secret(*, password: str, private_key: str) -> str:
    fields = {name: value for name, value in (("password", password), ("key", private_key)) if value}
    return sealing.seal(json.dumps(fields)) if fields else ""


def _secret_of(destination: Destination) -> Secret:
    if not destination.sealed_secret:
        return Secret(user=destination.account)
    try:
        return Secret(user=destination.account, **json.loads(sealing.unseal(destination.sealed_secret)))
    except sealing.CannotUnseal:
        raise AccessRefused(
            "Le mot de passe de cette destination ne peut plus être lu : la clé de l'instance a changé. Déclarez-la à nouveau."
        ) from None


@contextmanager
def opened(destination: Destination, *, seconds: float = COPY_SECONDS) -> Iterator[Place]:
    """The place, open for one writer. Raises a SourceError in French."""
    network = network_for(destination.territory, seconds)
    with _single_writer(destination), network.egress() as egress:
        secret = _secret_of(destination)
        port = destination.port or USUAL_PORTS.get(destination.kind, 0)
        if destination.kind == Kind.FOLDER:
            own = home_device() if destination.removable else None
            with folder_place.opened(
                destination.address,
                destination.folder,
                network,
                removable_from=own,
                mount_point=destination.mount_point,
            ) as place:
                yield place
        elif destination.kind == Kind.SFTP:
            with sftp_place.opened(sftp_spec(destination), secret, egress) as place:
                yield place
        elif destination.kind == Kind.FTPS:
            with ftps_place.opened(destination.address, port, destination.folder, secret, egress) as place:
                yield place
        elif destination.kind == Kind.WEBDAV:
            with webdav_place.opened(destination.address, destination.folder, secret, egress) as place:
                yield place
        else:
            raise CopyError("Cette destination se remplit à la main.")


def sftp_spec(destination: Destination) -> Sftp:
    return Sftp(
        host=destination.address,
        port=destination.port or USUAL_PORTS[Kind.SFTP],
        path=destination.folder,
        host_key=destination.host_key,
    )


def host_key_of(destination: Destination) -> str:
    """Host key that an SFTP server presents now. Raises a SourceError."""
    with network_for(destination.territory, TRY_SECONDS).egress() as egress:
        return sftp_source.pin_host_key(sftp_spec(destination), Secret(), egress).host_key


@contextmanager
def _single_writer(destination: Destination) -> Iterator[None]:
    """Among all processes; released by the system if this one dies."""
    settings.HOME.run.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(settings.HOME.run / f"copy-{destination.pk}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CopyError("Une autre copie y est en cours. Recommencez dans quelques minutes.") from None
        yield
    finally:
        os.close(handle)
