"""What pages show of watched sites: their state in one badge, their availability by period, their open alerts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Avg, Count, Q
from django.utils import timezone

from beffroi.web.platform.models import Territory

from ..models import SiteAlert, SiteCheck, WatchedSite

PERIODS: Final = ((1, "24 heures"), (7, "7 jours"), (30, "30 jours"), (90, "90 jours"))
_SEEN: Final = ("up", "slow", "down")
BADGES: Final = {"up": "good", "slow": "warn", "down": "danger", "blocked": "warn", "unknown": "plain"}


@dataclass(frozen=True)
class Line:
    """A site in the list, with its open alerts."""

    site: WatchedSite
    alerts: list[SiteAlert]

    @property
    def changed(self) -> bool:
        return any(alert.kind == SiteAlert.Kind.CHANGE for alert in self.alerts)

    @property
    def badge(self) -> tuple[str, str]:
        return state_badge(self.site, self.alerts)


def state_badge(site: WatchedSite, alerts: list[SiteAlert]) -> tuple[str, str]:
    """Label and kind of the badge that sums a site up: the most serious first."""
    if site.state == WatchedSite.State.PAUSED:
        return "en pause", "plain"
    if any(alert.kind == SiteAlert.Kind.CHANGE for alert in alerts):
        return "changement inhabituel", "danger"
    return site.get_availability_display(), BADGES[site.availability]


def lines(territory: Territory) -> list[Line]:
    """The sites of a territory, those that changed first, then those with another alert."""
    alerts: dict[int, list[SiteAlert]] = {}
    for alert in SiteAlert.objects.of(territory).filter(ended_at=None):
        alerts.setdefault(alert.site_id, []).append(alert)
    sites = WatchedSite.objects.of(territory).exclude(state=WatchedSite.State.REMOVED)
    found = [Line(site, alerts.get(site.pk, [])) for site in sites]
    return sorted(found, key=lambda line: (not line.changed, not line.alerts, line.site.name.lower()))


@dataclass(frozen=True)
class Period:
    """Availability over a period: visits are its base; those that the operator did not allow are left out."""

    label: str
    visits: int
    reached: int
    milliseconds: float | None

    @property
    def percent(self) -> float:
        return 100 * self.reached / self.visits if self.visits else 0.0

    @property
    def seconds(self) -> float | None:
        return None if self.milliseconds is None else self.milliseconds / 1000


def availability(site: WatchedSite, now: datetime | None = None) -> list[Period]:
    """Availability by period, in one query."""
    now = now or timezone.now()
    aggregates: dict[str, Count | Avg] = {}
    for days, _ in PERIODS:
        recent = Q(at__gte=now - timedelta(days=days))
        reached = recent & Q(availability__in=("up", "slow"))
        aggregates |= {
            f"visits_{days}": Count("pk", filter=recent),
            f"reached_{days}": Count("pk", filter=reached),
            f"time_{days}": Avg("milliseconds", filter=reached),
        }
    found = (
        SiteCheck.objects.of(site.territory).filter(site=site, availability__in=_SEEN).aggregate(**aggregates)
    )
    return [
        Period(label, found[f"visits_{days}"], found[f"reached_{days}"], found[f"time_{days}"])
        for days, label in PERIODS
    ]
