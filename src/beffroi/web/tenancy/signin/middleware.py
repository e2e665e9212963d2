"""Around each request: the device known again, the session seen, own means guarded, the content policy of a provider's pages."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from . import devices, policy, sessions
from .arrivals import only_by_provider
from .factors import own_means

# Pages that give a person a means of their own: a session that a provider alone vouches for may not make one,
# or who runs one territory's provider could enter another territory.
OF_ONE_S_OWN = frozenset(
    {
        "account_change_password",
        "account_set_password",
        "mfa_activate_totp",
        "mfa_deactivate_totp",
        "mfa_add_webauthn",
        "mfa_list_webauthn",
        "mfa_remove_webauthn",
        "mfa_edit_webauthn",
        "mfa_generate_recovery_codes",
        "mfa_view_recovery_codes",
        "mfa_download_recovery_codes",
        "socialaccount_connections",
    }
)


class SignInMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        over = request.user.is_authenticated and sessions.is_over(request)
        if over:
            request.ended_session_of = request.user.pk  # type: ignore[attr-defined]  # `suspended_forms` keeps what they post
            logout(request)
            messages.info(
                request,
                "Votre session est restée ouverte trop longtemps : elle a été fermée. Entrez à nouveau.",
            )
        here, proved = request.user.pk, sessions.proved_at(request)
        response = self.get_response(request)
        if here is not None and request.user.pk == here and sessions.proved_at(request) > proved:
            sessions.renew(request)
        if over:
            policy.forget(response)
        if (email := getattr(request, "_beffroi_entered", None)) is not None:
            devices.remember(request, response, email)
        if request.user.is_authenticated:
            sessions.seen(request)
        policy.apply(request, response)
        return response

    def process_view(
        self, request: HttpRequest, _view: Callable[..., HttpResponse], _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or match.url_name not in OF_ONE_S_OWN or not only_by_provider(request):
            return None
        if own_means(request.user):
            return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': request.path})}")
        return redirect("own-means")
