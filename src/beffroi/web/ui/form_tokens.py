"""Per-form CSRF tokens: a form that writes is accepted at its own address only; no button slipped into it sends it elsewhere.

A label that became markup could carry `formaction`, and the visitor's CSRF token would go with the form to any address of the
site. So each form of a template bears one more token, made of the visitor's CSRF secret and of the address that the template
gives to the form; the middleware asks for it. No template says it: the loader adds it where a form begins.
"""

import re
from collections.abc import Callable
from html import unescape
from typing import Any, Final
from urllib.parse import unquote, urljoin, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loaders import app_directories
from django.urls import get_callable
from django.utils.crypto import constant_time_compare, salted_hmac

FIELD: Final = "form_token"
_READS: Final = ("GET", "HEAD", "OPTIONS", "TRACE")

# An attribute's value may hold tags and variables of a template, with quotes of their own.
_VALUE: Final = r"(?:\{%.*?%\}|\{\{.*?\}\}|[^\"])*"
_TAG: Final = r"<{}\b(?:\{{%.*?%\}}|\{{\{{.*?\}}\}}|[^>])*>"
_FORM: Final = re.compile(_TAG.format("form"), re.DOTALL)
_BUTTON: Final = re.compile(_TAG.format("(?:button|input)"), re.DOTALL)
_METHOD: Final = re.compile(rf'\smethod="({_VALUE})"')
_ACTION: Final = re.compile(rf'\saction="({_VALUE})"')
_FORMACTION: Final = re.compile(rf'\sformaction="({_VALUE})"')


class Loader(app_directories.Loader):
    """The templates of the apps, each form of which bears a token for its address and for those of its own buttons."""

    def get_contents(self, origin: Any) -> str:
        return with_tokens(super().get_contents(origin))


def with_tokens(template: str) -> str:
    """The template with a token in each form that writes.

    >>> with_tokens('<form method="post" action="/a/">')
    '<form method="post" action="/a/">{% form_token %}/a/{% endform_token %}'
    >>> with_tokens('<form action="/a/">')
    '<form action="/a/">'
    """

    def form(found: re.Match[str]) -> str:
        method, action = _METHOD.search(found[0]), _ACTION.search(found[0])
        if method is None or method[1].lower() == "get":
            return found[0]
        return found[0] + _token(action[1] if action else "")

    def button(found: re.Match[str]) -> str:
        action = _FORMACTION.search(found[0])
        return (_token(action[1]) if action else "") + found[0]

    return _BUTTON.sub(button, _FORM.sub(form, template))


def _token(address: str) -> str:
    return f"{{% {FIELD} %}}{address}{{% end{FIELD} %}}"


def token_for(request: HttpRequest, address: str) -> str:
    """Token of a form of this visitor's page that is sent to `address`, as HTML writes it; empty: to the page itself."""
    path = unquote(urlsplit(urljoin(request.path, unescape(address).strip())).path)
    get_token(request)  # the secret exists from now on
    secret = request.META["CSRF_COOKIE"]
    return salted_hmac(__name__, f"{secret} {path}", algorithm="sha256").hexdigest()


class PerFormCsrfMiddleware:
    """Check of the form's token, after Django's CSRF middleware, whose exemptions it follows."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], *_: Any
    ) -> HttpResponse | None:
        exempt = getattr(view, "csrf_exempt", False) or getattr(request, "_dont_enforce_csrf_checks", False)
        if request.method in _READS or exempt:
            return None
        expected = token_for(request, "")
        if any(constant_time_compare(token, expected) for token in request.POST.getlist(FIELD)):
            return None
        refused: HttpResponse = get_callable(settings.CSRF_FAILURE_VIEW)(request, reason="form token")
        return refused
