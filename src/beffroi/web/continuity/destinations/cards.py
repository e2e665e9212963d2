"""Card of the destinations on a territory's home: those whose last trial failed, before they are needed."""

from typing import Final

from django.db.models import QuerySet
from django.urls import reverse

from beffroi.web.platform import home_signals
from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may

from ..models import Destination, DestinationTrial
from . import services

TOPIC: Final = "destinations"
SIGNAL: Final = "continuity.failed-trials"


def failed_trials(territory: Territory) -> QuerySet[DestinationTrial]:
    """Trials that failed, of destinations in use: the last of each says whether it is still so."""
    rows: QuerySet[DestinationTrial] = DestinationTrial.objects.of(territory)
    return rows.filter(ok=False, destination__withdrawn_at=None)


def failing(territory: Territory) -> list[Destination]:
    """The destinations whose last trial failed."""
    rows = Destination.objects.of(territory).filter(withdrawn_at=None)
    return [each for each in rows if (trial := services.last_trial(each)) is not None and not trial.ok]


def trial_card(person: Person, territory: Territory) -> HomeCard | None:
    if not home_signals.is_any(territory, SIGNAL) or not may(person, services.TRY, territory):
        return None
    found = failing(territory)
    if not found:
        return None
    trial = services.last_trial(found[0])
    message = trial.message if trial else ""
    return HomeCard(
        "Copies hors de la mairie à réparer" if len(found) > 1 else "Copie hors de la mairie à réparer",
        f"« {found[0]} » n'a pas passé son essai. {message}"[:300],
        reverse("destinations", args=[territory.slug]),
        len(found),
        order=9,
        section=Section.TO_DO,
        topic=TOPIC,
    )
