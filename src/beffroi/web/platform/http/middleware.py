"""Response headers of a territory: invented towns are never indexed, private pages never cached."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control

from .. import scope
from ..models import Territory
from ..request_cache import cache_reads
from ..rights import active_roles


class TerritoryMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.territory = None  # type: ignore[attr-defined]
        with scope.nowhere(), active_roles.cache_for_request(), cache_reads(request.method or ""):
            response = self.get_response(request)
        territory: Territory | None = getattr(request, "territory", None)
        if territory is not None and territory.is_fictional:
            response.headers["X-Robots-Tag"] = "noindex, nofollow"
        if request.user.is_authenticated:
            response.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
            patch_cache_control(response, private=True, no_store=True)
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        return response
