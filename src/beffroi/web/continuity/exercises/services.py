"""Run an exercise: begin, start, pause, resume, change speed, send, postpone, skip and improvise injects; reactions, observations, end.

Nothing leaves an exercise: an inject is a screen. Each act is one row, at the hour of this machine.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from beffroi.guides import Runbook
from beffroi.lake.invisible_characters import strip_invisible
from beffroi.web.guides.library import library
from beffroi.web.guides.models import Response
from beffroi.web.guides.services import responses
from beffroi.web.platform import ledger
from beffroi.web.platform.ledger import bulk_insert
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require

from ..errors import ContinuityError
from ..models import ExerciseEvent
from .timeline import SPEEDS, Event, Timeline

DOMAIN: Final = "continuity"
LONGEST_TEXT: Final = 4000
LATEST: Final = 120
"""Minutes by which an inject may be postponed at once."""
SHORTEST_TITLE: Final = 3
SHORTEST_TEXT: Final = 10
MEDIA: Final[Mapping[str, str]] = {
    "mail": "courriel",
    "call": "appel téléphonique",
    "text_message": "SMS",
    "paper": "papier",
    "press": "presse",
    "observation": "ce que l'on voit",
}
"""How an inject reaches players, in words."""
VERDICTS: Final[Mapping[str, str]] = {"done": "fait", "partly": "en partie", "missed": "pas fait"}
FACILITATOR_ACTS: Final = frozenset(
    {"start", "pause", "resume", "speed", "send", "postpone", "skip", "improvise", "end"}
)
ALLOWED: Final[Mapping[str, frozenset[str]]] = {
    "ready": frozenset({"start", "speed", "skip", "postpone", "end"}),
    "running": frozenset(
        {"pause", "speed", "send", "postpone", "skip", "improvise", "reaction", "observation", "end"}
    ),
    "paused": frozenset(
        {"resume", "speed", "send", "postpone", "skip", "improvise", "reaction", "observation", "end"}
    ),
    "ended": frozenset({"observation"}),
}


def scenarios() -> list[Runbook]:
    """The scenarios of exercises of this instance: runbooks that have injects."""
    every = (each for each in library().guides.values() if isinstance(each, Runbook) and each.injects)
    # The shortest first; of two of one length, the one that teaches more.
    return sorted(
        (each for each in every if each.domain == DOMAIN),
        key=lambda each: (each.injects[-1].minute, -len(each.injects)),
    )


def scenario(key: str) -> Runbook | None:
    return next((each for each in scenarios() if each.id == key), None)


def begin(territory: Territory, by: Person, found: Runbook, label: str = "") -> Response:
    """Open an exercise of this scenario; its clock starts later, by `record`."""
    require(by, "continuity.answer", territory)
    return responses.open_run(territory, by, found, label=label, is_exercise=True)


def timeline(run: Response) -> Timeline:
    """The course of an exercise, as it stands."""
    rows = ExerciseEvent.objects.filter(run=run).order_by("pk")
    return Timeline(_scenario_of(run), [Event(row.act, row.at, row.data) for row in rows])


def record(run: Response, by: Person, act: str, data: Mapping[str, Any] | None = None) -> ExerciseEvent:
    """Write an act of the facilitator, a reaction or an observation. Raises ContinuityError with what to do."""
    require(by, "continuity.answer", run.territory)
    with transaction.atomic():
        bulk_insert.lock_chain(run.territory_id)
        course = timeline(run)
        if act not in ALLOWED[course.state]:
            raise ContinuityError(_REFUSED[course.state])
        content = _content(course, act, data or {})
        row: ExerciseEvent = ExerciseEvent.objects.create(
            territory=run.territory, run=run, act=act, data=content, by=by
        )
        ledger.append(run.territory, "exercise.event", by, f"response:{run.pk}", {"act": act})
        if act == "end":
            responses.close_response(run, by)
    return row


_REFUSED: Final[Mapping[str, str]] = {
    "ready": "L'exercice n'a pas commencé. Appuyez d'abord sur « Commencer ».",
    "running": "L'exercice est en cours. Rien n'a été changé.",
    "paused": "L'exercice est en pause. Appuyez d'abord sur « Reprendre ».",
    "ended": "L'exercice est terminé. Rien n'a été changé.",
}


def _content(course: Timeline, act: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """What is stored of an act, checked."""
    match act:
        case "speed":
            speed = int(data["speed"]) if str(data.get("speed", "")).isdecimal() else 0
            if speed not in SPEEDS:
                raise ContinuityError("Choisissez une vitesse de la liste.", "speed")
            return {"speed": speed}
        case "send" | "skip":
            return {"inject": _waiting(course, data)}
        case "postpone":
            minutes = int(data["minutes"]) if str(data.get("minutes", "")).isdecimal() else 0
            if not 1 <= minutes <= LATEST:
                raise ContinuityError(f"Retardez d'une à {LATEST} minutes.", "minutes")
            return {"inject": _waiting(course, data), "minutes": minutes}
        case "improvise":
            return _improvised(course, data)
        case "reaction":
            return {"inject": _known(course, data), "role": _role(course, data), "text": _text(data)}
        case "observation":
            verdict = str(data.get("verdict", ""))
            if verdict not in VERDICTS:
                raise ContinuityError(
                    "Choisissez ce que vous avez vu : fait, en partie ou pas fait.", "verdict"
                )
            return {"inject": _known(course, data), "verdict": verdict, "text": _words(data.get("text"))}
        case _:
            return {}


def _waiting(course: Timeline, data: Mapping[str, Any]) -> str:
    """The key of an inject that players have not received."""
    coming = {each.inject.key for each in course.injects(timezone.now()) if each.state == "coming"}
    if data.get("inject") not in coming:
        raise ContinuityError("Ce message est déjà reçu, ou écarté. Rien n'a été changé.")
    return str(data["inject"])


def _known(course: Timeline, data: Mapping[str, Any]) -> str:
    """The key of an inject that players have received; empty for what is about none."""
    key = str(data.get("inject", ""))
    if key and key not in {each.inject.key for each in course.delivered(timezone.now())}:
        raise ContinuityError("Ce message n'a pas encore été reçu. Rien n'a été noté.")
    return key


def _role(course: Timeline, data: Mapping[str, Any]) -> str:
    role = str(data.get("role", ""))
    if role and role not in {each.key for each in course.scenario.roles}:
        raise ContinuityError("Choisissez un rôle de la liste.", "role")
    return role


def _text(data: Mapping[str, Any]) -> str:
    text = _words(data.get("text"))
    if len(text) < 3:
        raise ContinuityError("Écrivez en quelques mots ce que vous faites.", "text")
    return text


def _words(value: Any) -> str:
    return strip_invisible(str(value or "")).strip()[:LONGEST_TEXT]


def _improvised(course: Timeline, data: Mapping[str, Any]) -> dict[str, Any]:
    """An inject that the facilitator writes on the spot."""
    words = {key: _words(data.get(key)) for key in ("sender", "title", "text", "expected")}
    medium = str(data.get("medium", ""))
    if medium not in MEDIA:
        raise ContinuityError("Choisissez comment le message arrive.", "medium")
    if len(words["title"]) < SHORTEST_TITLE:
        raise ContinuityError("Donnez un titre au message.", "title")
    if len(words["text"]) < SHORTEST_TEXT:
        raise ContinuityError(f"Écrivez le message : {SHORTEST_TEXT} caractères au moins.", "text")
    return words | {"role": _role(course, data), "medium": medium}


def _scenario_of(run: Response) -> Runbook:
    found = run.edition.read()
    if not isinstance(found, Runbook) or not run.is_exercise:
        raise ContinuityError("Ceci n'est pas un exercice.")
    return found
