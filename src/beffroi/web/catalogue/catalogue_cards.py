"""Cards of the catalogue on a territory's home: files that wait for a confirmation, datasets stored."""

from django.urls import reverse

from beffroi.web.platform.home_cards import HomeCard
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may

from .models import Dataset, Delivery, Snapshot


def confirmations_card(person: Person, territory: Territory) -> HomeCard | None:
    """The files read that a person must confirm."""
    if not may(person, "dataset.deposit", territory):
        return None
    count = Delivery.objects.of(territory).filter(state=Delivery.State.STAGED).count()
    if not count:
        return None
    url = reverse("deliveries", args=[territory.slug]) + "?etat=staged"
    text = "Des fichiers ont été lus. Vérifiez ce qui a été compris, puis versez-les."
    return HomeCard("Fichiers à confirmer", text, url, count, order=10)


def datasets_card(person: Person, territory: Territory) -> HomeCard | None:
    """Number of datasets and the last arrival; how to begin when there is none."""
    if not may(person, "dataset.read", territory):
        return None
    url = reverse("catalogue", args=[territory.slug])
    upload = reverse("upload", args=[territory.slug]) if may(person, "dataset.deposit", territory) else ""
    last = Snapshot.objects.of(territory).filter(state=Snapshot.State.DONE).order_by("-at").first()
    if last is None:
        if not upload:
            return HomeCard("Données", "Aucune donnée pour l'instant.", url, order=50)
        text = "Aucune donnée pour l'instant. Vous pouvez aussi faire glisser le fichier sur cette page."
        return HomeCard("Déposer un premier fichier", text, upload, order=50, drops=upload)
    text = f"Dernière livraison : « {last.dataset.title} », le {last.at:%d/%m/%Y}."
    if upload:
        text += " Pour en ajouter, faites glisser un fichier sur cette page."
    count = Dataset.objects.of(territory).count()
    return HomeCard("Jeux de données", text, url, count, order=50, drops=upload)
