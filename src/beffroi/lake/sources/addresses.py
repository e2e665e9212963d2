"""Classification of network addresses, and the operator's allow list. Pure functions: no name is resolved here.

In: host names and addresses as written by a user or a server. Out: their canonical form, or the reason of a refusal.
"""

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from beffroi.lake.sources.errors import AddressRefused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

LOOPBACK_NAMES = frozenset({"localhost", "ip6-localhost", "ip6-loopback"})
# Public by their number, but they answer the machine itself: the metadata of Azure's and Oracle's clouds.
_METADATA = frozenset(
    map(ipaddress.ip_address, ("168.63.129.16", "169.254.169.254", "192.0.0.192", "fd00:ec2::254"))
)
_OWN = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))
_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
_COMPATIBLE = ipaddress.IPv6Network("::/96")


def host_of(text: str) -> str:
    """Canonical form of a host: lower case, ASCII (IDNA), addresses in standard notation.

    Raises AddressRefused for notations that only some libraries accept (2130706433, 0x7f.1, 127.1, zones).
    """
    host = text.strip().removeprefix("[").removesuffix("]").rstrip(".").lower()
    address = literal_of(host)
    if address is not None:
        return str(address)
    if not host or "%" in host or any(sign.isspace() or sign in "/@?#\\:" for sign in host):
        raise AddressRefused(f"« {text[:200]} » n'est pas un nom de serveur.")
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii").lower()
        except UnicodeError as error:
            raise AddressRefused(f"« {text[:200]} » n'est pas un nom de serveur.") from error
        if literal_of(host) is not None:
            raise AddressRefused(f"« {text[:200]} » cache une adresse : écrivez-la en chiffres ordinaires.")
    try:
        socket.inet_aton(host)
    except (OSError, ValueError):
        return host
    raise AddressRefused(
        f"« {text[:200]} » est une écriture inhabituelle d'une adresse : écrivez-la sous sa forme ordinaire (a.b.c.d)."
    )


def literal_of(host: str) -> Address | None:
    """IP address of a host written as one, in standard notation; None for a name."""
    if "%" in host:
        return None
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def is_inside(address: Address, *, private: bool = False) -> bool:
    """Whether an address is internal: loopback, private, link-local, metadata, multicast, reserved, or embeds such a one.

    `private`: private networks (RFC 1918, RFC 4193) do not count as internal.
    """
    if private and address not in _METADATA and any(address in network for network in _OWN):
        return False
    if address in _METADATA or not address.is_global or address.is_multicast or address.is_reserved:
        return True
    if isinstance(address, ipaddress.IPv6Address):
        if address.is_site_local:
            return True
        return any(is_inside(hidden) for hidden in _hidden(address))
    return False


def _hidden(address: ipaddress.IPv6Address) -> Iterable[ipaddress.IPv4Address]:
    """IPv4 addresses embedded in an IPv6 one: mapped, 6to4, Teredo, NAT64."""
    if address.ipv4_mapped:
        yield address.ipv4_mapped
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo
    if address in _COMPATIBLE or any(address in network for network in _NAT64):
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


@dataclass(frozen=True)
class Entry:
    """Entry of the allow list: `host`, `host:port`, or either after `http://` for unencrypted traffic."""

    host: str
    port: int | None
    plain: bool

    def opens(self, host: str, port: int, usual: int) -> bool:
        """Whether the entry allows this host and port; without a port, only the protocol's default one."""
        return self.host == host and port == (usual if self.port is None else self.port)


def entries(allowed: Iterable[str]) -> list[Entry]:
    """Parsed allow list. An invalid entry allows nothing."""
    found = []
    for text in allowed:
        scheme, mark, rest = text.strip().partition("://")
        plain = bool(mark) and scheme.lower() == "http"
        try:
            parts = urlsplit(f"//{_bracketed(rest if mark else scheme)}")
            found.append(Entry(host_of(parts.hostname or ""), parts.port, plain))
        except (AddressRefused, ValueError):
            continue
    return found


def _bracketed(text: str) -> str:
    return f"[{text}]" if text.count(":") > 1 and not text.startswith("[") else text
