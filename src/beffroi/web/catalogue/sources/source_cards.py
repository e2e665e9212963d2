"""Cards of the sources on a territory's home: deliveries that are late, fetches that fail, to who manages or answers for them."""

from typing import Final

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.request_cache import cached_read
from beffroi.web.platform.rights import may

from ..models import Source

TOPIC: Final = "sources"


@cached_read
def _troubled_sources(person: Person, territory: Territory) -> list[Source]:
    """Those that may be late or in trouble: of all for who manages sources, of their own for the others."""
    in_trouble = Q(failures__gt=0) | (Q(state=Source.State.PAUSED) & ~Q(note=""))
    rows = Source.objects.of(territory).filter(Q(due_on__lt=timezone.localdate()) | in_trouble)
    return list(rows if may(person, "source.manage", territory) else rows.filter(owner=person))


def _is_failing(source: Source) -> bool:
    return source.failures > 0 or bool(source.state == Source.State.PAUSED and source.note)


def late_card(person: Person, territory: Territory) -> HomeCard | None:
    if not may(person, "source.read", territory):
        return None
    today = timezone.localdate()
    owed = [source for source in _troubled_sources(person, territory) if source.days_late(today)]
    if not owed:
        return None
    worst = max(owed, key=lambda source: source.days_late(today))
    days = worst.days_late(today)
    text = f"La plus ancienne : « {worst.title} », {days} jour{'s' if days > 1 else ''} de retard."
    url = reverse("late-deliveries", args=[territory.slug])
    return HomeCard(
        "Livraisons en retard", text, url, len(owed), order=11, section=Section.TO_DO, topic=TOPIC
    )


def failing_card(person: Person, territory: Territory) -> HomeCard | None:
    if not may(person, "source.read", territory):
        return None
    failing = [source for source in _troubled_sources(person, territory) if _is_failing(source)]
    if not failing:
        return None
    first = max(failing, key=lambda source: source.failures)
    url = reverse("sources", args=[territory.slug]) + "?etat=en-echec"
    text = f"« {first.title} » : {first.trouble or first.note}"
    return HomeCard(
        "Sources en panne", text[:300], url, len(failing), order=12, section=Section.TO_DO, topic=TOPIC
    )
