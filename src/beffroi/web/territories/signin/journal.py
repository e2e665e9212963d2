"""The journal of access: who came in, who failed, which means and roles changed. Kept a year, sent elsewhere as it comes.

In: what sign-in and the ledger say as they happen. Out: rows shown to who holds `session.read`, and one line of JSON each on the
logger `beffroi.access`, which `BEFFROI_SYSLOG` sends to another machine. No secret is in it, nor what was typed.
"""

import json
import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from ..models import AccessEvent, Membership, Person, Territory
from ..visitors import address_of

KEPT = timedelta(days=365)
MOST = 200_000  # rows: beyond, the oldest of accounts that do not exist go first
OF_ACCESS = (
    "member.",
    "delegation.",
    "person.",
    "provider.",
    "service.",
    "token.",
    "session.",
    "host.operator",
)
"""The acts of the ledger that change who may enter, or how."""

_sent = logging.getLogger("beffroi.access")


def record(
    request: HttpRequest | None,
    kind: AccessEvent.Kind,
    person: Person | None,
    *,
    detail: str = "",
    territory: Territory | None = None,
) -> None:
    """Write an event down, and send it once it is sure to stay."""
    from .sessions import device_name

    event = AccessEvent.objects.create(
        kind=kind,
        person=person,
        territory=territory,
        detail=detail[:120],
        address=address_of(request)[:45] if request is not None else "",
        device=device_name(request.META.get("HTTP_USER_AGENT", ""))[:80] if request is not None else "",
    )
    transaction.on_commit(lambda: _sent.info(as_json(event)))


def record_act(territory: Territory | None, act: str, by: Person | None, thing: str) -> None:
    """An act of the ledger, when it is one of access; the person is the one whose access it is."""
    if not act.startswith(OF_ACCESS):
        return
    about, _, number = thing.partition(":")
    person = Person.objects.filter(pk=number).first() if about == "person" and number.isdecimal() else by
    record(None, AccessEvent.Kind.ROLES, person, detail=act, territory=territory)


def shown_in(territory: Territory) -> QuerySet[AccessEvent]:
    """What the journal holds of the members of a territory, past ones included, and of its own acts."""
    members = Membership.objects.of(territory).values("person")
    of_accounts = Q(person__in=members, territory=None)
    return AccessEvent.objects.filter(of_accounts | Q(territory=territory)).select_related(
        "person", "territory"
    )


def as_json(event: AccessEvent) -> str:
    """One line: `at` (ISO 8601), `event`, `account` (its number), `address`, `device`, `territory`, `detail`."""
    line: dict[str, Any] = {"at": event.at.isoformat(), "event": event.kind, "account": event.person_id}
    line |= {"address": event.address, "device": event.device, "detail": event.detail}
    line["territory"] = event.territory.slug if event.territory is not None else None
    return json.dumps(line, ensure_ascii=False)


def forget_old(now: datetime | None = None) -> int:
    """Called by the clock: events older than a year go, and a flood of tries on accounts that do not exist."""
    gone = AccessEvent.objects.filter(at__lt=(now or timezone.now()) - KEPT).delete()[0]
    beyond = AccessEvent.objects.count() - MOST
    if beyond > 0:
        nobody = AccessEvent.objects.filter(person=None, territory=None).order_by("at")
        gone += AccessEvent.objects.filter(
            pk__in=list(nobody.values_list("pk", flat=True)[:beyond])
        ).delete()[0]
    return gone
