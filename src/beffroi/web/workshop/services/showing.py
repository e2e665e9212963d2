"""Showing the card of a system on the public site, or keeping it off: the only writer of `public`, one ledger line each.

In come a use, a person and a reason. A system that serves is always shown (R37): citizens are told whenever AI is used.
"""

from django.db import transaction

from beffroi.hashing import text_sha256
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import require

from ..errors import WorkshopError
from ..models import SystemUse

_SHORTEST_REASON = 10


def show(use: SystemUse, person: Person, public: bool, reason: str) -> SystemUse:
    """Show the card to everyone, or keep it off the site. Raises `PermissionDenied`, WorkshopError."""
    require(person, "system.bind", use)
    reason = reason.strip()
    if len(reason) < _SHORTEST_REASON:
        raise WorkshopError("Dites en une phrase pourquoi : votre motif reste écrit. Rien n'a été changé.")
    with transaction.atomic():
        locked: SystemUse = SystemUse.objects.of(use.territory).select_for_update().get(pk=use.pk)
        if not public and locked.serving:
            raise WorkshopError(
                "Ce service est à l'essai ou en service : les habitants doivent le savoir, sa fiche reste publique. "
                "Arrêtez-le d'abord. Rien n'a été changé."
            )
        if locked.public != public:
            _write(locked, person, public, text_sha256(reason))
    use.public = public
    return use


def publish_card_when_active(use: SystemUse, person: Person) -> None:
    """A hidden card comes into sight with the step that makes its system serve. Called in the step's transaction."""
    if not use.public:
        _write(use, person, True, "")


def _write(use: SystemUse, person: Person, public: bool, sha256: str) -> None:
    use.public = public
    use.save(update_fields=["public"])
    ledger.append(
        use.territory, "system.public", person, f"system:{use.system}", {"public": public, "sha256": sha256}
    )
