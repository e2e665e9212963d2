"""What happens when someone is in: the browser will be known, and the session says which provider opened it."""

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.account.signals import authentication_step_completed, password_changed, password_set
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed, authenticator_added, authenticator_removed
from allauth.usersessions.models import UserSession
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from beffroi.web.platform.access_log import journal
from beffroi.web.platform.ledger import line_written
from beffroi.web.platform.models import AccessEvent

from .origin import write


@receiver(user_logged_in)
def entered(request: HttpRequest, user: Any, **_: Any) -> None:
    request._beffroi_entered = user.email  # type: ignore[attr-defined]
    if hasattr(request, "user") and "REMOTE_ADDR" in request.META:
        # By an entry link too: allauth lists only the sessions that it opened itself.
        UserSession.objects.create_from_request(request)
        journal.record(request, AccessEvent.Kind.ENTERED, user, detail=_way(request, user))


def _way(request: HttpRequest, user: Any) -> str:
    """By what the account came in, in words."""
    methods = {record.get("method") for record in get_authentication_records(request, user)}
    labels = {"password": "mot de passe", "mfa": "second facteur", "socialaccount": "fournisseur d'identité"}
    return ", ".join(words for method, words in labels.items() if method in methods) or "lien d'entrée"


@receiver(user_logged_out)
def left(request: HttpRequest, user: Any, **_: Any) -> None:
    if user is not None:
        journal.record(request, AccessEvent.Kind.LEFT, user)


@receiver([password_set, password_changed])
def new_password(request: HttpRequest, user: Any, **_: Any) -> None:
    journal.record(request, AccessEvent.Kind.PASSWORD, user)
    # Who has just typed it twice is not asked for it again to set up a second factor.
    record_authentication(request, user, "password")


@receiver(line_written)
def access_changed(territory: Any, line: Any, **_: Any) -> None:
    journal.record_act(territory, line.act, line.person, line.subject)


@receiver(authentication_failed)
def wrong_code(request: HttpRequest, user: Any, authenticator: Any, **_: Any) -> None:
    journal.record(request, AccessEvent.Kind.FAILED, user, detail="code du second facteur")


@receiver(authenticator_removed)
def factor_removed(request: HttpRequest, user: Any, authenticator: Any, **_: Any) -> None:
    journal.record(request, AccessEvent.Kind.FACTOR_REMOVED, user, detail=str(authenticator.type))


@receiver(authentication_step_completed)
def opened_by_provider(request: HttpRequest, method: str, **_: Any) -> None:
    origin = getattr(request, "_beffroi_origin", None)
    if method == "socialaccount" and origin is not None:
        write(request, origin)


@receiver(authenticator_added)
def factor_enrolled(request: HttpRequest, user: Any, authenticator: Any, **_: Any) -> None:
    """Who has just made a key or typed a first code has given it: it is not asked again for this session."""
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)
        journal.record(request, AccessEvent.Kind.FACTOR_ADDED, user, detail=str(authenticator.type))
