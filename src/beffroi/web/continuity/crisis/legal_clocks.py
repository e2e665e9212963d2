"""Legal clocks of a crisis: those of its incident, where alone they are stored. Noted here, a complaint or a notice stops its clock there.

The journal says it, and the ledger; a correction or a reopening is another line of both: nothing is changed.
"""

from datetime import datetime
from typing import Any

from django.utils import timezone

from beffroi.guides import Runbook
from beffroi.guides.clocks import Clock
from beffroi.web.guides import presenting
from beffroi.web.guides.errors import FaultsError
from beffroi.web.guides.models import answers_of
from beffroi.web.guides.presenting import RunningClock
from beffroi.web.guides.services import responses
from beffroi.web.platform.acts import Recorded, act
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import require

from ..errors import ContinuityError
from ..models import Crisis, JournalLine
from . import journal, roles

NOTE = "Noté dans la cellule de crise"
_RUNS_AGAIN = "Noté par erreur, le délai court de nouveau"
STOP = "cyber.answer"
"""Who conducts the incident notes its facts."""


def clocks(crisis: Crisis) -> list[RunningClock]:
    """The legal clocks of the linked incident: those that run, the soonest first, then those that stopped."""
    if crisis.run is None:
        return []
    runbook = crisis.run.edition.read()
    if not isinstance(runbook, Runbook):
        return []
    found = presenting.running_clocks(crisis.run, runbook, answers_of(crisis.run), timezone.localdate())
    return [each for each in found if each.deadline is not None]


def running(crisis: Crisis) -> list[RunningClock]:
    """Those that run until somebody notes that it is done, the soonest first; none once the incident itself is over."""
    return presenting.clocks_to_stop(crisis.run) if crisis.run is not None else []


def most_urgent(crisis: Crisis) -> str:
    """« Notifier à la CNIL avant 4 h 15 »; empty where nothing runs."""
    return presenting.most_urgent(crisis.run) if crisis.run is not None else ""


def clock_of(crisis: Crisis, key: str) -> RunningClock:
    """One that runs or stopped, and that a fact stops. Raises ContinuityError."""
    found = next((each for each in clocks(crisis) if each.clock.key == key and each.clock.ends), None)
    if found is None:
        raise ContinuityError("Ce délai ne court pas dans cette crise.")
    return found


def stop(crisis: Crisis, by: Person, key: str, at: datetime, reference: str = "") -> RunningClock:
    """Note that what was due was done at that moment; noted again, it is corrected. Raises ContinuityError."""
    return _set(crisis, by, key, at, reference)


def reopen(crisis: Crisis, by: Person, key: str) -> RunningClock:
    """Have a clock that was stopped by mistake run again. Raises ContinuityError."""
    return _set(crisis, by, key, None)


# A deadline of the law outlives the crisis: a closed one takes it too.
@act(
    "crisis.clock",
    "délai légal arrêté dans une crise : plainte déposée ou notification envoyée, corrigé ou rouvert",
    right=journal.ANSWER,
)
def _set(
    crisis: Crisis, by: Person, key: str, at: datetime | None, reference: str = ""
) -> Recorded[RunningClock]:
    require(by, STOP, crisis.territory)
    before = clock_of(crisis, key)
    if at is None and before.stopped_at is None:
        raise ContinuityError("Ce délai court déjà.")
    if at is not None and before.started_at is not None and at < before.started_at:
        raise ContinuityError("C'est avant l'heure où l'incident a été connu. Vérifiez l'heure.", "at")
    written = at.isoformat(timespec="minutes") if at is not None else None
    _save(crisis, by, before.clock, written, reference)
    after = clock_of(crisis, key)
    text = f"{after.words}." if written else f"{_RUNS_AGAIN} : {before.clock.title}."
    _write_in_journal(crisis, by, before, text, at)
    return Recorded(
        after, {"clock": key} | ({"at": written, "met": after.is_met} if written else {"reopened": True})
    )


def _save(crisis: Crisis, by: Person, clock: Clock, at: str | None, reference: str) -> None:
    values: dict[str, Any] = {clock.ends: at}
    if clock.reference:
        values[clock.reference] = reference
    try:
        responses.save_answers(crisis.run, by, values, note=NOTE)
    except FaultsError as error:
        field = {clock.ends: "at", clock.reference: "reference"}.get(error.faults[0].question)
        raise ContinuityError(error.faults[0].message, field) from error


def _write_in_journal(
    crisis: Crisis, by: Person, before: RunningClock, text: str, at: datetime | None
) -> None:
    """A line of the journal; one written here about this clock before is corrected."""
    earlier = crisis.lines.filter(text__startswith=f"{before.words}.").last() if before.words else None
    journal.append_line(
        crisis,
        by,
        kind=JournalLine.Kind.CORRECTION if earlier is not None else JournalLine.Kind.MESSAGE,
        text=text,
        fact_at=at,
        role=roles.role_of(crisis, by),
        corrects=earlier,
    )
