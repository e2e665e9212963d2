"""Route guards: each route declares the act it needs, or that it is public. One that declares nothing fails a test.

What one may not see and what does not exist both answer 404.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from . import scope, suspended_forms
from .access_log.refusals import hidden
from .models import Territory
from .rights import may_host, may_somewhere

type View = Callable[..., HttpResponse]
type Check = Callable[[HttpRequest, Territory, str], HttpResponse | None]
type HostCheck = Callable[[HttpRequest, str], HttpResponse | None]
type FreshCheck = Callable[[HttpRequest, Territory | None], HttpResponse | None]
_checks: list[Check] = []
_host_checks: list[HostCheck] = []
_fresh_checks: list[FreshCheck] = []


def register_check(check: Check) -> Check:
    """Register a check of every guarded view, once the right is established: a response replaces the page, None goes on."""
    if check not in _checks:
        _checks.append(check)
    return check


def checked(request: HttpRequest, territory: Territory, act: str) -> HttpResponse | None:
    """The response that one of these checks puts in the place of the view, if any."""
    return next((found for check in _checks if (found := check(request, territory, act)) is not None), None)


def register_host_check(check: HostCheck) -> HostCheck:
    """Register a check of the host's own pages, as `register_check`."""
    if check not in _host_checks:
        _host_checks.append(check)
    return check


def register_fresh_check(check: FreshCheck) -> FreshCheck:
    """Register a check of the views that declare `fresh`: who acts there proved a moment ago that it is them."""
    if check not in _fresh_checks:
        _fresh_checks.append(check)
    return check


def _proved(request: HttpRequest, territory: Territory | None, *, fresh: bool) -> HttpResponse | None:
    if not fresh:
        return None
    return next((found for check in _fresh_checks if (found := check(request, territory)) is not None), None)


def requires(act: str, *, fresh: bool = False) -> Callable[[View], View]:
    """Guard a view under `/t/<slug>/`: sets `request.territory`, or 404. Unknown visitors go to sign-in.

    `fresh`: what is posted there changes who may enter, or how (`register_fresh_check`).
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return suspended_forms.ask_sign_in(request)
            territory = Territory.objects.filter(slug=slug).first()
            if territory is None:
                raise Http404
            with scope.inside(territory):
                if not may_somewhere(request.user, act, territory):  # services ask again, on the thing
                    raise hidden(request, territory)
                request.territory = territory  # type: ignore[attr-defined]
                instead = checked(request, territory, act) or _proved(request, territory, fresh=fresh)
                if instead is not None:
                    return instead
                suspended_forms.forget(request)
                response = view(request, *args, **kwargs)
            return _stream_inside(response, territory)

        guarded.declares = act  # type: ignore[attr-defined]
        guarded.fresh = fresh  # type: ignore[attr-defined]
        return guarded

    return decorate


def requires_host(act: str, *, fresh: bool = False) -> Callable[[View], View]:
    """Guard a page of the host: for its operators, 404 for the others. It opens no territory. `fresh`: see `requires`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return suspended_forms.ask_sign_in(request)
            if not may_host(request.user, act):
                raise hidden(request)
            for check in _host_checks:
                if (instead := check(request, act)) is not None:
                    return instead
            if (instead := _proved(request, None, fresh=fresh)) is not None:
                return instead
            suspended_forms.forget(request)
            with scope.host():
                return view(request, *args, **kwargs)

        guarded.declares = act  # type: ignore[attr-defined]
        guarded.fresh = fresh  # type: ignore[attr-defined]
        return guarded

    return decorate


def signed_in(view: View) -> View:
    """Guard a page of the person's own, under no territory."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return suspended_forms.ask_sign_in(request)
        return view(request, *args, **kwargs)

    guarded.declares = "signed-in"  # type: ignore[attr-defined]
    return guarded


def public_space(view: View) -> View:
    """Open a territory's public space to anyone: sets `request.territory`, or 404. The view sees what is published only."""

    @wraps(view)
    def guarded(request: HttpRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponse:
        territory = Territory.objects.filter(slug=slug).first()
        if territory is None or not territory.is_public:
            raise Http404
        request.territory = territory  # type: ignore[attr-defined]
        with scope.inside(territory):
            response = view(request, *args, **kwargs)
        return _stream_inside(response, territory)

    guarded.declares = "public"  # type: ignore[attr-defined]
    return guarded


def public_by_secret(view: View) -> View:
    """Open a page of a territory, public or not, to whoever has the secret of its address, which the view checks: else a 404 that says it is closed."""

    @wraps(view)
    def guarded(request: HttpRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponse:
        territory = Territory.objects.filter(slug=slug, suspended_at=None).first()
        if territory is None:
            return render(request, "ui/closed_address.html", status=404)
        request.territory = territory  # type: ignore[attr-defined]
        try:
            with scope.inside(territory):
                response = view(request, *args, **kwargs)
        except Http404:
            return render(request, "ui/closed_address.html", status=404)
        # To no other site; a form of this one needs it, or its browser says « null » for where it comes from and is refused.
        response["Referrer-Policy"] = "same-origin"
        return response

    guarded.declares = "public"  # type: ignore[attr-defined]
    return guarded


def _stream_inside(response: HttpResponse, territory: Territory) -> HttpResponse:
    """What is made while it is sent is made inside the territory too."""
    if response.streaming:
        response.streaming_content = scope.iterate_inside(response.streaming_content, territory)  # type: ignore[attr-defined]
    return response


def public(view: View) -> View:
    """Say aloud that anyone may ask for this page."""
    view.declares = "public"  # type: ignore[attr-defined]
    return view
