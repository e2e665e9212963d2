"""Addresses of backup repositories: which are accepted, and where the operator lets Beffroi go.

In: what a person typed. Out: an `Address`. A folder must be one that the operator opened to the territory
(`BEFFROI_SOURCE_FOLDERS`), a host one that they allowed (`BEFFROI_ALLOWED_HOSTS_OUT`). Raises ContinuityError.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from beffroi.lake.sources.errors import NotThere, SourceError
from beffroi.lake.sources.network import Network
from beffroi.web.catalogue.sources.connections import network_for
from beffroi.web.platform.models import Territory

from ...errors import ContinuityError

SECONDS: Final = 20.0
_ACCOUNT: Final = r"(?P<user>[A-Za-z0-9_][A-Za-z0-9_.-]{0,63})@(?P<host>[A-Za-z0-9][A-Za-z0-9.-]{0,250})"
_SFTP: Final = re.compile(rf"sftp:{_ACCOUNT}:(?P<path>[^\s:][^\n]*)")
_SFTP_PORT: Final = re.compile(rf"sftp://{_ACCOUNT}(?::(?P<port>\d{{1,5}}))?(?P<path>//?[^\n]+)")
_SSH: Final = re.compile(rf"ssh://{_ACCOUNT}(?::(?P<port>\d{{1,5}}))?(?P<path>/[^\n]*)")
_WEB: Final = re.compile(r"(?P<scheme>rest|s3):(?P<url>https?://[^\s@?#]+)")
_FORMS: Final = {
    "restic": "/dossier, sftp:compte@serveur:/dossier, rest:https://serveur/dépôt ou s3:https://serveur/compartiment",
    "borg": "/dossier ou ssh://compte@serveur/dossier",
}


@dataclass(frozen=True)
class Address:
    """`text`: in the words of its program; `folder`: of this machine, or `host` and `port`; `plain`: not encrypted."""

    text: str
    folder: Path | None = None
    host: str = ""
    port: int = 0
    usual: int = 0
    plain: bool = False


def parse(kind: str, text: str) -> Address:
    """The parts of an address, nothing called. `kind`: restic or borg."""
    text = text.strip()
    if text.startswith("/") and not re.search(r"[\x00-\x1f:]", text):
        return Address(text, folder=Path(text))
    if kind == "restic" and (found := _SFTP.fullmatch(text)):
        return Address(text, host=found["host"], port=22, usual=22)
    if kind == "restic" and (found := _SFTP_PORT.fullmatch(text)):
        return Address(text, host=found["host"], port=int(found["port"] or 22), usual=22)
    if kind == "borg" and (found := _SSH.fullmatch(text)):
        return Address(text, host=found["host"], port=int(found["port"] or 22), usual=22)
    if kind == "restic" and (found := _WEB.fullmatch(text)):
        parts = urlsplit(found["url"])
        plain = parts.scheme == "http"
        usual = 80 if plain else 443
        try:
            port = parts.port or usual
        except ValueError:
            port = 0
        if parts.hostname and port:
            return Address(text, host=parts.hostname, port=port, usual=usual, plain=plain)
    raise ContinuityError(
        f"Cette adresse n'est pas celle d'un dépôt {kind}. Écrivez {_FORMS[kind]}, sans mot de passe.",
        "address",
    )


def network_of(territory: Territory) -> Network:
    """What the operator lets the territory reach, for the programs that read its copies."""
    return network_for(territory, SECONDS)


def guard(territory: Territory, address: Address, *, absent: bool = False) -> Address:
    """The address, once the operator's rules let it pass, its folder resolved. `absent`: a folder that is not there is accepted.

    Raises ContinuityError, FolderAbsent.
    """
    network = network_of(territory)
    try:
        if address.folder is not None:
            try:
                real = network.resolve_local_path(str(address.folder))
            except NotThere as error:
                if absent:
                    return address
                raise FolderAbsent(
                    f"Le dossier « {address.folder} » n'est pas là. Branchez le disque ou montez le partage."
                ) from error
            return Address(str(real), folder=real)
        with network.egress() as egress:
            egress.target(address.host, address.port, usual=address.usual, plain=address.plain)
    except SourceError as error:
        raise ContinuityError(str(error), "address") from error
    return address


class FolderAbsent(ContinuityError):
    """A folder that is not there today."""
