"""What happens when someone is in: the browser will be known, and the session says which provider opened it."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.signals import authentication_step_completed
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from allauth.usersessions.models import UserSession
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from .origin import write


@receiver(user_logged_in)
def entered(request: HttpRequest, user: Any, **_: Any) -> None:
    request._beffroi_entered = user.email  # type: ignore[attr-defined]
    if hasattr(request, "user") and "REMOTE_ADDR" in request.META:
        # By an entry link too: allauth lists only the sessions that it opened itself.
        UserSession.objects.create_from_request(request)


@receiver(authentication_step_completed)
def opened_by_provider(request: HttpRequest, method: str, **_: Any) -> None:
    origin = getattr(request, "_beffroi_origin", None)
    if method == "socialaccount" and origin is not None:
        write(request, origin)


@receiver(authenticator_added)
def just_given(request: HttpRequest, user: Any, authenticator: Any, **_: Any) -> None:
    """Who has just made a key or typed a first code has given it: it is not asked again for this session."""
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)
