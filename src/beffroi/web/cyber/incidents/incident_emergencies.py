"""What the banner of every page says of incidents under way, to who may read them; never an exercise."""

from collections.abc import Iterator

from django.urls import reverse

from beffroi.web.guides.presenting import next_clock
from beffroi.web.platform.emergency_banner import Emergency
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may

from ..home_state import running_incidents


def incident_emergencies(person: Person, territory: Territory) -> Iterator[Emergency]:
    if not may(person, "cyber.read", territory):
        return
    for run in running_incidents(territory):
        clock = next_clock(run)
        yield Emergency(
            f"Incident en cours : {run.label}" if run.label else "Incident en cours",
            reverse("guide-run", args=[territory.slug, run.pk]),
            f"response:{run.pk}",
            clock.deadline if clock else None,
            clock.countdown if clock else "",
        )
