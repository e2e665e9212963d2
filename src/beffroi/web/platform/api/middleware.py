"""API middleware: tokens are authenticated under `/api/` only; sessions have no effect there.

An address with a null character goes no further, under `/api/` or elsewhere.

In: a request. Out: `request.token` (None without one) and `request.user`, its person; a 401 for a token that opens
nothing, a 429 for one that asks too fast; and every refusal under `/api/` told as a problem in French.
"""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

from ..access_log.refusals import note
from ..models import AccessEvent, ApiToken
from . import authentication
from .problems import problem

ROOT: Final = "/api/"
INVALID: Final = "Ce jeton est inconnu, expiré ou révoqué. Demandez-en un autre à la personne qui tient les accès du territoire."


class ApiMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.token = None  # type: ignore[attr-defined]
        # No text of ours holds one, and PostgreSQL refuses it: told to a program as a problem, to a person as a page.
        null = "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", "")
        if not request.path_info.startswith(ROOT):
            if null:
                raise BadRequest("a null character in the address")
            return self.get_response(request)
        # A browser's session never serves here: no page elsewhere can act through it, so no CSRF token is needed.
        request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        request.session = SessionStore()
        request.user = AnonymousUser()
        if null:
            return problem(400)
        secret = _secret(request)
        if secret is None:
            return _as_problem(self.get_response(request))
        token = authentication.find(secret)
        if token is None:
            _log_rejected_token(request, authentication.ever_issued(secret))
            return problem(401, INVALID)
        if wait := authentication.rate_limit.retry_after(token):
            response = problem(
                429,
                f"Ce jeton peut faire {authentication.MAX_PER_MINUTE} demandes par minute. Réessayez dans {wait} secondes.",
            )
            response["Retry-After"] = str(wait)
            return response
        request.token, request.user = token, token.person  # type: ignore[attr-defined]
        authentication.record_use(token)
        with authentication.using_token(token):
            response = _as_problem(self.get_response(request))
        if response.streaming:
            response.streaming_content = authentication.iterate_with_token(response.streaming_content, token)  # type: ignore[attr-defined]
        return response


def _secret(request: HttpRequest) -> str | None:
    """What the Authorization header bears; None without one. Another scheme than Bearer opens nothing."""
    header = request.headers.get("Authorization", "")
    if not header:
        return None
    scheme, _, secret = header.partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


def _log_rejected_token(request: HttpRequest, token: ApiToken | None) -> None:
    """Whose it was, where that is known; never the token."""
    about = {} if token is None else {"person": token.person, "territory": token.territory}
    note(request, AccessEvent.Kind.TOKEN, **about)


def _as_problem(response: HttpResponse) -> HttpResponse:
    """A refusal that came from below as a page, told as a problem."""
    status = response.status_code
    if status < 400 or response.headers.get("Content-Type") == "application/problem+json":
        return response
    converted = problem(404 if status == 403 else status)
    if allowed := response.headers.get("Allow"):
        converted["Allow"] = allowed
    return converted
