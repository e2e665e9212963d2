"""allauth's forms of passkeys, whose refusals are written in the journal of access: allauth tells nobody of them."""

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms
from allauth.mfa.webauthn.internal import auth
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from beffroi.web.platform.access_log import journal
from beffroi.web.platform.models import AccessEvent


def are_possible(request: HttpRequest) -> bool:
    """Whether a browser can make a key for this address: for a name, never for an IP address (WebAuthn, § 5.1.3)."""
    try:
        ip_address(urlsplit(f"//{request.get_host()}").hostname or "")
    except ValueError:
        return True
    return False


class _Journaled:
    def clean_credential(self) -> Authenticator:
        try:
            return super().clean_credential()  # type: ignore[misc]
        except ValidationError:
            person = self.user or _named_by(self.cleaned_data["credential"])  # type: ignore[attr-defined]
            journal.record(context.request, AccessEvent.Kind.FAILED, person, detail="clé d'accès")
            raise


class LoginForm(_Journaled, forms.LoginWebAuthnForm):
    """The passkey alone."""


class AuthenticateForm(_Journaled, forms.AuthenticateWebAuthnForm):
    """The key after the password."""


class ReauthenticateForm(_Journaled, forms.ReauthenticateWebAuthnForm):
    """The key of who is signed in already."""


def _named_by(credential: Any) -> Any:
    """The account that a refused key names, as a refused password names one."""
    try:
        return auth.extract_user_from_response(credential)
    except (ValidationError, AttributeError):
        return None
