"""Cards of the sources on a territory's home: deliveries that are late, fetches that fail, to who manages or answers for them."""

from typing import Final

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may

from ..models import Source

TOPIC: Final = "sources"


def _visible_sources(person: Person, territory: Territory) -> QuerySet[Source]:
    """All of them to who manages sources, to the others those that they answer for."""
    rows = Source.objects.of(territory)
    return rows if may(person, "source.manage", territory) else rows.filter(owner=person)


def late_card(person: Person, territory: Territory) -> HomeCard | None:
    if not may(person, "source.read", territory):
        return None
    today = timezone.localdate()
    owed = [s for s in _visible_sources(person, territory).filter(due_on__lt=today) if s.days_late(today)]
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
    stuck = Q(failures__gt=0) | (Q(state=Source.State.PAUSED) & ~Q(note=""))
    rows = _visible_sources(person, territory).filter(stuck)
    first = rows.order_by("-failures").first()
    if first is None:
        return None
    url = reverse("sources", args=[territory.slug]) + "?etat=en-echec"
    text = f"« {first.title} » : {first.trouble or first.note}"
    return HomeCard(
        "Sources en panne", text[:300], url, rows.count(), order=12, section=Section.TO_DO, topic=TOPIC
    )
