"""The sessions of a person: listed, ended one by one or all at once, by themselves, by an administrator, by their provider."""

import time
from dataclasses import dataclass

from allauth.account.internal.flows.login import get_authentication_records
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from beffroi.web.platform import ledger
from beffroi.web.platform.http.client_address import device_name
from beffroi.web.platform.models import Membership, Person, Territory
from beffroi.web.platform.rights import require

from .origin import provider_session

SEEN_EVERY = 300  # seconds between two writes of « last seen »
ACTIVE_EVERY = 60  # seconds between two writes of the last activity
_OPENED, _ACTIVE = "beffroi_opened_at", "beffroi_active_at"


@dataclass(frozen=True)
class OpenSession:
    """A browser in which the account is open, in words that its owner recognises."""

    pk: int
    device: str
    address: str
    opened: object
    seen: object
    here: bool


def open_sessions(person: Person, session_key: str | None) -> list[OpenSession]:
    """Where the account is open, this browser first, then the most recently seen."""
    rows = [
        OpenSession(
            pk=row.pk,
            device=device_name(row.user_agent),
            address=row.ip,
            opened=row.created_at,
            seen=row.last_seen_at,
            here=row.session_key == session_key,
        )
        for row in UserSession.objects.purge_and_list(person)
    ]
    return sorted(rows, key=lambda row: (row.here, row.seen), reverse=True)


def seen(request: HttpRequest) -> None:
    """Keep « last seen » about right, without a write a page; note what the provider calls this session."""
    key = request.session.session_key
    if key is None or not cache.add(f"seen:{key}", True, SEEN_EVERY):
        return
    origin = provider_session(request)
    known = {name: origin[name] for name in ("provider", "sid", "sub")} if origin else {}  # type: ignore[literal-required]
    UserSession.objects.filter(session_key=key).update(last_seen_at=timezone.now(), data=known)


def is_over(request: HttpRequest) -> bool:
    """Whether this session was left for `SESSION_IDLE_SECONDS`, or began `SESSION_COOKIE_AGE` ago; notes the activity if not."""
    session, now = request.session, time.time()
    opened, active = session.get(_OPENED, now), session.get(_ACTIVE, 0.0)
    if (
        active and now - active > settings.SESSION_IDLE_SECONDS
    ) or now - opened > settings.SESSION_COOKIE_AGE:
        return True
    if now - active > ACTIVE_EVERY:
        session[_OPENED], session[_ACTIVE] = opened, now
    return False


def proved_at(request: HttpRequest) -> float:
    """When this session last proved who it is, by any means; 0 if it never did. In seconds since the epoch."""
    if not isinstance(request.user, Person):
        return 0.0
    return max((record["at"] for record in get_authentication_records(request, request.user)), default=0.0)


def renew(request: HttpRequest) -> None:
    """Another key for the same session, as when it began: who knew the former one holds nothing."""
    former = request.session.session_key
    request.session.cycle_key()
    UserSession.objects.filter(session_key=former).update(session_key=request.session.session_key)


def end_one(person: Person, pk: int) -> bool:
    """End one of the person's own sessions; False when there is no such one."""
    row = UserSession.objects.filter(user=person, pk=pk).first()
    if row is None:
        return False
    row.end()
    return True


def end_others(person: Person, session_key: str | None) -> int:
    rows = list(UserSession.objects.filter(user=person).exclude(session_key=session_key))
    for row in rows:
        row.end()
    return len(rows)


def end_all(person: Person) -> int:
    """Sign the person out everywhere; how many sessions there were. Each open session is looked into: none is missed."""
    UserSession.objects.filter(user=person).delete()
    opened = Session.objects.filter(expire_date__gt=timezone.now()).iterator(chunk_size=500)
    keys = [s.session_key for s in opened if s.get_decoded().get(SESSION_KEY) == str(person.pk)]
    Session.objects.filter(session_key__in=keys).delete()
    return len(keys)


def end_sessions(person: Person, by: Person, territory: Territory) -> int:
    """End every session of a member: they must sign in again. Raises PermissionDenied; one ledger line."""
    require(by, "session.end", territory)
    if not Membership.objects.of(territory).filter(person=person, waiting_since=None).exists():
        raise PermissionDenied("Cette personne n'est pas membre de ce territoire.")
    with transaction.atomic():
        count = end_all(person)
        ledger.append(territory, "session.end", by, f"person:{person.pk}", {"sessions": count})
    return count


def end_by_provider(public_id: str, *, sid: str, sub: str) -> int:
    """End what a provider's back-channel sign-out names: one session (`sid`), or all of a `sub`."""
    rows = UserSession.objects.filter(data__provider=public_id)
    rows = rows.filter(data__sid=sid) if sid else rows.filter(data__sub=sub)
    found = list(rows)
    for row in found:
        row.end()
    return len(found)
