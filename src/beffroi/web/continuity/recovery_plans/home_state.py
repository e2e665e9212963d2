"""What of continuity waits for somebody on the home of a territory, asked of the database with what the other rooms ask."""

from typing import Final, NamedTuple

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from beffroi.web.guides.models import RegisterEntry
from beffroi.web.platform import home_signals
from beffroi.web.platform.models import Territory

from ..essential_services.services import REGISTER as SERVICES
from ..models import OutageValidation, PlanEdition
from .continuity_tests import REGISTER as TESTS
from .plan_editions import FRESH


class Waiting(NamedTuple):
    """Whether services are written, some without a validated outage, a test is overdue, a plan was signed, one is over a year old."""

    services: bool
    unvalidated: bool
    tests: bool
    signed: bool
    stale: bool


def _services(territory: Territory) -> QuerySet[RegisterEntry]:
    rows: QuerySet[RegisterEntry] = RegisterEntry.objects.of(territory)
    return rows.filter(register=SERVICES, removed_at=None)


def _unvalidated(territory: Territory) -> QuerySet[RegisterEntry]:
    validated = OutageValidation.objects.of(territory).filter(entry=OuterRef("pk"))
    return _services(territory).filter(~Exists(validated))


def _overdue_tests(territory: Territory) -> QuerySet[RegisterEntry]:
    rows: QuerySet[RegisterEntry] = RegisterEntry.objects.of(territory)
    return rows.filter(register=TESTS, removed_at=None, values__next_on__lt=timezone.localdate().isoformat())


def _signed(territory: Territory) -> QuerySet[PlanEdition]:
    rows: QuerySet[PlanEdition] = PlanEdition.objects.of(territory)
    return rows


def _stale(territory: Territory) -> QuerySet[PlanEdition]:
    """Editions of a plan that has none within a year."""
    fresh = _signed(territory).filter(at__gt=timezone.now() - FRESH)
    return _signed(territory).exclude(kind__in=fresh.values("kind"))


_SIGNALS: Final = {
    "services": _services,
    "unvalidated": _unvalidated,
    "tests": _overdue_tests,
    "signed": _signed,
    "stale": _stale,
}


def register() -> None:
    """Called once, when the application is ready."""
    for key, rows in _SIGNALS.items():
        home_signals.register(f"continuity.{key}", rows)


def waiting(territory: Territory) -> Waiting:
    found = home_signals.waiting_signals(territory)
    return Waiting(**{key: found[f"continuity.{key}"] for key in _SIGNALS})
