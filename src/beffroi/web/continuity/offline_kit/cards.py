"""What the home of a territory says of the kit: none, none copied elsewhere, or too old."""

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from beffroi.web.platform import home_signals
from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may

from ..models import KitBuild, KitCopy
from ..service_sheets import sheets
from .services import STALE

TOPIC = "offline-kit"
SIGNALS = ("continuity.kits", "continuity.sheets")


def _kits(territory: Territory) -> QuerySet[KitBuild]:
    rows: QuerySet[KitBuild] = KitBuild.objects.of(territory)
    return rows


def register_signals() -> None:
    for key, rows in zip(SIGNALS, (_kits, sheets.live_entries), strict=True):
        home_signals.register(key, rows)


def kit_card(person: Person, territory: Territory) -> HomeCard | None:
    """Only once the town has begun: what is not begun is said on the page of continuity."""
    if not home_signals.is_any(territory, *SIGNALS) or not may(person, "continuity.answer", territory):
        return None
    if (reason := kit_gap(territory)) == "":
        return None
    return HomeCard(
        "Kit hors ligne",
        reason,
        reverse("kit", args=[territory.slug]),
        order=20,
        section=Section.TO_DO,
        topic=TOPIC,
    )


def kit_gap(territory: Territory) -> str:
    """What the kit lacks, in a sentence; "" when nothing, or when the town has not begun."""
    last = KitBuild.objects.of(territory).exclude(sha256="").first()
    if last is None:
        return "Il n'a jamais été fabriqué." if sheets.has_begun(territory) else ""
    if last.at < timezone.now() - STALE:
        return "Le dernier a plus de sept jours : les nuits échouent."
    if not KitCopy.objects.of(territory).filter(ok=True).exists():
        return "Aucune copie n'a été prise ailleurs. Le jour venu, celui de la plateforme ne s'ouvrira pas."
    return ""
