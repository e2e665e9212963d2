"""Keys that machines bear as the password of HTTP Basic (RFC 7617), and the plain answers that a script prints."""

from base64 import b64decode
from typing import Final

from django.http import HttpResponse

CHALLENGE: Final = 'Basic realm="Beffroi"'  # agents read the realm to the last quote: nothing may follow


def password_of(header: str) -> str:
    """The password of an `Authorization` header; empty where it has none."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return b64decode(encoded, validate=True).decode().partition(":")[2]
    except ValueError:  # not base64, or not UTF-8
        return ""


def plain_answer(words: str, status: int) -> HttpResponse:
    """One line of text; a 401 asks for a key."""
    answer = HttpResponse(words + "\n", status=status, content_type="text/plain; charset=utf-8")
    if status == 401:
        answer["WWW-Authenticate"] = CHALLENGE
    return answer


def too_many_requests(wait: int) -> HttpResponse:
    """429, with the seconds to wait."""
    answer = plain_answer(f"Trop de demandes. Réessayez dans {wait} secondes.", 429)
    answer["Retry-After"] = str(wait)
    return answer
