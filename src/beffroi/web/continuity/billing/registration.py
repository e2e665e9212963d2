"""What billing statements add to the house: their place in the navigation, the way from a batch that they bill."""

from django.urls import reverse

from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import may
from beffroi.web.ui import navigation

from ..models import RekeyingBatch
from ..rekeying import outlets
from .rekeyed_quantities import FORMS
from .services import ACT


def register() -> None:
    """Called once, when the application is ready."""
    navigation.register(
        navigation.Entry(
            "securite", "États de facturation", "billing", "continuity.bill", 75, room="continuity"
        )
    )
    outlets.register(_statement_link)


def _statement_link(batch: RekeyingBatch, by: Person) -> tuple[str, str] | None:
    """From a closed batch of a form that is billed to a new statement of its service."""
    service = next((service for service, form in FORMS.items() if form == batch.form), None)
    if service is None or not may(by, ACT, batch.territory):
        return None
    there = reverse("billing-new", args=[batch.territory.slug, service])
    return "Préparer l'état de facturation", f"{there}?fiches=1"
