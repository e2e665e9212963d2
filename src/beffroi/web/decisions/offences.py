"""Supposed offences that nobody authorised confirmed in time: forgotten, their evidence first (R34).

Called by the house's clock. A line of the ledger says which proposal, never what it held.
"""

from django.db import transaction
from django.utils import timezone

from beffroi.web.territories import ledger, scope
from beffroi.web.territories.models import Territory

from .models import PreparedDecision, Proposal


def expire() -> int:
    """Erase the evidence of every expired one, in every territory; how many there were."""
    with scope.host():
        territories = list(Territory.objects.all())
    count = 0
    for territory in territories:
        with scope.inside(territory), transaction.atomic():
            count += _expire_in(territory)
    return count


def _expire_in(territory: Territory) -> int:
    now = timezone.now()
    old = Proposal.objects.of(territory).filter(
        offence=True, decision__isnull=True, erased_at__isnull=True, expires_at__lte=now
    )
    keys = list(old.values_list("pk", flat=True))
    rows = Proposal.objects.of(territory).filter(pk__in=keys)
    rows.filter(superseded_at__isnull=True).update(superseded_at=now)
    rows.update(evidence={}, erased_at=now)
    PreparedDecision.objects.of(territory).filter(proposal__in=keys, state__in=PreparedDecision.OPEN).update(
        state=PreparedDecision.State.WITHDRAWN, text="", reason=""
    )
    ledger.append_many(
        territory, [ledger.NewLine("offence.expire", None, f"proposal:{pk}", {}) for pk in keys]
    )
    return len(keys)
