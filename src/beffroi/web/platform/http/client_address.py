"""Address and device of a client: the one function used by lock-outs, queues, sessions and contestations."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest

_BROWSERS = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "Mac"), ("Linux", "Linux"),
)  # fmt: skip


def address_of(request: HttpRequest) -> str:
    """The address of who asks: of the connection, or, behind N trusted proxies, the Nth from the end of what they wrote.

    What a visitor writes before it in `X-Forwarded-For` is never believed; a text that is no address is not either.
    """
    connection = str(request.META.get("REMOTE_ADDR", ""))
    proxies: int = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    if not proxies:
        return connection
    written = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    try:
        return str(ip_address(written[-proxies]))
    except (IndexError, ValueError):
        return connection


def device_name(agent: str) -> str:
    browser = next((name for mark, name in _BROWSERS if mark in agent), "Navigateur inconnu")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return f"{browser} sur {system}" if system else browser
