"""Which systems are proposed for stopping, and why: unused, without benefit, ended trial, forgotten review.

In comes a use; out go French sentences for the card, the home and the report. Only a person stops a system.
"""

from datetime import timedelta

from django.utils import timezone

from beffroi.web.decisions.models import Decision

from .. import manifests
from ..errors import WorkshopError
from ..models import Option, Run, SystemUse
from . import gates, running
from .choosing import compared
from .papers import entered
from .states import State

UNUSED_AFTER = timedelta(days=90)
CLOCK_KEY = r"^\d+-\d{12}$"  # the key of a forecast of the clock, as `schedules` makes it


def reasons(use: SystemUse) -> list[str]:
    """Why this system should be stopped, or its trial concluded; nothing while it does its work."""
    if not use.serving:
        return []
    found = (*gates.forbidding(use), _ended(use), _forgotten(use), _unused(use), _no_benefit(use))
    return [why for why in found if why]


def _ended(use: SystemUse) -> str:
    if not running.sandbox_ended(use):
        return ""
    return f"Son bac à sable s'est terminé le {use.sandbox_until:%d/%m/%Y} sans décision."


def _forgotten(use: SystemUse) -> str:
    if not running.review_overdue(use):
        return ""
    return f"Sa revue, prévue le {use.review_on:%d/%m/%Y}, n'a pas été faite."


def _unused(use: SystemUse) -> str:
    """A forecast that the clock makes is no use: that somebody asks for one, or decides on what one proposed, is."""
    if use.declared:
        return ""  # what is not run here is not counted here: its review says it
    begun = entered(use, State.SANDBOX, State.PRODUCTION)
    made = use.runs.filter(verb=Run.Verb.RUN, state=Run.State.DONE)
    run_by_a_person = made.exclude(key__regex=CLOCK_KEY).first()
    decided = Decision.objects.of(use.territory).filter(proposal__system=use.system).order_by("-at").first()
    idle = max(
        [begun.at if begun else use.created_at, *(one.at for one in (run_by_a_person, decided) if one)]
    )
    if timezone.now() - idle < UNUSED_AFTER:
        return ""
    message = f"Personne ne s'en est servi depuis le {timezone.localdate(idle):%d/%m/%Y}."
    only_scheduled = made.filter(key__regex=CLOCK_KEY, at__gt=idle).exists()
    return (
        f"{message} Ses calculs automatiques ne sont suivis d'aucune décision." if only_scheduled else message
    )


def _no_benefit(use: SystemUse) -> str:
    if use.declared:
        return _counted_worse(use)
    last = running.latest_score(use.territory, use.system)
    if last is None or last.score.get("recommended", False):
        return ""
    return f"Sa dernière épreuve, le {timezone.localdate(last.at):%d/%m/%Y}, ne montre pas de bénéfice par rapport à la façon sans IA."


def _counted_worse(use: SystemUse) -> str:
    own, without = compared(use)
    if own is None or without is None or own.how == Option.How.DECLARED:
        return ""
    try:
        better = manifests.of(use).measure.prefers(own.value, without.value)
    except WorkshopError:
        return ""
    if better:
        return ""
    return f"Son dernier résultat relevé chez vous, le {timezone.localdate(own.at):%d/%m/%Y}, ne fait pas mieux que « {without.name} », sans IA."
