"""Read-only mode while the disk is nearly full: writes are refused before a file is received; reading and sign-in stay open."""

import sys
from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views import defaults

from ..api.middleware import ROOT
from ..api.problems import problem
from ..http.request_body import content_length
from . import disk_space

SAFE: Final = ("GET", "HEAD", "OPTIONS", "TRACE")
OPEN: Final = ("/compte/", "/entree/")
"""Where one signs in and out: a few bytes, without which nobody could read."""
STATUS: Final = 507  # Insufficient Storage (RFC 4918)


class RoomMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (
            request.method not in SAFE
            and not request.path_info.startswith(OPEN)
            and disk_space.is_low(content_length(request))
        ):
            return answer(request, disk_space.LOW)
        return self.get_response(request)


def answer(request: HttpRequest, message: str) -> HttpResponse:
    """A page, or a problem for a program; made without the database."""
    if request.path_info.startswith(ROOT):
        return problem(STATUS, message)
    title = (
        "Le disque du serveur est presque plein"
        if message == disk_space.LOW
        else "Le disque du serveur est plein"
    )
    page = HttpResponse(render_to_string("507.html", {"title": title, "message": message}), status=STATUS)
    page.headers["Cache-Control"] = "no-store"
    return page


def server_error(request: HttpRequest) -> HttpResponse:
    """What nobody foresaw; a disk that is full is told from it, wherever that was met."""
    error = sys.exc_info()[1]
    if error is not None and disk_space.was_full(error):
        return answer(request, disk_space.FULL)
    return defaults.server_error(request)
