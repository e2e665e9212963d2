"""Pages of one's own: signing in and out, by one's local authority, the second factor, the sessions."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from allauth.account.adapter import get_adapter
from allauth.account.views import LoginView
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from beffroi.web.platform.guards import public, signed_in
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.scope import host
from beffroi.web.platform.suspended_forms import destination, labels, suspended_form
from beffroi.web.ui.wrong_method import nearest_page

from ..models import IdentityProvider
from . import sessions
from .factors import (
    ask_own_proof,
    go_on_to,
    own_means,
    put_off,
    put_off_until,
    second_factor_at,
    way_to_give,
)
from .forms import FindPlaceForm
from .origin import provider_session
from .policy import forget, leads_to

MOST_FOUND = 10


def providers_of(territory: Territory | None) -> list[IdentityProvider]:
    if territory is None:
        return []
    with host():
        return list(IdentityProvider.objects.of(territory).filter(enabled=True))


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class Login(LoginView):
    """allauth's sign-in; who was on the way to a territory is offered that territory's providers."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        found = providers_of(_territory_of(destination(self.request, self.get_next_url() or "")))
        leads_to(self.request, found)
        with host():
            some = IdentityProvider.objects.filter(enabled=True).exists()
        return context | {"providers": found, "some_provider": some, "next": self.get_next_url() or ""}


@public
def find_place(request: HttpRequest) -> HttpResponse:
    """By which local authority one enters: found by its name, or by the domain of an address. Nothing is listed unasked."""
    form = FindPlaceForm(request.POST or None)
    found: list[Territory] = []
    if form.is_bound and form.is_valid():
        query = form.cleaned_data["q"].strip().lower()
        with host():
            rows = IdentityProvider.objects.filter(enabled=True).select_related("territory")
            if "@" in query:
                domain = query.rpartition("@")[2]
                rows = [row for row in rows if domain in row.email_domains]
            else:
                rows = rows.filter(territory__name__icontains=query)
            found = list({row.territory_id: row.territory for row in rows[: MOST_FOUND * 3]}.values())[
                :MOST_FOUND
            ]
        if len(found) == 1:
            return redirect("enter-place", slug=found[0].slug)
    return render(request, "tenancy/signin/find.html", {"form": form, "found": found})


@public
def enter_place(request: HttpRequest, slug: str) -> HttpResponse:
    """The door of one local authority: its providers, then the password."""
    place = get_object_or_404(Territory, slug=slug)
    found = providers_of(place)
    leads_to(request, found)
    back = _next(request) or reverse("territory", args=[slug])
    context = {"place": place, "providers": found, "next": back}
    return render(request, "tenancy/signin/enter.html", context)


def sign_out(request: HttpRequest) -> HttpResponse:
    """Out of here, then out of the provider that opened the session, if it knows how (RP-initiated logout)."""
    if request.method != "POST" or not request.user.is_authenticated:
        return (
            render(request, "account/logout.html")
            if request.user.is_authenticated
            else redirect("account_login")
        )
    origin = provider_session(request)
    get_adapter(request).logout(request)
    if origin is None or not origin["end_session"]:
        return forget(redirect(_next(request) or reverse("account_login")))
    parameters = {
        "id_token_hint": origin["id_token"],
        "post_logout_redirect_uri": request.build_absolute_uri(reverse("account_login")),
    }
    joint = "&" if "?" in origin["end_session"] else "?"
    with host():
        provider = IdentityProvider.objects.filter(public_id=origin["provider"]).first()
    # A page that goes on by itself: the policy forbids a form from leaving the site, on every page that has « Se déconnecter ».
    context = {"provider": provider, "there": f"{origin['end_session']}{joint}{urlencode(parameters)}"}
    response = render(request, "tenancy/signin/signed_out.html", context)
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return forget(response)


@signed_in
def second_factor(request: HttpRequest) -> HttpResponse:
    """Why a second factor is asked, and the way to give it or to set one up."""
    person, back = request.user, _next(request)
    assert isinstance(person, Person)  # noqa: S101  # `signed_in` saw to it
    wanted = destination(request, back)
    place = _territory_of(wanted)
    proved = second_factor_at(request, place) is not None
    if proved and back:
        return redirect(back)
    until = None if proved else put_off_until(person, place, wanted)
    if request.method == "POST" and until is not None:
        put_off(request)
        return redirect(back)
    if back and not proved:
        go_on_to(request, back)
    give = way_to_give(person)
    origin = provider_session(request)
    context = {
        "back": back,
        "proved": proved,
        "until": until,
        "give": give,
        "simulated": person.simulated,
        "blocked": origin is not None and not own_means(person),
        "of_all": settings.SECOND_FACTOR_OF_ALL,
    }
    return render(request, "tenancy/signin/second_factor.html", context)


@signed_in
def resume_form(request: HttpRequest) -> HttpResponse:
    """Give back, filled, the form that waited for a proof: sending it asks for its own token and for the rights again."""
    found = suspended_form(request)
    if found is None:
        return render(request, "tenancy/signin/resume_gone.html")
    known, fields = labels(), found.fields or []
    context = {
        "form": found,
        "page": nearest_page(urlsplit(found.address).path),
        "typed": [(known[name], text) for name, values in fields if name in known for text in values if text],
        "secrets": [(name, known.get(name, "Mot de passe ou clé")) for name in found.secrets],
    }
    return render(request, "tenancy/signin/resume.html", context)


@signed_in
def own_means_page(request: HttpRequest) -> HttpResponse:
    """Why a session opened by a provider may not make a password or a key."""
    return render(request, "tenancy/signin/own_means.html", status=403)


@signed_in
def my_sessions(request: HttpRequest) -> HttpResponse:
    """Where one's account is open; all the others may be ended at once."""
    if request.method == "POST":
        if (instead := ask_own_proof(request)) is not None:
            return instead
        count = sessions.end_others(request.user, request.session.session_key)
        messages.success(
            request,
            f"{count} autre{'s' if count > 1 else ''} session{'s' if count > 1 else ''} fermée{'s' if count > 1 else ''}.",
        )
        return redirect("usersessions_list")
    rows = sessions.open_sessions(request.user, request.session.session_key)
    return render(request, "usersessions/usersession_list.html", {"rows": rows})


@signed_in
@require_POST
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of one's own sessions."""
    if (instead := ask_own_proof(request)) is not None:
        return instead
    if not sessions.end_one(request.user, pk):
        raise Http404
    messages.success(request, "Session fermée.")
    return redirect("usersessions_list")


@public
def not_here(request: HttpRequest, **_: Any) -> HttpResponse:
    """A page of allauth that Beffroi does without."""
    raise Http404


def _territory_of(address: str) -> Territory | None:
    """The territory whose page this is an address of."""
    path = urlsplit(address).path.split("/")
    return Territory.objects.filter(slug=path[2]).first() if len(path) > 2 and path[1] == "t" else None


def _next(request: HttpRequest) -> str:
    """Where to go on, inside this site only: an address, never a word that Django would look up among its routes."""
    address = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if safe and address.startswith("/") else ""
