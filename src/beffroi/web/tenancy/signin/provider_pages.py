"""Pages around providers: the administrator's (« Réglages → Connexion »), the ways there and back, the back-channel sign-out."""

import time
from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from django.contrib import messages
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from beffroi.web.platform.guards import public, requires
from beffroi.web.platform.http.egress import EgressDenied
from beffroi.web.platform.models import Membership, Person
from beffroi.web.platform.scope import host

from ..models import IdentityProvider
from . import oidc, sessions
from .failures import failed
from .forms import ProviderForm
from .policy import leads_to
from .providers import ProviderError, save_provider

_LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_LOGOUT_TYPES = ("logout+jwt",)
_OLD_LOGOUT_TYPES = (*_LOGOUT_TYPES, "JWT", None)  # those of providers older than the specification


@requires("provider.manage", fresh=True)
def settings_page(request: HttpRequest) -> HttpResponse:
    """How one signs in here: the providers of this territory."""
    rows = IdentityProvider.objects.of(request.territory)
    return render(request, "tenancy/signin/settings.html", {"rows": rows})


@sensitive_post_parameters("client_secret")
@requires("provider.manage", fresh=True)
def provider_page(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Add a provider, or change one."""
    territory = request.territory
    provider = get_object_or_404(IdentityProvider.objects.of(territory), pk=pk) if pk else None
    form = ProviderForm(request.POST or None, provider=provider)
    if request.method == "POST" and form.is_valid():
        try:
            provider = save_provider(territory, form.fields_of_provider(), by=request.user, provider=provider)
            messages.success(request, f"« {provider.name} » est enregistré.")
            return redirect("signin-provider", territory.slug, provider.pk)
        except ProviderError as error:
            form.add_error(None, str(error))
    context: dict[str, Any] = {"form": form, "provider": provider}
    if provider is not None:
        for name, view in (("callback", "openid_connect_callback"), ("channel", "oidc-channel")):
            context[name] = request.build_absolute_uri(_reverse(view, provider))
        context["out"] = request.build_absolute_uri(_reverse("account_login"))
    return render(request, "tenancy/signin/provider.html", context, status=422 if form.errors else 200)


def _reverse(view: str, provider: IdentityProvider | None = None) -> str:
    from django.urls import reverse

    return reverse(view, kwargs={"provider_id": provider.public_id} if provider else None)


@requires("session.end")
@require_POST
def end_member_sessions(request: HttpRequest, pk: int) -> HttpResponse:
    """A member must sign in again, everywhere."""
    member = get_object_or_404(Person, pk=pk)
    if not Membership.objects.of(request.territory).filter(person=member, waiting_since=None).exists():
        raise Http404
    count = sessions.end_sessions(member, request.user, request.territory)
    messages.success(request, f"{member} est déconnecté partout ({count} session{'s' if count > 1 else ''}).")
    return redirect("person", request.territory.slug, pk)


@public
@never_cache
def go(request: HttpRequest, provider_id: str) -> HttpResponse:
    """To the provider: a page with one button, or straight when a button of ours was pressed."""
    with host():
        provider = IdentityProvider.objects.filter(public_id=provider_id).first()
    if provider is None:
        raise Http404
    if not provider.enabled:
        return failed(request, "disabled", provider_id)
    leads_to(request, [provider])
    return oidc.go(request, provider_id)


@public
@never_cache
def come_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """From the provider."""
    try:
        return oidc.come_back(request, provider_id)
    except SocialApp.DoesNotExist:
        raise Http404 from None


def _was_used(provider_id: str, claims: dict[str, Any]) -> bool:
    """Whether this token came before: each ends sessions once."""
    left = max(1, int(claims["exp"] - time.time()) + oidc.LEEWAY)
    return not cache.add(f"logout-{provider_id}-{claims['jti']}", True, left)


@csrf_exempt
@public
@require_POST
def channel(request: HttpRequest, provider_id: str) -> HttpResponse:
    """The provider itself says that someone signed out (OpenID Connect Back-Channel Logout 1.0)."""
    apps = get_adapter().list_apps(request, provider=provider_id)
    if not apps:
        raise Http404
    app = apps[0]
    try:
        config = oidc.discover(app.settings["server_url"])
        token = request.POST.get("logout_token", "")
        required = ["iss", "aud", "iat", "exp", "jti", "events"]
        typed = _OLD_LOGOUT_TYPES if app.house.old_logout_tokens else _LOGOUT_TYPES
        claims = oidc.verified(token, config, app.client_id, required=required, typed=typed)
    except (oidc.Fault, EgressDenied):
        return HttpResponse(status=400, headers={"Cache-Control": "no-store"})
    sid, sub = str(claims.get("sid", "")), str(claims.get("sub", ""))
    named = isinstance(claims["events"], dict) and _LOGOUT_EVENT in claims["events"]
    if not named or "nonce" in claims or not (sid or sub) or _was_used(provider_id, claims):
        return HttpResponse(status=400, headers={"Cache-Control": "no-store"})
    sessions.end_by_provider(provider_id, sid=sid, sub=sub)
    return HttpResponse(status=200, headers={"Cache-Control": "no-store"})
