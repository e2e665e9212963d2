"""Forecasts made by the clock: when, in whose name, and what happens when a gate is closed that day.

In come a use, a person and a rhythm; the house's clock calls `start_due`. A forecast of the clock passes every gate, as one asked
for by hand: closed, it is not made, and the card says why. Its supervisor answers for it, so it is made in their name.
"""

import logging

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from beffroi.web.catalogue.sources.fetch_schedules import Schedule
from beffroi.web.platform import feature_switches, ledger, scope
from beffroi.web.platform.jobs import TooManyJobs
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require

from ..errors import WorkshopError
from ..models import Run, SystemUse
from .runs import start

logger = logging.getLogger(__name__)
UNITS = ("never", "day", "week", "month")  # a forecast every few minutes would fill the inbox, not the plates


def schedule(use: SystemUse, person: Person, rhythm: Schedule) -> SystemUse:
    """Set the rhythm of the forecasts, or take it away (« never »). Raises `PermissionDenied`, WorkshopError."""
    require(person, "system.bind", use)
    if use.declared:
        raise WorkshopError("Beffroi ne fait pas tourner ce service : il n'a pas de rythme ici.")
    if rhythm.unit not in UNITS:
        raise WorkshopError("Choisissez : à la demande, chaque jour, chaque semaine ou chaque mois.")
    with transaction.atomic():
        use.rhythm = None if rhythm.unit == "never" else rhythm.to_dict()
        use.next_at = rhythm.next_after(timezone.now())
        use.schedule_failure = None
        use.save(update_fields=["rhythm", "next_at", "schedule_failure"])
        ledger.append(use.territory, "system.schedule", person, f"system:{use.system}", rhythm.to_dict())
    return use


def start_due() -> int:
    """Start the forecasts that are due in every territory, once a moment; how many were started."""
    with scope.host():
        due = list(SystemUse.objects.filter(next_at__lte=timezone.now()).values_list("territory", "pk"))
    count = 0
    for territory in Territory.objects.filter(pk__in={place for place, _ in due}):
        if territory.suspended_at is not None or not feature_switches.is_open(territory, "workshop"):
            continue
        with scope.inside(territory):
            count += sum(_start(territory, pk) for place, pk in due if place == territory.pk)
    return count


def _start(territory: Territory, pk: int) -> bool:
    with transaction.atomic():
        use = (
            SystemUse.objects.of(territory)
            .select_for_update(of=("self",))
            .select_related("territory", "supervisor", "processing")
            .get(pk=pk)
        )
        moment = use.next_at
        if moment is None or moment > timezone.now():
            return False  # another clock was here
        message = None
        try:
            if use.supervisor is None:
                raise WorkshopError("Personne ne supervise ce service : le calcul n'a pas été fait.")
            # The shape of this key tells it from a forecast that a person asked for (`stopping.CLOCK_KEY`).
            start(use, use.supervisor, Run.Verb.RUN, key=f"{use.pk}-{moment:%Y%m%d%H%M}")
        except TooManyJobs:
            logger.warning("%s has too many jobs: the forecast of %s waits", territory.slug, use.system)
            return False  # the next minute of the clock tries again
        except (WorkshopError, PermissionDenied) as error:
            message = str(error)
        use.next_at, use.schedule_failure = use.schedule.next_after(timezone.now()), message
        use.save(update_fields=["next_at", "schedule_failure"])
    return message is None
