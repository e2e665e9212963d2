"""Cards of the catalogue on a territory's home: files that wait for a confirmation, datasets stored."""

from datetime import timedelta
from typing import Any, Final

from django.db.models import Count, Max, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.request_cache import cached_read
from beffroi.web.platform.rights import may

from .models import Dataset, Delivery, Snapshot

TOPIC: Final = "deliveries"
RECENT: Final = timedelta(days=7)
MOST_TITLES: Final = 3


def confirmations_card(person: Person, territory: Territory) -> HomeCard | None:
    """The files read that a person must confirm."""
    if not may(person, "dataset.deposit", territory):
        return None
    count = _counts(territory)[1]
    if not count:
        return None
    url = reverse("deliveries", args=[territory.slug]) + "?etat=staged"
    text = "Des fichiers ont été lus. Vérifiez ce qui a été compris, puis versez-les."
    return HomeCard("Fichiers à confirmer", text, url, count, order=10, section=Section.TO_DO, topic=TOPIC)


@cached_read
def _counts(territory: Territory) -> tuple[int, int]:
    """Datasets, and files that wait for a confirmation: in one query."""
    staged = Delivery.objects.of(territory).filter(state=Delivery.State.STAGED)
    each = [_number(Dataset.objects.of(territory)), _number(staged)]
    datasets, waiting = Territory.objects.filter(pk=territory.pk).values_list(*each).get()
    return datasets, waiting


def _number(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values("territory").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted), 0)


def arrivals_card(person: Person, territory: Territory) -> HomeCard | None:
    """What came in during the last week, the newest first."""
    if not may(person, "dataset.read", territory) or not _counts(territory)[0]:
        return None
    since = timezone.now() - RECENT
    arrived = Snapshot.objects.of(territory).filter(
        state=Snapshot.State.DONE, correction__isnull=True, at__gte=since
    )
    rows = list(arrived.values_list("dataset__title").annotate(last=Max("at")).order_by("-last"))
    if not rows:
        return None
    named = ", ".join(f"«\N{NO-BREAK SPACE}{title}\N{NO-BREAK SPACE}»" for title, _ in rows[:MOST_TITLES])
    text = f"{named}{' et d’autres' if len(rows) > MOST_TITLES else ''}."
    title = "Fichiers reçus depuis sept jours" if len(rows) > 1 else "Fichier reçu depuis sept jours"
    url = reverse("catalogue", args=[territory.slug])
    return HomeCard(title, text, url, len(rows), order=30, section=Section.CHANGED)


def datasets_card(person: Person, territory: Territory) -> HomeCard | None:
    """Number of datasets; how to begin when there is none."""
    if not may(person, "dataset.read", territory):
        return None
    url = reverse("catalogue", args=[territory.slug])
    upload = reverse("upload", args=[territory.slug]) if may(person, "dataset.deposit", territory) else ""
    count = _counts(territory)[0]
    if not count:
        if not upload:
            return HomeCard("Données", "Aucune donnée pour l'instant.", url, order=50)
        text = "Aucune donnée pour l'instant. Vous pouvez aussi faire glisser le fichier sur cette page."
        return HomeCard(
            "Déposer un premier fichier", text, upload, order=50, drops=upload, section=Section.TO_DO
        )
    text = "Pour en ajouter, faites glisser un fichier sur cette page." if upload else ""
    return HomeCard("Jeux de données", text, url, count, order=50, drops=upload)
