"""Public address of the site: what a link, a sign or an invitation bears, and whether other machines can open it."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings

from .loopback import is_loopback

SETTING = "BEFFROI_URL"


def absolute(path: str) -> str:
    """The whole address of a page of this site, as others type it: never that of whoever asks."""
    return f"{settings.BASE_URL}{path}"


def is_reachable() -> bool:
    """Whether the address is more than this machine's own: neither its loopback nor « every interface »."""
    host = urlsplit(settings.BASE_URL).hostname or ""
    try:
        unspecified = ip_address(host).is_unspecified
    except ValueError:
        unspecified = False
    return not unspecified and not is_loopback(host)
