"""What of continuity waits for somebody on the home of a territory, asked of the database in one query."""

from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from beffroi.web.guides.models import RegisterEntry
from beffroi.web.platform.models import Territory
from beffroi.web.platform.request_cache import cached_read

from ..essential_services.services import REGISTER as SERVICES
from ..models import OutageValidation, PlanEdition
from .continuity_tests import REGISTER as TESTS
from .plan_editions import FRESH


class Waiting(NamedTuple):
    """Whether services are written, some without a validated outage, a test is overdue, a plan was signed, one within a year."""

    services: bool
    unvalidated: bool
    tests: bool
    signed: bool
    fresh: bool


def overdue_tests(territory: Territory) -> QuerySet[RegisterEntry]:
    rows: QuerySet[RegisterEntry] = RegisterEntry.objects.of(territory)
    return rows.filter(register=TESTS, removed_at=None, values__next_on__lt=timezone.localdate().isoformat())


@cached_read
def waiting(territory: Territory) -> Waiting:
    services = RegisterEntry.objects.of(territory).filter(register=SERVICES, removed_at=None)
    validated = OutageValidation.objects.of(territory).filter(entry=OuterRef("pk"))
    plans = PlanEdition.objects.of(territory)
    each: list[QuerySet[Any]] = [
        services,
        services.filter(~Exists(validated)),
        overdue_tests(territory),
        plans,
        plans.filter(at__gt=timezone.now() - FRESH),
    ]
    found = Territory.objects.filter(pk=territory.pk).values_list(*(Exists(rows) for rows in each))
    return Waiting(*found.get())
