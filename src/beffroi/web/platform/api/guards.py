"""Guards of API routes: the act that a token must carry, or « public ».

`opens(act)` guards an operation under `/api/v1/t/{slug}/`: it sets `request.territory`, or answers 404 for what is
unknown and for what is forbidden alike. `Bearer` says to OpenAPI, and to django-ninja, that a token is needed.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from ninja.security import HttpBearer

from .. import scope
from ..access_log.refusals import hidden
from ..guards import checked
from ..models import ApiToken, Territory
from ..rights import may

type Operation = Callable[..., Any]


class Bearer(HttpBearer):
    """The token that `ApiMiddleware` recognised; without one django-ninja answers 401 before anything is read."""

    def __call__(self, request: HttpRequest) -> ApiToken | None:
        return getattr(request, "token", None)

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        return getattr(request, "token", None)


def opens(act: str) -> Callable[[Operation], Operation]:
    """Guard an operation of a territory: the token's person, its acts and its territory must all allow it."""

    def decorate(operation: Operation) -> Operation:
        @wraps(operation)
        def guarded(request: HttpRequest, slug: str, **parameters: Any) -> Any:
            territory = Territory.objects.filter(slug=slug).first()
            token: ApiToken | None = getattr(request, "token", None)
            if territory is None or token is None:
                raise Http404
            with scope.inside(territory):
                if not may(request.user, act, territory):
                    raise hidden(request, territory)
                request.territory = territory  # type: ignore[attr-defined]
                if (instead := checked(request, territory, act)) is not None:
                    return instead
                answer = operation(request, slug, **parameters)
            return stream_inside(answer, territory)

        guarded.declares = act  # type: ignore[attr-defined]
        return guarded

    return decorate


def open_to_all(operation: Operation) -> Operation:
    """Guard an operation of the public part, `/api/v1/p/{slug}/`: no right is asked, the territory is entered."""

    @wraps(operation)
    def guarded(request: HttpRequest, slug: str, **parameters: Any) -> Any:
        territory = Territory.objects.filter(slug=slug).first()
        if territory is None or not territory.is_public:
            raise Http404
        with scope.inside(territory):
            request.territory = territory  # type: ignore[attr-defined]
            answer = operation(request, slug, **parameters)
        return stream_inside(answer, territory)

    guarded.declares = "public"  # type: ignore[attr-defined]
    return guarded


def stream_inside(answer: Any, territory: Territory) -> Any:
    """An answer that is made while it is sent goes on being made inside the territory."""
    if isinstance(answer, HttpResponseBase) and answer.streaming:
        answer.streaming_content = scope.iterate_inside(answer.streaming_content, territory)  # type: ignore[attr-defined]
    return answer
