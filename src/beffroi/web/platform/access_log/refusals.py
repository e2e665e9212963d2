"""Refusals recorded in the access log: a page that a guard hides, a form without its token, a dead token, too many requests.

Who refuses says so on the request (`note`); one middleware, outside of all the others, writes the line once the answer is made.
A line names the route, never the address: neither what was asked for in the query nor a secret of a path.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.views.csrf import csrf_failure

from ..models import AccessEvent, Person, Territory
from . import journal

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Refusal:
    kind: AccessEvent.Kind
    person: Person | None = None
    territory: Territory | None = None


def note(
    request: HttpRequest,
    kind: AccessEvent.Kind,
    *,
    person: Person | None = None,
    territory: Territory | None = None,
) -> None:
    """Have the journal keep that this request was refused. `person`: when it is not the one who is signed in."""
    request._beffroi_refusal = Refusal(kind, person, territory)  # type: ignore[attr-defined]


def note_denied(request: HttpRequest, territory: Territory | None = None) -> None:
    """The same of something that the person has no right to, in `territory` or in the one that the request has entered."""
    note(request, AccessEvent.Kind.DENIED, territory=territory or getattr(request, "territory", None))


def hidden(request: HttpRequest, territory: Territory | None = None) -> Http404:
    """What a guard raises at who may not see this page."""
    note_denied(request, territory)
    return Http404()


def form_refused(request: HttpRequest, reason: str = "", **about: Any) -> HttpResponse:
    """Django's page of a form whose token is missing or is another's."""
    note(request, AccessEvent.Kind.FORGED)
    return csrf_failure(request, reason=reason, **about)


class RefusalsMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        refusal = getattr(request, "_beffroi_refusal", None) or _by_status(request, response.status_code)
        if refusal is not None:
            _write(request, refusal)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        """What a service refused, and a view told as an address that does not exist."""
        if isinstance(error.__cause__, PermissionDenied):
            note_denied(request)


def _by_status(request: HttpRequest, status: int) -> Refusal | None:
    if status == 429:
        return Refusal(AccessEvent.Kind.LIMITED)
    if status == 403 and _signed_in(request) is not None:
        return Refusal(AccessEvent.Kind.DENIED, territory=getattr(request, "territory", None))
    return None


def _signed_in(request: HttpRequest) -> Person | None:
    user = getattr(request, "user", None)  # None: refused before anybody was recognised
    return user if user is not None and user.is_authenticated else None


def _write(request: HttpRequest, refusal: Refusal) -> None:
    match = request.resolver_match
    try:
        with transaction.atomic():
            journal.record(
                request,
                refusal.kind,
                refusal.person or _signed_in(request),
                detail=match.view_name if match is not None else "",
                territory=refusal.territory,
            )
    except DatabaseError:
        logger.exception("a refusal could not be written in the journal of access")
