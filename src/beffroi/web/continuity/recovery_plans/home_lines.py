"""What plans and tests say on the home of the room: unsigned, older than a year, overdue, never begun."""

from django.db.models import Max
from django.urls import reverse
from django.utils import timezone

from beffroi.web.platform.models import Person, Territory
from beffroi.web.ui.formats import counted, french_date

from ..home_blocks import Line
from ..models import PlanEdition
from . import continuity_tests
from .plan_editions import FRESH

NAMES = {"pra": "le plan de reprise", "pca": "le plan de continuité"}


def plans(person: Person, territory: Territory) -> list[Line]:
    rows = PlanEdition.objects.of(territory).order_by().values("kind").annotate(last=Max("at"))
    signed = {row["kind"]: row["last"] for row in rows}
    found = []
    for kind, name in NAMES.items():
        there, last = reverse("recovery-plan", args=[territory.slug, kind]), signed.get(kind)
        if last is None:
            found.append(Line(f"Signer {name}", there, badge="non signé"))
        elif last < timezone.now() - FRESH:
            signed_on = f"Signé le {french_date(last, hour=False)}."
            found.append(Line(f"Signer à nouveau {name}", there, signed_on, "plus d'un an"))
    return found


def tests(person: Person, territory: Territory) -> list[Line]:
    lines = continuity_tests.calendar(territory)
    there = reverse("continuity-tests", args=[territory.slug])
    if not lines:
        return [Line("Prévoir un premier essai", there, "Un plan jamais essayé est une promesse.", "aucun")]
    if not any(line.next_on or line.last_on for line in lines):
        return [Line("Donner un jour aux essais", there, "", counted(len(lines), "essai") + " sans date")]
    overdue = [line for line in lines if line.is_overdue]
    if overdue:
        return [Line(f"Faire {counted(len(overdue), 'essai', 'essais')}", there, badge="en retard")]
    return []
