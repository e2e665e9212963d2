"""What may be done in an exercise, and when: the rules of each act, the same on the platform and in a file that is taken back.

In: the state of an exercise, an act and its data as somebody sent them. Out: what is stored. Pure: no database.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args

from beffroi.guides.runbook import Runbook
from beffroi.lake.invisible_characters import strip_invisible

from ..errors import ContinuityError
from .timeline import SPEEDS, Act, State

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
LONGEST_TEXT: Final = 4000
LATEST: Final = 120
"""Minutes by which an inject may be postponed at once."""
SHORTEST_TITLE: Final = 3
SHORTEST_TEXT: Final = 10
SHORTEST_REACTION: Final = 3
PLAYERS_ACTS: Final = frozenset({"reaction", "observation"})
FACILITATOR_ACTS: Final = frozenset(get_args(Act.__value__)) - PLAYERS_ACTS
_UNDER_WAY: Final = frozenset({"speed", "send", "postpone", "skip", "improvise", "end"}) | PLAYERS_ACTS
ALLOWED: Final[Mapping[State, frozenset[str]]] = {
    "ready": frozenset({"start", "speed", "skip", "postpone", "end"}),
    "running": _UNDER_WAY | {"pause"},
    "paused": _UNDER_WAY | {"resume"},
    "ended": frozenset({"observation"}),
}
REFUSALS: Final[Mapping[str, str]] = {
    "ready": "L'exercice n'a pas commencé. Appuyez d'abord sur « Commencer ».",
    "running": "L'exercice est en cours. Rien n'a été changé.",
    "paused": "L'exercice est en pause. Appuyez d'abord sur « Reprendre ».",
    "ended": "L'exercice est terminé. Rien n'a été changé.",
    "speed": "Choisissez une vitesse de la liste.",
    "minutes": f"Retardez d'une à {LATEST} minutes.",
    "coming": "Ce message est déjà reçu, ou écarté. Rien n'a été changé.",
    "received": "Ce message n'a pas encore été reçu. Rien n'a été noté.",
    "reaction": "Écrivez en quelques mots ce que vous faites.",
    "verdict": "Choisissez ce que vous avez vu : fait, en partie ou pas fait.",
    "role": "Choisissez un rôle de la liste.",
    "medium": "Choisissez comment le message arrive.",
    "title": "Donnez un titre au message.",
    "text": f"Écrivez le message : {SHORTEST_TEXT} caractères au moins.",
}
"""By state, or by what is wrong: what to do. The page of a laptop says the same words."""


@dataclass(frozen=True)
class InjectKeys:
    """Keys of the injects that an act may be about: those to come, those that players have received."""

    coming: Collection[str]
    received: Collection[str]


def require_allowed(state: State, act: str) -> None:
    """Raises ContinuityError, which says what to do, where this act is not one of this state."""
    if act not in ALLOWED[state]:
        raise ContinuityError(REFUSALS[state])


def content(act: str, data: Mapping[str, Any], scenario: Runbook, injects: InjectKeys) -> dict[str, Any]:
    """What is stored of an act, checked. Raises ContinuityError, with the field to correct."""
    match act:
        case "speed":
            if (speed := _whole(data.get("speed"))) not in SPEEDS:
                raise _refusal("speed")
            return {"speed": speed}
        case "send" | "skip":
            return {"inject": _coming(injects, data)}
        case "postpone":
            if not 1 <= (minutes := _whole(data.get("minutes"))) <= LATEST:
                raise _refusal("minutes")
            return {"inject": _coming(injects, data), "minutes": minutes}
        case "improvise":
            return _improvised(scenario, data)
        case "reaction":
            text = _words(data.get("text"))
            if len(text) < SHORTEST_REACTION:
                raise _refusal("reaction", "text")
            return {"inject": _received(injects, data), "role": _role(scenario, data), "text": text}
        case "observation":
            if (verdict := str(data.get("verdict", ""))) not in VERDICTS:
                raise _refusal("verdict")
            return {
                "inject": _received(injects, data),
                "verdict": verdict,
                "text": _words(data.get("text")),
            }
        case _:
            return {}


def _refusal(why: str, field: str = "") -> ContinuityError:
    return ContinuityError(REFUSALS[why], field or why)


def _whole(value: Any) -> int:
    """A whole number as forms and files give it; 0 for anything else."""
    text = str(value if value is not None else "")
    return int(text) if text.isdecimal() and len(text) < 6 else 0


def _coming(injects: InjectKeys, data: Mapping[str, Any]) -> str:
    key = str(data.get("inject", ""))
    if key not in injects.coming:
        raise _refusal("coming")
    return key


def _received(injects: InjectKeys, data: Mapping[str, Any]) -> str:
    """Empty for what is about no inject."""
    key = str(data.get("inject", ""))
    if key and key not in injects.received:
        raise _refusal("received")
    return key


def _role(scenario: Runbook, data: Mapping[str, Any]) -> str:
    role = str(data.get("role", ""))
    if role and role not in {each.key for each in scenario.roles}:
        raise _refusal("role")
    return role


def _words(value: Any) -> str:
    return strip_invisible(str(value or "")).strip()[:LONGEST_TEXT]


def _improvised(scenario: Runbook, data: Mapping[str, Any]) -> dict[str, Any]:
    """An inject that the facilitator writes on the spot."""
    words = {key: _words(data.get(key)) for key in ("sender", "title", "text", "expected")}
    medium = str(data.get("medium", ""))
    if medium not in MEDIA:
        raise _refusal("medium")
    if len(words["title"]) < SHORTEST_TITLE:
        raise _refusal("title")
    if len(words["text"]) < SHORTEST_TEXT:
        raise _refusal("text")
    return words | {"role": _role(scenario, data), "medium": medium}
