"""Device cookies: a browser in which a person signed in before is known again, so that a flood from elsewhere cannot lock them out.

After OWASP's « device cookies ». The cookie is signed and HttpOnly; it names no one (keyed hashes) and gives no right.
"""

import secrets
import time

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

LIFETIME = 365 * 24 * 3600  # seconds
MOST_PEOPLE = 6  # who share a browser
_SALT = "beffroi device"


def cookie_name() -> str:
    return "__Host-device" if settings.SESSION_COOKIE_SECURE else "device"


def account_key(email: str) -> str:
    """What stands for an account, whether it exists or not."""
    return salted_hmac("beffroi account", email.strip().lower(), algorithm="sha256").hexdigest()[:32]


def _entries(request: HttpRequest) -> list[list[str]]:
    try:
        read = signing.loads(request.COOKIES.get(cookie_name(), ""), salt=_SALT, max_age=LIFETIME)
    except signing.BadSignature:
        return []
    return [entry for entry in read if isinstance(entry, list) and len(entry) == 2]


def known_device(request: HttpRequest, email: str) -> str | None:
    """The mark of this browser if this account signed in here before."""
    key = account_key(email)
    return next((mark for known, mark in _entries(request) if known == key), None)


def remember(request: HttpRequest, response: HttpResponse, email: str) -> None:
    """Know this browser for this account from now on; a mark that is already there is kept."""
    key = account_key(email)
    mark = known_device(request, email) or f"{secrets.token_hex(12)}{int(time.time()):x}"
    others = [entry for entry in _entries(request) if entry[0] != key]
    response.set_cookie(
        cookie_name(),
        signing.dumps([[key, mark], *others][:MOST_PEOPLE], salt=_SALT),
        max_age=LIFETIME,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
