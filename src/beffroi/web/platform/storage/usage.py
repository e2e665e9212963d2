"""Usage figures of each territory for the host page, a few at a time: people, bytes on disk, day of the last act.

In: nothing. Out: rows of `TerritoryFigures`. What is counted never leaves the territory: only the sums do. A room above registers
what it alone can count, under the name of the field that keeps it (`register_count`).
"""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from .. import ledger, scope
from ..models import Membership, Territory, TerritoryFigures

EVERY = timedelta(hours=1)
AT_A_TURN = 20  # territories: a turn stays short whatever their number; a thousand are measured in under twenty minutes


type Count = Callable[[Territory], int]
_counts: dict[str, Count] = {}


def register_count(field: str, count: Count) -> None:
    _counts[field] = count


def measure_stale(limit: int = AT_A_TURN) -> int:
    """Measure again those whose figures are the oldest; how many."""
    late = TerritoryFigures.objects.filter(
        Q(measured_at=None) | Q(measured_at__lt=timezone.now() - EVERY)
    ).order_by(F("measured_at").asc(nulls_first=True))
    with scope.host():
        found = [row.territory for row in late.select_related("territory")[:limit]]
    for territory in found:
        measure(territory)
    return len(found)


def measure(territory: Territory) -> TerritoryFigures:
    """Count now."""
    now = timezone.now()
    with scope.inside(territory):
        memberships = Membership.objects.of(territory).filter(Q(until=None) | Q(until__gt=now))
        people = memberships.values("person").distinct().count()
        last = ledger.lines_of(territory).last()
        counts = {field: count(territory) for field, count in _counts.items()}
    sums = {
        "people": people,
        "size": size_of(settings.HOME.territory(territory.slug)),
        "last_act_on": timezone.localdate(datetime.fromisoformat(last.at)) if last else None,
        "measured_at": now,
        **counts,
    }
    with scope.inside(territory):
        figures, _ = TerritoryFigures.objects.update_or_create(territory=territory, defaults=sums)
    return figures


def size_of(folder: Path) -> int:
    """Bytes that the files of this folder take; a file that goes away meanwhile counts for nothing."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(where) / name).lstat().st_size
            except OSError:
                continue
    return total
