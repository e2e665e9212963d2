"""Supposed offences that nobody authorised confirmed in time: forgotten, all that tells whom and where with them (R34).

Called by the house's clock. A line of the ledger says which proposal, never what it held.
"""

from typing import Any

from django.db import transaction
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from beffroi.web.platform import ledger, scope
from beffroi.web.platform.models import Territory

from .models import PreparedDecision, Proposal

# What is left of one: its number, for the subjects of a run are told apart. The database holds the same list.
NAME = "Infraction oubliée n° "
BLANK: dict[str, Any] = {
    "evidence": {}, "reasons": [], "plain_reasons": None, "case": None, "explanation": None, "place": "", "due": None,
    "key": None, "about": None, "items": None, "spare": None, "digest": None,
}  # fmt: skip


def expire() -> int:
    """Erase every expired one, in every territory; how many there were."""
    with scope.host():
        territories = list(Territory.objects.all())
    count = 0
    for territory in territories:
        with scope.inside(territory), transaction.atomic():
            count += _expire_in(territory)
    return count


def _expire_in(territory: Territory) -> int:
    now = timezone.now()
    old = Proposal.objects.of(territory).filter(offence=True, decision__isnull=True, expires_at__lte=now)
    # Those whose evidence alone was erased, by an earlier version, are taken again.
    old = old.exclude(erased_at__isnull=False, subject__startswith=NAME)
    keys = list(old.values_list("pk", flat=True))
    rows = Proposal.objects.of(territory).filter(pk__in=keys)
    rows.filter(superseded_at__isnull=True).update(superseded_at=now, closed_as=Proposal.Closure.OVERDUE)
    rows.update(subject=Concat(Value(NAME), Cast("pk", CharField())), erased_at=now, **BLANK)
    PreparedDecision.objects.of(territory).filter(proposal__in=keys, state__in=PreparedDecision.OPEN).update(
        state=PreparedDecision.State.WITHDRAWN, text="", reason=""
    )
    ledger.append_many(
        territory, [ledger.NewLine("offence.expire", None, f"proposal:{pk}", {}) for pk in keys]
    )
    return len(keys)
