"""State of each service as the cell said it: begun in degraded mode, stopped, working again. Stored in the facts of the crisis.

In: a crisis, the name of a service, a state. Out: the lists of the facts, a line of the journal; states with the hour they were said.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

from django.db import transaction

from beffroi.lake.invisible_characters import strip_invisible
from beffroi.text import fold_name
from beffroi.web.guides.models import answers_of
from beffroi.web.guides.services import responses
from beffroi.web.platform.ledger import bulk_insert
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require

from ..errors import ContinuityError
from ..essential_services.services import name_of, services_of
from ..models import Crisis, JournalLine
from . import journal

type State = Literal["stopped", "degraded", "works"]
FACTS: Final[dict[str, str]] = {
    "works": "services_running",
    "degraded": "services_degraded",
    "stopped": "services_stopped",
}
ACTS: Final[dict[str, str]] = {
    "degraded": "mode dégradé commencé",
    "stopped": "arrêté",
    "works": "marche de nouveau",
}
LONGEST: Final = 120


@dataclass(frozen=True)
class ReportedState:
    """What the cell said last of a service, and when."""

    name: str
    state: State
    at: datetime


def reported_states(crisis: Crisis) -> Iterator[ReportedState]:
    """Each service that the facts name, with the hour from which they say so: one query."""
    if crisis.facts is None:
        return
    reported: dict[str, ReportedState] = {}
    states = {key: state for state in get_args(State.__value__) for key in (FACTS[state],)}
    rows = crisis.facts.answers.filter(question__in=states).order_by("pk")
    for question, value, at in rows.values_list("question", "value", "at"):
        state = states[question]
        listed = {fold_name(name): name for name in value or ()}
        for key in [key for key, each in reported.items() if each.state == state and key not in listed]:
            del reported[key]
        for key, name in listed.items():
            if key not in reported or reported[key].state != state:
                reported[key] = ReportedState(name, state, at)
    yield from reported.values()


def names(territory: Territory) -> list[str]:
    """The services of the register, by name."""
    return [name_of(entry) for entry in services_of(territory)]


def note(crisis: Crisis, by: Person, name: str, state: str) -> None:
    """Say how a service is now. Raises PermissionDenied, ContinuityError."""
    require(by, "continuity.answer", crisis.territory)
    name = strip_invisible(" ".join(name.split()))[:LONGEST]
    if not name:
        raise ContinuityError("Dites de quel service il s'agit.", "name")
    if state not in FACTS:
        raise ContinuityError("Dites comment va ce service.", "state")
    with transaction.atomic():
        bulk_insert.lock_chain(crisis.territory_id)
        journal.require_open(crisis)
        facts = answers_of(crisis.facts)
        if fold_name(name) in map(fold_name, facts.get(FACTS[state]) or ()):
            return  # the button pressed twice
        lists = {
            key: [each for each in facts.get(key) or () if fold_name(each) != fold_name(name)]
            for key in FACTS.values()
        }
        lists[FACTS[state]].append(name)
        changed = {key: listed for key, listed in lists.items() if listed != list(facts.get(key) or ())}
        responses.save_answers(crisis.facts, by, changed, note="Noté dans la cellule de crise")
        journal.append_line(crisis, by, kind=JournalLine.Kind.FACT, text=f"{name} : {ACTS[state]}.")
