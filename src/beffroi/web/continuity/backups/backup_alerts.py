"""Mail at once when a restore fails or a copy is too old, to who may answer, unless they chose to receive nothing about backups."""

from django.urls import reverse

from beffroi.web import public_address
from beffroi.web.platform.rights import people_who_may
from beffroi.web.tenancy import notifications

from ..models import BackupCopy

TOPIC = "backups"
_MESSAGES = {
    "failed": ("Une sauvegarde ne se restaure pas", "L'essai de restauration de cette copie a échoué."),
    "stale": (
        "Une sauvegarde est trop vieille",
        "La dernière sauvegarde de cette copie dépasse l'âge que vous avez fixé.",
    ),
}


def write(copy: BackupCopy, what: str) -> int:
    """Write to each person who may answer; how many messages left. `what`: failed or stale."""
    territory = copy.territory
    title, sentence = _MESSAGES[what]
    address = public_address.absolute(reverse("backup-copy", args=[territory.slug, copy.pk]))
    subject = f"[{territory.name}] {title}"
    body = f"{sentence} Voyez ce qui ne va pas et quoi faire :\n\n{address}\n\n{territory.name}, Beffroi"
    people = people_who_may("cyber.answer", territory)
    return sum(notifications.write_at_once(person, territory, TOPIC, subject, body) for person in people)
