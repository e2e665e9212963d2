"""Links between a crisis, its debrief and the runbooks: an incident leads to its cell, the ransomware runbook to the notices of its incident."""

from django.urls import reverse

from beffroi.guides import Runbook
from beffroi.web.cyber.home_state import INCIDENT
from beffroi.web.guides.models import Response
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import may

from ..models import Crisis
from .cell import DEBRIEF


def debrief_origin(response: Response) -> tuple[str, str] | None:
    """From the answers of a debrief, those begun again included, back to the debrief of their crisis."""
    if response.guide != DEBRIEF:
        return None
    first = response
    while first.previous is not None:
        first = first.previous
    crisis = Crisis.objects.of(response.territory).filter(debrief=first).first()
    if crisis is None:
        return None
    there = reverse("crisis-debrief", args=[response.territory.slug, crisis.pk])
    return "Retour d'expérience de la crise", there


def clock_pages(person: Person, run: Response) -> dict[str, str]:
    """The short page of each clock of an incident that has a crisis, for who may write in it."""
    runbook = run.edition.read()
    if run.guide != INCIDENT or not isinstance(runbook, Runbook):
        return {}
    if not may(person, "continuity.answer", run.territory):
        return {}
    crisis = Crisis.objects.of(run.territory).filter(run=run).first()
    if crisis is None:
        return {}
    keys = [each.key for each in runbook.clocks if each.ends]
    return {key: reverse("crisis-clock", args=[run.territory.slug, crisis.pk, key]) for key in keys}


def crisis_links(run: Response) -> list[tuple[str, str]]:
    """Links beside a run; none beside another runbook."""
    slug = run.territory.slug
    match run.guide:
        case "cyber_incident":
            found = Crisis.objects.of(run.territory).filter(run=run).first()
            if found is not None:
                return [(f"La cellule de crise : {found}", reverse("crisis", args=[slug, found.pk]))]
            return [("Activer la cellule de crise", f"{reverse('crises', args=[slug])}?incident={run.pk}")]
        case "ransomware":
            return [
                ("Qui appeler", reverse("cyber-calls", args=[slug])),
                ("L'incident, ses délais et ses courriers", reverse("runbook", args=[slug, INCIDENT])),
                ("La cellule de crise", reverse("crises", args=[slug])),
            ]
        case _:
            return []
