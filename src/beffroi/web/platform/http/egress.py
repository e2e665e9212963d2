"""Outbound HTTP: only to the hosts listed in `BEFFROI_ALLOWED_HOSTS_OUT`, over TLS.

The guard is the one of the sources (`lake.sources.network`): a machine's own loopback must be listed literally, a listed
name that resolves to loopback or to the link's addresses is refused, and the call goes to the very address that was judged.
"""

from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies

from beffroi.lake.sources.addresses import LOOPBACK_NAMES
from beffroi.lake.sources.errors import AddressRefused, SourceDown, TooMuch
from beffroi.lake.sources.http import connection_pool
from beffroi.lake.sources.network import Egress, Network

MAX_RESPONSE_SIZE = 1 << 20  # bytes
_LOOPBACK = {"127.0.0.1", "::1"} | LOOPBACK_NAMES
_PORTS = {"https": 443, "http": 80}


class EgressDenied(Exception):
    """An address that the operator did not allow; the message is French and says what to do."""


def check(url: str) -> None:
    """Raise EgressDenied unless the operator allowed this address."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    try:
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        port = 0
    if not host or not port or parts.username or parts.password:
        raise EgressDenied(f"L'adresse {url[:200]} n'est pas une adresse de service complète (https://…).")
    if parts.scheme != "https" and host not in _LOOPBACK:
        raise EgressDenied(f"L'adresse {url[:200]} doit commencer par https://.")
    with _network(1.0).egress() as connector:
        try:
            connector.target(host, port)
        except AddressRefused as error:
            setting = "BEFFROI_ALLOWED_HOSTS_OUT"
            message = str(error) if setting in str(error) else f"{error} C'est le réglage {setting}."
            raise EgressDenied(message) from error
        except SourceDown:
            return  # behind a proxy names may not resolve here; without one the call fails by itself


def _network(seconds: float) -> Network:
    """Names may lead to the operator's own networks: an identity provider is often inside."""
    return Network(settings.ALLOWED_HOSTS_OUT, MAX_RESPONSE_SIZE, seconds, private=True)


class _EgressAdapter(HTTPAdapter):
    """HTTP adapter whose sockets come from `Egress`; those through a proxy are the proxy's business."""

    def __init__(self, connector: Egress) -> None:
        self._connector = connector
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        self.poolmanager = connection_pool(self._connector)


class GuardedSession(requests.Session):
    """A requests session that asks `check` first, follows no redirection, reads no `.netrc`, and stops at a megabyte."""

    def __init__(self, *, timeout: float = 5.0) -> None:
        super().__init__()
        self.trust_env = False
        self.timeout = timeout

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        check(str(url))
        kwargs["timeout"] = self.timeout
        kwargs["allow_redirects"] = False
        kwargs["stream"] = True
        kwargs.setdefault("proxies", get_environ_proxies(str(url)))
        with _network(4 * self.timeout).egress() as connector:
            for scheme in _PORTS:
                self.mount(f"{scheme}://", _EgressAdapter(connector))
            try:
                response = super().request(method, url, *args, **kwargs)
                body = response.raw.read(MAX_RESPONSE_SIZE + 1, decode_content=True)
                response.close()
            except AddressRefused as error:
                raise EgressDenied(str(error)) from error
            except (SourceDown, TooMuch) as error:
                raise requests.exceptions.ConnectionError(str(error)) from error
        if len(body) > MAX_RESPONSE_SIZE:
            raise requests.exceptions.ContentDecodingError("answer too long")
        response._content = body
        response._content_consumed = True  # type: ignore[attr-defined]
        return response
