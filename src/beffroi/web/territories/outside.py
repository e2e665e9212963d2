"""Calls to the outside: only to the hosts that the operator listed in `BEFFROI_ALLOWED_HOSTS_OUT`, over TLS.

A machine's own loopback must be listed literally; a listed name that resolves to loopback or to the link's addresses is refused.
"""

import ipaddress
import socket
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.utils import get_environ_proxies

LONGEST_ANSWER = 1 << 20  # bytes
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_PORTS = {"https": 443, "http": 80}


class OutsideRefused(Exception):
    """An address that the operator did not allow; the message is French and says what to do."""


def check(url: str) -> None:
    """Raise OutsideRefused unless the operator allowed this address."""
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    try:
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        port = 0
    if not host or not port or parts.username or parts.password:
        raise OutsideRefused(f"L'adresse {url[:200]} n'est pas une adresse de service complète (https://…).")
    if parts.scheme != "https" and host not in _LOOPBACK:
        raise OutsideRefused(f"L'adresse {url[:200]} doit commencer par https://.")
    listed = {_host_and_port(entry) for entry in settings.ALLOWED_HOSTS_OUT}
    if not {(host, port), (host, None)} & listed or ((host, port) not in listed and port != 443):
        named = host if port == 443 else f"{host}:{port}"
        raise OutsideRefused(
            f"L'exploitant de cette instance n'a pas autorisé les appels vers {named}. Demandez-lui d'ajouter ce nom "
            "au réglage BEFFROI_ALLOWED_HOSTS_OUT."
        )
    if host not in _LOOPBACK:
        _refuse_inner_addresses(host, port)


def _host_and_port(entry: str) -> tuple[str, int | None]:
    parts = urlsplit(f"//{entry.strip().lower()}")
    return parts.hostname or "", parts.port


def _refuse_inner_addresses(host: str, port: int) -> None:
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError:
        return  # behind a proxy names may not resolve here; without one the call fails by itself
    for text in found:
        address = ipaddress.ip_address(str(text).split("%")[0])
        if address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast:
            raise OutsideRefused(f"Le nom {host} mène à cette machine elle-même : l'appel est refusé.")


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
        response = super().request(method, url, *args, **kwargs)
        body = response.raw.read(LONGEST_ANSWER + 1, decode_content=True)
        response.close()
        if len(body) > LONGEST_ANSWER:
            raise requests.exceptions.ContentDecodingError("answer too long")
        response._content = body
        response._content_consumed = True  # type: ignore[attr-defined]
        return response
