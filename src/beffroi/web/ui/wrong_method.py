"""Pages for a wrong HTTP method: a form address opened as a page, or the reverse.

In: the bare 405 of a view. Out: the same refusal as a page of the site, with the way to the nearest page above. Programs
that do not read pages, and the API, keep the bare answer.
"""

import inspect
from collections.abc import Callable, Iterator

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve

API = "/api/"


class WrongMethodMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and not response.content and _reads_pages(request):
            takes_a_form = request.method in ("GET", "HEAD")
            above = next((up for up, path in _above(request.path_info) if _opens(path)), "")
            page = render_to_string(
                "405.html", {"takes_a_form": takes_a_form, "above": above}, request=request
            )
            response.content = page.encode()
        return response


def _reads_pages(request: HttpRequest) -> bool:
    return not request.path_info.startswith(API) and request.accepts("text/html")


def _above(path: str) -> Iterator[tuple[str, str]]:
    """The way up from /t/vallee/decisions/12/decider/ (« ../ », « ../../ »…) and where it leads; the home has its own link.

    A relative way: a page never says again an address that holds what somebody typed.
    """
    parts, file = path.strip("/").split("/"), not path.endswith("/")
    for length in range(len(parts) - 1, 0, -1):
        yield "../" * (len(parts) - length - file) or "./", f"/{'/'.join(parts[:length])}/"


def nearest_page(path: str) -> str:
    """The address itself when it can be read, else the nearest above it that can."""
    return next((each for each in (path, *(up for _, up in _above(path))) if _opens(each)), "/")


def _opens(path: str) -> bool:
    """Whether an address exists and can be read. Whether this visitor may read it is for the page itself to say."""
    try:
        view: Callable[..., HttpResponse] | None = resolve(path).func
    except Resolver404:
        return False
    while view is not None:
        # Django keeps what `require_POST` allows in its closure only.
        if "GET" not in inspect.getclosurevars(view).nonlocals.get("request_method_list", ["GET"]):
            return False
        view = getattr(view, "__wrapped__", None)
    return True
