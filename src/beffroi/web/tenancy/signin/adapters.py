"""allauth's three adapters: closed sign-up and our own lock-out; providers from our table; sealed TOTP seeds."""

from typing import Any

from allauth.account import app_settings as account_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base.constants import AuthError
from django.conf import settings
from django.contrib.auth import authenticate
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from beffroi.web.platform import sealing
from beffroi.web.platform.access_log import journal
from beffroi.web.platform.http.client_address import address_of
from beffroi.web.platform.http.egress import EgressDenied, GuardedSession
from beffroi.web.platform.models import AccessEvent, Person
from beffroi.web.platform.scope import host

from ..models import IdentityProvider
from . import lockout
from .arrivals import receive
from .factors import proved_recently
from .failures import failed
from .oidc import Fault, auth_params
from .passwords import ADVICE, ADVISED


class ClosedAdapter(DefaultAccountAdapter):
    """Nobody signs up by themselves; a password that fails is counted by `lockout`."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """People are known by their address: there is no user name to fill."""

    def pre_login(self, request: HttpRequest, user: Any, **about: Any) -> HttpResponse | None:
        """A program never signs in, whatever way it came."""
        if user.kind != Person.Kind.HUMAN:
            raise PermissionDenied("Un compte de service ne se connecte pas : il présente un jeton.")
        return super().pre_login(request, user, **about)

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Not of who has just signed in, or set up what they would give: a code typed once cannot be typed again."""
        required = super().is_reauthentication_required(app=app)
        return required and not proved_recently(context.request, account_settings.REAUTHENTICATION_TIMEOUT)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Who has just chosen a first password goes on; who changed it stays on the page."""
        first = (
            request.resolver_match is not None and request.resolver_match.url_name == "account_set_password"
        )
        return reverse("home") if first else super().get_password_change_redirect_url(request)

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_of(request)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Ours instead of allauth's, whose limit by account lets anyone lock anyone out."""
        email = str(credentials.get("email") or credentials.get("username") or "")
        attempt = self._begin(request, email)
        AuthenticationBackend.unstash_authenticated_user()
        person = authenticate(request, **credentials) or AuthenticationBackend.unstash_authenticated_user()
        if person is not None:
            lockout.succeeded(attempt)
        else:
            journal.record(
                request, AccessEvent.Kind.FAILED, Person.objects.filter(email__iexact=email).first()
            )
        return person

    def reauthenticate(self, user: Any, password: str) -> bool:
        """Check the password of a person who is signed in already; failures are counted the same way."""
        attempt = self._begin(context.request, user.email)
        right = bool(user.check_password(password))
        if right:
            lockout.succeeded(attempt)
        else:
            journal.record(context.request, AccessEvent.Kind.FAILED, user)
        return right

    def clean_password(self, password: str, user: Any = None) -> str:
        """The reasons why a new password is refused, then once what to choose instead."""
        try:
            return str(super().clean_password(password, user=user))
        except ValidationError as error:
            if {each.code for each in error.error_list} & ADVISED:
                raise ValidationError([*error.error_list, ValidationError(ADVICE)]) from error
            raise

    def _begin(self, request: HttpRequest, email: str) -> lockout.Attempt:
        attempt = lockout.begin(request, email, self.get_client_ip(request))
        if attempt.blocked_until is not None:
            journal.record(
                request, AccessEvent.Kind.LOCKED, Person.objects.filter(email__iexact=email).first()
            )
            until = timezone.localtime(attempt.blocked_until)
            raise ValidationError(
                f"Trop d'essais. Le mot de passe ne sera plus regardé ici avant {date_format(until, 'H \\h i')}. Vous pouvez "
                "entrer tout de suite par une clé d'accès, par le fournisseur de votre collectivité, depuis un appareil où vous "
                "vous êtes déjà connecté, ou par un lien d'entrée : demandez-le à votre administrateur.",
                code="too_many_login_attempts",
            )
        return attempt

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        if settings.MAIL_HOST:
            super().send_mail(template_prefix, email, context)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        if settings.MAIL_HOST and account_settings.EMAIL_NOTIFICATIONS:
            super().send_notification_mail(*args, **kwargs)


class HouseSocialAdapter(DefaultSocialAccountAdapter):
    """Providers come from `IdentityProvider`, one at a time: the host may hold a thousand."""

    def list_apps(
        self, request: Any, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        with host():
            found = (
                IdentityProvider.objects.filter(public_id=provider or "").select_related("territory").first()
            )
        return [app_of(found)] if found is not None else []

    def list_providers(self, request: HttpRequest) -> list[Any]:
        return []

    def get_requests_session(self) -> GuardedSession:
        return GuardedSession()

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        receive(request, sociallogin, sociallogin.provider.app.house)

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Any = None,
        extra_context: Any = None,
    ) -> None:
        reason = "down"
        if isinstance(exception, Fault):
            reason = exception.reason
        elif isinstance(exception, EgressDenied):
            reason = "outside"
        elif error == AuthError.CANCELLED:
            reason = "cancelled"
        elif exception is None:
            reason = "state" if "state_id" in (extra_context or {}) else "wrong"
        raise ImmediateHttpResponse(failed(request, reason, provider.sub_id, exception))


def app_of(provider: IdentityProvider) -> SocialApp:
    """The row as allauth knows apps; never saved. The client secret is opened here, for the time of a sign-in."""
    app = SocialApp(
        provider="openid_connect",
        provider_id=provider.public_id,
        name=provider.name,
        client_id=provider.client_id,
        secret=sealing.unseal(provider.sealed_secret) if provider.sealed_secret else "",
        settings={
            "server_url": provider.issuer,
            "scope": provider.scopes.split(),
            "auth_params": auth_params(provider.requested_acr, provider.strong_amr),
        },
    )
    app.house = provider
    return app


class HouseMFAAdapter(DefaultMFAAdapter):
    """TOTP seeds and recovery codes are kept sealed; those of before are still read."""

    def encrypt(self, text: str) -> str:
        return sealing.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return sealing.unseal(encrypted_text) if sealing.is_sealed(encrypted_text) else encrypted_text
