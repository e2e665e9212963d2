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


def last_sheet(use: SystemUse, kind: str) -> SheetAnswer | None:
    """The answers in force to a questionnaire."""
    return _last_sheets(use).get(kind)


@cached_read
def _last_sheets(use: SystemUse) -> dict[str, SheetAnswer]:
    found: dict[str, SheetAnswer] = {}
    for answer in sheets_of(use):
        if answer.at >= life_began(use):
            found.setdefault(answer.kind, answer)
    return found


@cached_read
def sheets_of(use: SystemUse) -> list[SheetAnswer]:
    """Every questionnaire answered, the last first."""
    return list(use.sheets.order_by("-at", "-pk"))


def answered(use: SystemUse, kind: str) -> SheetAnswer | Judgement:
    """The answers in force, or the judgement that says why they do not do."""
    answer = last_sheet(use, kind)
    url = url_of(use, "system-sheet", kind=kind)
    if answer is None:
        return Judgement(False, f"Remplissez le questionnaire « {sheets.sheet(kind).title} ».", url=url)
    if missing := sheets.missing(kind, answer.answers):
        return Judgement(False, " ".join(missing), url=url)
    return answer


def frozen(answer: SheetAnswer) -> dict[str, Any]:
    """What a step keeps of the answers on which a gate opened."""
    return {"sheet": answer.pk, "kind": answer.kind, "on": timezone.localdate(answer.at).isoformat()}


@cached_read
def steps_of(use: SystemUse) -> list[LifeStep]:
    """Every step taken, the last first."""
    return list(use.steps.select_related("person").order_by("-rank"))


def entered(use: SystemUse, *states: State) -> LifeStep | None:
    """The last step into one of these states."""
    return next((step for step in steps_of(use) if step.state in states), None)
