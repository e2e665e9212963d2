"""Card of the destinations on a territory's home: those whose last trial failed, before they are needed."""

from typing import Final

from django.db.models import QuerySet
from django.urls import reverse

from beffroi.web.platform import home_signals
from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may

from ..models import DestinationTrial
from . import services

TOPIC: Final = "destinations"
SIGNAL: Final = "continuity.failed-trials"


def failed_trials(territory: Territory) -> QuerySet[DestinationTrial]:
    """The last trial of each destination where it failed."""
    return services.last_attempts(DestinationTrial, territory).filter(ok=False)


def trial_card(person: Person, territory: Territory) -> HomeCard | None:
    if not home_signals.is_any(territory, SIGNAL) or not may(person, services.TRY, territory):
        return None
    found = list(failed_trials(territory).select_related("destination").order_by("destination__name"))
    if not found:
        return None
    return HomeCard(
        "Copies hors de la mairie à réparer" if len(found) > 1 else "Copie hors de la mairie à réparer",
        f"« {found[0].destination} » n'a pas passé son essai. {found[0].message}"[:300],
        reverse("destinations", args=[territory.slug]),
        len(found),
        order=9,
        section=Section.TO_DO,
        topic=TOPIC,
    )
