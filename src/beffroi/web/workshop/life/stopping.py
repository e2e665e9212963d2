"""Which systems are proposed for stopping, and why: unused, without benefit, ended trial, forgotten review.

In comes a use; out go French sentences for the card, the home and the report. Only a person stops a system.
"""

from datetime import timedelta

from django.utils import timezone

from ..models import Run, SystemUse
from . import running
from .papers import entered
from .states import State

UNUSED_AFTER = timedelta(days=90)


def reasons(use: SystemUse) -> list[str]:
    """Why this system should be stopped, or its trial concluded; nothing while it does its work."""
    if not use.serving:
        return []
    return [why for why in (_ended(use), _forgotten(use), _unused(use), _no_benefit(use)) if why]


def _ended(use: SystemUse) -> str:
    if not running.sandbox_ended(use):
        return ""
    return f"Son bac à sable s'est terminé le {use.sandbox_until:%d/%m/%Y} sans décision."


def _forgotten(use: SystemUse) -> str:
    if not running.review_overdue(use):
        return ""
    return f"Sa revue, prévue le {use.review_on:%d/%m/%Y}, n'a pas été faite."


def _unused(use: SystemUse) -> str:
    if use.declared:
        return ""  # what is not run here is not counted here: its review says it
    begun = entered(use, State.SANDBOX, State.PRODUCTION)
    since = begun.at if begun else use.created_at
    last = use.runs.filter(verb=Run.Verb.RUN, state=Run.State.DONE).first()
    idle = last.at if last and last.at > since else since
    if timezone.now() - idle < UNUSED_AFTER:
        return ""
    return f"Personne ne s'en est servi depuis le {idle:%d/%m/%Y}."


def _no_benefit(use: SystemUse) -> str:
    last = use.runs.filter(verb=Run.Verb.BACKTEST, state=Run.State.DONE).first()
    if last is None or last.score.get("recommended", False):
        return ""
    return f"Sa dernière épreuve, le {last.at:%d/%m/%Y}, ne montre pas de bénéfice par rapport à la façon sans IA."
