"""Begin a restart, real or exercise, from the order as it stands; sign its steps off; what its stopwatch says."""

from datetime import datetime
from typing import Final

from django.utils import timezone

from beffroi.guides import Runbook
from beffroi.web.guides.models import Response
from beffroi.web.guides.services import responses
from beffroi.web.platform.models import Person, Territory

from ..errors import ContinuityError
from .registers import restart_order
from .runbook import RESTART_ORDER, build
from .stopwatch import Stopwatch, measure

NOTHING_TO_RESTART: Final = (
    "Le registre des applications est vide : il n'y a pas encore d'ordre de remise en route. "
    "Ajoutez d'abord ce qui doit redémarrer, par exemple avec la liste de départ."
)


def runbook_of(territory: Territory) -> Runbook:
    """The order of today as a runbook. Raises ContinuityError where no application is declared."""
    order = restart_order(territory)
    if not order.placed:
        raise ContinuityError(NOTHING_TO_RESTART)
    return build(order, timezone.localdate())


def begin(territory: Territory, by: Person, *, label: str = "", is_exercise: bool = False) -> Response:
    """Open a run that freezes the order of today. Raises PermissionDenied, ContinuityError."""
    return responses.open_run(territory, by, runbook_of(territory), label=label, is_exercise=is_exercise)


def runs_of(territory: Territory, most: int) -> list[Response]:
    """The restarts of this territory, the last first."""
    rows = Response.objects.of(territory).filter(guide=RESTART_ORDER)
    return list(rows.select_related("edition", "opened_by", "closed_by").prefetch_related("steps")[:most])


def stopwatch_of(run: Response, now: datetime | None = None) -> Stopwatch:
    """What the stopwatch of a run says now; at its end, once it is over."""
    runbook = run.edition.read()
    if not isinstance(runbook, Runbook):
        raise TypeError(run.guide)
    return measure(runbook, _signed_off(run), run.opened_at, run.closed_at or now or timezone.now())


def _signed_off(run: Response) -> dict[str, datetime]:
    """When each step that is done was signed off: signed off again, the first time counts, unless it was taken back between."""
    done: dict[str, datetime] = {}
    for note in run.steps.all():
        if note.done:
            done.setdefault(note.step, note.at)
        else:
            done.pop(note.step, None)
    return done
