"""Open an incident with what is known at once, for a room above that does it within an act of its own.

In: since when the authority knows, whether data of people are touched. Out: a run whose legal clocks run from awareness.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from django.utils import timezone

from beffroi.guides import Runbook
from beffroi.guides.conditions import UNKNOWN
from beffroi.web.guides.errors import FaultsError
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import Response
from beffroi.web.guides.services import responses
from beffroi.web.platform.models import Person, Territory

from ..errors import CyberError
from ..home_state import INCIDENT

type PersonalData = Literal["yes", "maybe", "no"]
PERSONAL_DATA: Final[dict[PersonalData, str]] = {"yes": "Oui", "maybe": "Peut-être", "no": "Non"}
_ANSWERS: Final[dict[PersonalData, str]] = {"yes": "yes", "maybe": UNKNOWN, "no": "no"}
_LEAST: Final = 10
"""Characters that the runbook asks of what is seen."""


@dataclass(frozen=True)
class NewIncident:
    """What is known of an incident as it is opened. « maybe » starts the clock of article 33 too; `known_at`: None for now."""

    personal_data: PersonalData
    known_at: datetime | None = None


def open_incident(
    territory: Territory,
    by: Person,
    known: NewIncident,
    *,
    act: str,
    label: str = "",
    seen: str = "",
    is_exercise: bool = False,
) -> Response:
    """Open it. `act`: the act of the room above that includes it, asked for here. Raises PermissionDenied, CyberError."""
    runbook = guide(Runbook, INCIDENT)
    run = responses.open_response(territory, by, runbook, label=label, is_exercise=is_exercise, act=act)
    at = timezone.localtime(known.known_at or timezone.now()).isoformat(timespec="minutes")
    facts = {"known_at": at, "personal_data": _ANSWERS[known.personal_data]}
    if len(seen) >= _LEAST:
        facts["seen"] = seen
    try:
        responses.save_answers(run, by, facts, act=act)
    except FaultsError as error:
        raise CyberError(error.faults[0].message, error.faults[0].question) from error
    return run
