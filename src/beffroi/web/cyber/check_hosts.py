"""Hosts that checks may call: the names that the operator opened to them, once a territory declared what is there.

In: a host of a declared site or domain. Out: whether it is open; the list of a call to it. The operator opens names or all those below
one (`BEFFROI_CHECK_HOSTS`), once; a territory's declaration then needs no other setting. An address and this machine are never
opened so, and a name that leads inside is refused as anywhere (`lake.sources.network`).
"""

from django.conf import settings

from beffroi.lake.sources.addresses import LOOPBACK_NAMES, host_of, literal_of
from beffroi.lake.sources.errors import AddressRefused


def is_open(host: str) -> bool:
    """Whether the operator opened this host to checks."""
    try:
        name = host_of(host)
    except AddressRefused:
        return False
    if name in LOOPBACK_NAMES or literal_of(name) is not None:
        return False
    return any(
        name.endswith(pattern[1:]) if pattern.startswith("*.") else name == pattern
        for pattern in settings.CHECK_HOSTS
    )


def allowed_for(host: str) -> list[str]:
    """What the operator lists for every call, and this host on its usual ports where it is open to checks."""
    own = [host, f"http://{host}"] if is_open(host) else []
    return [*settings.ALLOWED_HOSTS_OUT, *own]
