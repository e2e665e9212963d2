"""Response headers of a territory: invented towns are never indexed, private pages never cached."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control

from .. import gates, scope
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

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A page of a territory that is being restored: soon again."""
        if not isinstance(exception, gates.TerritoryClosed):
            return None
        words = {"title": "En cours de restauration", "message": gates.MESSAGE}
        response = HttpResponse(render_to_string("507.html", words), status=503)
        response.headers["Retry-After"] = str(gates.RETRY_AFTER)
        return response
