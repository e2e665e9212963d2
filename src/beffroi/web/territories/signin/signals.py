"""What happens when someone is in: the browser will be known, and the session says which provider opened it."""

from typing import Any

from allauth.account.signals import authentication_step_completed
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from .origin import write


@receiver(user_logged_in)
def entered(request: HttpRequest, user: Any, **_: Any) -> None:
    request._beffroi_entered = user.email  # type: ignore[attr-defined]


@receiver(authentication_step_completed)
def opened_by_provider(request: HttpRequest, method: str, **_: Any) -> None:
    origin = getattr(request, "_beffroi_origin", None)
    if method == "socialaccount" and origin is not None:
        write(request, origin)
