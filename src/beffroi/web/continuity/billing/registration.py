"""What billing statements add to the house: their place in the navigation, their check on the homes, the way from a batch."""

from django.urls import reverse

from beffroi.web.platform import home_cards, home_signals
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import may
from beffroi.web.ui import navigation

from .. import home_blocks
from ..models import RekeyingBatch
from ..rekeying import outlets
from . import to_check
from .rekeyed_quantities import FORMS
from .services import ACT


def register() -> None:
    """Called once, when the application is ready."""
    navigation.register(
        navigation.Entry(
            "continuite", "États de facturation", "billing", "continuity.bill", 75, room="continuity"
        )
    )
    outlets.register(_statement_link)
    home_signals.register(to_check.SIGNAL, to_check.waiting)
    home_cards.register(to_check.card)
    home_cards.register_topic(to_check.TOPIC, "États de facturation à contrôler", ACT)
    home_blocks.register("billing", "now", 20, to_check.lines)


def _statement_link(batch: RekeyingBatch, by: Person) -> tuple[str, str] | None:
    """From a closed batch of a form that is billed to a new statement of its service."""
    service = next((service for service, form in FORMS.items() if form == batch.form), None)
    if service is None or not may(by, ACT, batch.territory):
        return None
    there = reverse("billing-new", args=[batch.territory.slug, service])
    return "Préparer l'état de facturation", f"{there}?fiches=1"
