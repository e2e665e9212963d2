"""What the page of an incident leads to, beside its papers: whom to call, help of a CSIRT."""

from django.urls import reverse

from beffroi.web.guides.models import Response

from ..home_state import INCIDENT
from .services import csirts


def incident_links(run: Response) -> list[tuple[str, str]]:
    """Links beside the run of an incident; none beside another runbook."""
    if run.guide != INCIDENT:
        return []
    slug = run.territory.slug
    links = [("Qui appeler", reverse("cyber-calls", kwargs={"slug": slug}))]
    if not run.is_exercise and csirts():
        help_page = reverse("cyber-notices", kwargs={"slug": slug, "pk": run.pk})
        links.append(("Demander l'aide d'un CSIRT", help_page))
    return links
