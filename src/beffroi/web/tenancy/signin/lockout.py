"""Passwords that fail slow down who tries them, never who owns the account.

A known device counts its own failures only. An unknown one is counted by address and account, by account for all unknown
devices together, and by address for all accounts. Keys, links and identity providers are never blocked. Counters are rows:
every process shares them; keys are hashes made alike for accounts that exist and accounts that do not.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from ..models import SignInCounter
from .devices import account_key, known_device


@dataclass(frozen=True)
class Limit:
    """`most` failures within `window`, then nothing more for `rest`."""

    name: str
    most: int
    window: timedelta
    rest: timedelta


DEVICE = Limit("device", 10, timedelta(minutes=15), timedelta(minutes=15))
PAIR = Limit("pair", 5, timedelta(minutes=15), timedelta(minutes=15))
UNKNOWN = Limit("unknown", 20, timedelta(hours=1), timedelta(minutes=30))
ADDRESS = Limit("address", 60, timedelta(minutes=15), timedelta(minutes=15))
RETENTION = timedelta(days=2)


@dataclass(frozen=True)
class Attempt:
    """One try of a password: its counters already say that it failed, until `succeeded` gives them back."""

    keys: tuple[str, ...]
    blocked_until: datetime | None


def _key(limit: Limit, *parts: str) -> str:
    return salted_hmac(f"beffroi sign-in {limit.name}", "\0".join(parts), algorithm="sha256").hexdigest()


def _counted(request: HttpRequest, email: str, address: str) -> list[tuple[Limit, str]]:
    account = account_key(email)
    if mark := known_device(request, email):
        counter = SignInCounter.objects.filter(key=_key(DEVICE, account, mark)).first()
        if counter is None or not _is_blocked(counter):
            return [(DEVICE, _key(DEVICE, account, mark))]
        # A known device that failed too often is a stranger for a while.
    return [
        (PAIR, _key(PAIR, account, address)),
        (UNKNOWN, _key(UNKNOWN, account)),
        (ADDRESS, _key(ADDRESS, address)),
    ]


def _is_blocked(counter: SignInCounter) -> bool:
    return counter.blocked_until is not None and counter.blocked_until > timezone.now()


def begin(request: HttpRequest, email: str, address: str) -> Attempt:
    """Count the try before the password is looked at, so that many at once do not pass together."""
    now = timezone.now()
    counted = _counted(request, email, address)
    with transaction.atomic():
        rows = []
        for limit, key in counted:
            SignInCounter.objects.get_or_create(key=key)
            row = SignInCounter.objects.select_for_update().get(key=key)
            if row.blocked_until is not None and row.blocked_until > now:
                return Attempt((), row.blocked_until)
            if row.since < now - limit.window or row.blocked_until is not None:
                row.failures, row.since, row.blocked_until = 0, now, None
            rows.append((limit, row))
        for limit, row in rows:
            row.failures += 1
            if row.failures >= limit.most:
                row.blocked_until = now + limit.rest
            row.save(update_fields=["failures", "since", "blocked_until"])
    return Attempt(tuple(key for _, key in counted), None)


def succeeded(attempt: Attempt) -> None:
    """Give back what this try counted. What others failed stays: an attacker's own sign-ins would wipe the slate."""
    SignInCounter.objects.filter(key__in=attempt.keys, failures__gt=0).update(
        failures=F("failures") - 1, blocked_until=None
    )


def clean_up() -> int:
    """Forget the counters that no longer hold anyone: called by the house's clock."""
    old = SignInCounter.objects.filter(since__lt=timezone.now() - RETENTION)
    return old.exclude(blocked_until__gt=timezone.now()).delete()[0]
