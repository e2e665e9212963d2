"""Access log: sign-ins, failures, refusals, changes of means and roles. Retained a year, sent to another machine as written.

In: what sign-in, refusals and the ledger say as they happen. Out: rows shown to who holds `session.read`, and one line of JSON
each on the logger `beffroi.access`, which `BEFFROI_SYSLOG` sends to another machine. No secret is in it, nor what was typed.
The database keeps its rows from change (`0002_rules`); a flood of refusals is counted, not written (`line_limits.py`).
"""

import json
import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from .. import scope
from ..http.client_address import address_of, device_name
from ..models import AccessEvent, Membership, Person, Territory
from .line_limits import LineLimits

RETENTION = timedelta(days=365)
OF_ACCESS = (
    "member.",
    "delegation.",
    "person.",
    "provider.",
    "service.",
    "token.",
    "session.",
    "host.operator",
    "host.reclaim",
)
"""The acts of the ledger that change who may enter, or how."""
REFUSALS = frozenset(
    {
        AccessEvent.Kind.FAILED,
        AccessEvent.Kind.LOCKED,
        AccessEvent.Kind.REFUSED,
        AccessEvent.Kind.TOKEN,
        AccessEvent.Kind.DENIED,
        AccessEvent.Kind.FORGED,
        AccessEvent.Kind.LIMITED,
        AccessEvent.Kind.FILE,
    }
)
"""What anyone can make happen as often as they want: their lines are limited."""
limits = LineLimits()

_sent = logging.getLogger("beffroi.access")


def record(
    request: HttpRequest | None,
    kind: AccessEvent.Kind,
    person: Person | None,
    *,
    detail: str = "",
    territory: Territory | None = None,
) -> None:
    """Write an event down, and send it once it is sure to stay; or count it, when its like are too many."""
    for (skipped, source), count in limits.take_skipped().items():
        _write(kind=skipped, address=source, detail=f"et {count} autres dans la même minute, non détaillés")
    address = address_of(request)[:45] if request is not None else ""
    if kind in REFUSALS and not limits.admit(kind, address):
        return
    _write(
        kind=kind,
        person=person,
        territory=territory,
        detail=detail[:120],
        address=address,
        device=device_name(request.META.get("HTTP_USER_AGENT", ""))[:80] if request is not None else "",
    )


def _write(**fields: Any) -> None:
    with scope.nowhere(), scope.host():  # the journal is the host's, wherever the event happened
        event = AccessEvent.objects.create(**fields)
    transaction.on_commit(lambda: _sent.info(as_json(event)))


def record_act(territory: Territory | None, act: str, by: Person | None, subject: str) -> None:
    """An act of the ledger, when it is one of access or a refused file; the person is the one whose access it is."""
    if act == "delivery.refuse":
        record(
            None,
            AccessEvent.Kind.FILE,
            by,
            detail=f"livraison {subject.partition(':')[2]}",
            territory=territory,
        )
    if not act.startswith(OF_ACCESS):
        return
    about, _, number = subject.partition(":")
    person = Person.objects.filter(pk=number).first() if about == "person" and number.isdecimal() else by
    record(None, AccessEvent.Kind.ROLES, person, detail=act, territory=territory)


def visible_events(territory: Territory) -> QuerySet[AccessEvent]:
    """What the journal holds of the members of a territory, past ones included, and of its own acts and refusals.

    `of_here` says whether the person is one of them: who is not may have been refused here, and is not named.
    """
    members = Membership.objects.of(territory).values("person")
    of_accounts = Q(person__in=members, territory=None)
    return (
        AccessEvent.objects.filter(of_accounts | Q(territory=territory))
        .annotate(of_here=Q(person__in=members))
        .select_related("person", "territory")
    )


def as_json(event: AccessEvent) -> str:
    """One line: `at` (ISO 8601), `event`, `account` (its number), `address`, `device`, `territory`, `detail`."""
    account = event.person_id if getattr(event, "of_here", True) else None
    line: dict[str, Any] = {"at": event.at.isoformat(), "event": event.kind, "account": account}
    line |= {"address": event.address, "device": event.device, "detail": event.detail}
    line["territory"] = event.territory.slug if event.territory is not None else None
    return json.dumps(line, ensure_ascii=False)


def delete_expired(now: datetime | None = None) -> int:
    """Called by the clock: events older than a year go. The database lets no other row be removed."""
    with scope.nowhere(), scope.host():
        return AccessEvent.objects.filter(at__lt=(now or timezone.now()) - RETENTION).delete()[0]
