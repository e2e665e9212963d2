"""Card of backups on a territory's home: restores that fail, copies too old."""

from django.db.models import Q, QuerySet
from django.urls import reverse

from beffroi.web.platform import home_signals
from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may

from ..models import BackupCopy
from .backup_alerts import TOPIC

SIGNAL = "continuity.backups"


def bad_copies(territory: Territory) -> QuerySet[BackupCopy]:
    """Copies whose last trial failed, or that are too old."""
    rows: QuerySet[BackupCopy] = BackupCopy.objects.of(territory)
    return rows.filter(
        Q(failed_since__isnull=False) | Q(stale_since__isnull=False),
        withdrawn_at=None,
        entry__removed_at=None,
    )


def backups_card(person: Person, territory: Territory) -> HomeCard | None:
    if not home_signals.is_any(territory, SIGNAL) or not may(person, "cyber.read", territory):
        return None
    found = list(bad_copies(territory).order_by("failed_since", "name").values_list("name", "failed_since"))
    if not found:
        return None
    failed = next((name for name, since in found if since is not None), "")
    text = (
        f"L'essai de « {failed} » a échoué."
        if failed
        else f"La dernière sauvegarde de « {found[0][0]} » est trop vieille."
    )
    return HomeCard(
        "Sauvegardes à regarder" if len(found) > 1 else "Sauvegarde à regarder",
        text,
        reverse("backups", args=[territory.slug]),
        len(found),
        order=7,
        section=Section.TO_DO if may(person, "cyber.answer", territory) else Section.CHANGED,
        topic=TOPIC,
    )
