"""The file of an exercise that was played on the page of a laptop, without the platform: what it holds, read and verified.

In: bytes, hostile until read. Out: the events and corrections of one exercise that is over. Pure: no database. Its twin in the
browser is `frontend/src/offline/exercise-file.js`. It is no journal of a crisis: neither reads the other's files.

A file::

    {"format": 1, "nature": "EXERCICE", "exercise": "<uuid>", "label": "…", "territory": {"code": "…", "name": "…"},
     "scenario": {the runbook}, "saved_at": "2026-11-29T08:00:00.000Z",
     "events": [{"at": "2026-11-29T07:00:00.000Z", "act": "start", "data": {}}],
     "corrections": [{"title": "…", "owner": "…", "due_on": "2026-12-15"}]}
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, get_args
from uuid import UUID

from pydantic import ValidationError

from beffroi.guides.runbook import Runbook
from beffroi.lake.invisible_characters import strip_invisible

from ..errors import ContinuityError
from . import exercise_acts
from .timeline import NEXT_STATE, Act, Event, State

FORMAT: Final = 1
NATURE: Final = "EXERCICE"
MOST_BYTES: Final = 2_000_000
MOST_EVENTS: Final = 2_000
MOST_INJECTS: Final = 200
LONGEST_SCENARIO: Final = 3 * 24 * 60
"""Minutes."""
MOST_CORRECTIONS: Final = 20
LONGEST: Final[Mapping[str, int]] = {"title": 200, "owner": 120, "label": 120}
SHORTEST_CORRECTION: Final = 5
FIRST_DAY: Final = datetime(2020, 1, 1, tzinfo=UTC)
SOON: Final = timedelta(hours=1)
"""By which the clock of a laptop may be ahead without being wrong."""
NOTHING: Final = "Rien n'a été repris."
_KEYS: Final = {
    "format", "nature", "exercise", "label", "territory", "scenario", "saved_at", "events", "corrections",
}  # fmt: skip
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)


@dataclass(frozen=True)
class Correction:
    """What is to be corrected after an exercise, by whom, by when."""

    title: str
    owner: str
    due_on: date


@dataclass(frozen=True)
class PlayedExercise:
    """An exercise from its beginning to its end. `exercise`: made by the page, the same in each file of it.

    `clock_was_wrong`: the laptop's clock said another year; the moments are counted back from when the file was read.
    """

    exercise: UUID
    label: str
    scenario: Runbook
    events: tuple[Event, ...]
    corrections: tuple[Correction, ...]
    clock_was_wrong: bool = False

    @property
    def began_at(self) -> datetime:
        return next(event.at for event in self.events if event.act == "start")

    @property
    def ended_at(self) -> datetime:
        return next(event.at for event in self.events if event.act == "end")


def parse(raw: bytes, territory_code: str, now: datetime) -> PlayedExercise:
    """Read a file that this territory gives. Raises ContinuityError: what is wrong, where, and that nothing changed."""
    content = _read(raw)
    place = content["territory"]
    if not isinstance(place, dict) or place.get("code") != territory_code:
        name = strip_invisible(str(place.get("name", "")))[:120] if isinstance(place, dict) else ""
        whose = f"celui de {name}" if name else "celui d'une autre collectivité"
        raise ContinuityError(f"Ce fichier est {whose}. {NOTHING}", "file")
    if not isinstance(content["exercise"], str) or not _UUID.fullmatch(content["exercise"]):
        raise ContinuityError(f"Ce fichier ne dit pas de quel exercice il vient. {NOTHING}", "file")
    scenario = _scenario(content["scenario"])
    events = _events(content["events"], scenario)
    saved_at = _moment(content["saved_at"], "Ce fichier")
    if saved_at < events[-1].at:
        raise ContinuityError(f"Ce fichier est daté d'avant la fin de l'exercice. {NOTHING}", "file")
    clock_was_wrong = not FIRST_DAY <= events[0].at <= saved_at <= now + SOON
    if clock_was_wrong:
        events = tuple(Event(event.act, now - (saved_at - event.at), event.data) for event in events)
    return PlayedExercise(
        UUID(content["exercise"]),
        _text(content["label"], "label"),
        scenario,
        events,
        _corrections(content["corrections"]),
        clock_was_wrong,
    )


def _read(raw: bytes) -> dict[str, Any]:
    if len(raw) > MOST_BYTES:
        raise ContinuityError(f"Ce fichier dépasse {MOST_BYTES // 1_000_000} Mo. {NOTHING}", "file")
    try:
        content = json.loads(raw.decode("utf-8-sig"), parse_constant=_no_constant)
        json.dumps(content, ensure_ascii=False).encode()  # half of a character, written as an escape
    except (ValueError, RecursionError) as error:
        raise ContinuityError(f"Ce fichier n'est pas lisible : il est abîmé. {NOTHING}", "file") from error
    if isinstance(content, dict) and {"crisis", "lines"} <= set(content):
        message = f"C'est un journal de crise, pas un exercice joué sans la plateforme. {NOTHING}"
        raise ContinuityError(message, "file")
    if not isinstance(content, dict) or set(content) != _KEYS or content["nature"] != NATURE:
        message = (
            f"Ce fichier ne vient pas de la page d'un exercice. Choisissez « EXERCICE-….json ». {NOTHING}"
        )
        raise ContinuityError(message, "file")
    if type(content["format"]) is not int or content["format"] != FORMAT:
        raise ContinuityError(f"Ce fichier vient d'une autre version de la page. {NOTHING}", "file")
    return content


def _no_constant(value: str) -> None:
    raise ValueError(value)


def _scenario(value: Any) -> Runbook:
    try:
        found = Runbook.model_validate_json(json.dumps(value))
    except ValidationError as error:
        raise ContinuityError(f"Le scénario de ce fichier n'est pas lisible. {NOTHING}", "file") from error
    if not 1 <= len(found.injects) <= MOST_INJECTS or found.injects[-1].minute > LONGEST_SCENARIO:
        raise ContinuityError(f"Ce scénario n'est pas celui d'un exercice. {NOTHING}", "file")
    return found


def _events(rows: Any, scenario: Runbook) -> tuple[Event, ...]:
    if not isinstance(rows, list) or len(rows) > MOST_EVENTS:
        raise ContinuityError(f"Un exercice a au plus {MOST_EVENTS} lignes. {NOTHING}", "file")
    state: State = "ready"
    keys = {inject.key for inject in scenario.injects}
    found: list[Event] = []
    for rank, row in enumerate(rows, 1):
        where = f"Ligne {rank} de l'exercice"
        event = _event(row, where)
        if found and event.at < found[-1].at:
            raise ContinuityError(f"{where} : son heure est d'avant la précédente. {NOTHING}", "file")
        try:
            exercise_acts.require_allowed(state, event.act)
            data = exercise_acts.content(
                event.act, event.data, scenario, exercise_acts.InjectKeys(keys, keys)
            )
        except ContinuityError as error:
            raise ContinuityError(f"{where} : {error} {NOTHING}", "file") from error
        state = NEXT_STATE.get(event.act, state)
        found.append(Event(event.act, event.at, data))
        if event.act == "improvise":
            keys.add(f"improvised_{sum(each.act == 'improvise' for each in found)}")
    if state != "ended" or not any(event.act == "start" for event in found):
        message = (
            "Cet exercice n'est pas terminé. Ouvrez ce fichier dans la page de l'exercice, appuyez sur "
            f"« Terminer l'exercice », puis enregistrez. {NOTHING}"
        )
        raise ContinuityError(message, "file")
    return tuple(found)


def _event(row: Any, where: str) -> Event:
    if (
        not isinstance(row, dict)
        or set(row) != {"at", "act", "data"}
        or row["act"] not in get_args(Act.__value__)
        or not isinstance(row["data"], dict)
    ):
        raise ContinuityError(
            f"{where} : il manque quelque chose, ou il y a quelque chose en trop. {NOTHING}"
        )
    return Event(row["act"], _moment(row["at"], where), row["data"])


def _moment(value: Any, where: str) -> datetime:
    try:
        if not isinstance(value, str) or not _MOMENT.fullmatch(value):
            raise ValueError(value)
        return datetime.fromisoformat(value)
    except ValueError as error:
        raise ContinuityError(f"{where} : l'heure n'est pas lisible. {NOTHING}", "file") from error


def _corrections(rows: Any) -> tuple[Correction, ...]:
    if not isinstance(rows, list) or len(rows) > MOST_CORRECTIONS:
        raise ContinuityError(f"Un bilan a au plus {MOST_CORRECTIONS} corrections. {NOTHING}", "file")
    return tuple(_correction(row, f"Correction {rank}") for rank, row in enumerate(rows, 1))


def _correction(row: Any, where: str) -> Correction:
    if not isinstance(row, dict) or set(row) != {"title", "owner", "due_on"}:
        raise ContinuityError(f"{where} : il manque quelque chose. {NOTHING}", "file")
    title, owner = _text(row["title"], "title"), _text(row["owner"], "owner")
    if len(title) < SHORTEST_CORRECTION or not owner:
        raise ContinuityError(f"{where} : il manque ce qu'il faut corriger, ou qui. {NOTHING}", "file")
    try:
        due_on = date.fromisoformat(row["due_on"])
    except (TypeError, ValueError) as error:
        raise ContinuityError(f"{where} : le jour n'est pas lisible. {NOTHING}", "file") from error
    return Correction(title, owner, due_on)


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise ContinuityError(f"Ce fichier est abîmé. {NOTHING}", "file")
    return " ".join(strip_invisible(value).split())[: LONGEST[name]]
