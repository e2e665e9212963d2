"""What people wrote about a system, and where: the answers in force to a questionnaire, the last step into a state.

In comes a use; out go rows, addresses of pages, and the judgement on what is missing. Nothing is written here. A stopped
system that begins again at the idea has a new life: what was written in the one before no longer opens a gate.
"""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone

from beffroi.web.platform.request_cache import cached_read

from .. import sheets
from ..models import LifeStep, SheetAnswer, SystemUse
from .gates import Judgement
from .states import State


def url_of(use: SystemUse, name: str, **more: str) -> str:
    """The address of one of the system's pages."""
    return reverse(name, kwargs={"slug": use.territory.slug, "system": use.system, **more})


@cached_read
def life_began(use: SystemUse) -> datetime:
    """When it last became an idea."""
    again = entered(use, State.IDEA)
    return again.at if again else use.created_at


@cached_read
def last_sheet(use: SystemUse, kind: str) -> SheetAnswer | None:
    """The answers in force to a questionnaire."""
    found: SheetAnswer | None = use.sheets.filter(kind=kind, at__gte=life_began(use)).first()
    return found


def answered(use: SystemUse, kind: str) -> SheetAnswer | Judgement:
    """The answers in force, or the judgement that says why they do not do."""
    answer, sheet = last_sheet(use, kind), sheets.SHEETS[kind]
    url = url_of(use, "system-sheet", kind=kind)
    if answer is None:
        return Judgement(False, f"Remplissez le questionnaire « {sheet.title} ».", url=url)
    if missing := sheets.missing(sheet, answer.answers):
        return Judgement(False, " ".join(missing), url=url)
    return answer


def frozen(answer: SheetAnswer) -> dict[str, Any]:
    """What a step keeps of the answers on which a gate opened."""
    return {"sheet": answer.pk, "kind": answer.kind, "on": timezone.localdate(answer.at).isoformat()}


@cached_read
def entered(use: SystemUse, *states: State) -> LifeStep | None:
    """The last step into one of these states."""
    found: LifeStep | None = use.steps.filter(state__in=states).order_by("-rank").first()
    return found
