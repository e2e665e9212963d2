"""Feature switches: the rooms and systems open to a territory. A closed one answers 404 and leaves the menu and the home.

Its 404 page tells those who could act there, nobody else, that it is closed and who opens it. Rooms above register what may be closed. `Territory.closed` says what is, and who closed it: what the host closes, only
the host opens again. A suspended territory lets nobody in; its data stay.
"""

from dataclasses import dataclass
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from beffroi.web.ui import navigation

from . import guards
from .models import Territory
from .rights import may

BY_HOST: Final = "host"
BY_TERRITORY: Final = "territory"
SHORT_MENU: Final = "menu:short"
"""The key of `Territory.closed` that leaves in the menu what one does every day, and what is due."""


@dataclass(frozen=True)
class Feature:
    """A room that may be closed: the folder of its code, its name, what one does there, the acts that lead to it."""

    key: str
    label: str
    description: str
    acts: tuple[str, ...] = ()  # the beginnings of its acts: "dataset."


_features: dict[str, Feature] = {}


def register(room: Feature) -> None:
    _features[room.key] = room


def all_features() -> list[Feature]:
    return list(_features.values())


def feature_of_module(module: str) -> str:
    """The closable room that a view or a card's code lives in; empty for what is always open."""
    parts = module.split(".")
    key = parts[2] if parts[:2] == ["beffroi", "web"] and len(parts) > 2 else ""
    return key if key in _features else ""


def feature_of_act(act: str) -> str:
    return next((room.key for room in _features.values() if act.startswith(room.acts or ("\0",))), "")


def closed_by(territory: Territory, what: str) -> str:
    """Who closed « room:studio » or « system:canteen » here; empty when it is open."""
    return str(territory.closed.get(what, ""))


def is_open(territory: Territory, room: str) -> bool:
    return not room or not closed_by(territory, f"room:{room}")


def act_is_open(territory: Territory, act: str) -> bool:
    """Whether the room that this act leads to is open: for menus."""
    return is_open(territory, feature_of_act(act))


def card_is_open(territory: Territory, module: str) -> bool:
    """Whether the room whose code lives in this module is open: for the home's cards."""
    return is_open(territory, feature_of_module(module))


def folded_places(territory: Territory) -> set[str]:
    """The places of the navigation that are folded into another one here: « menu:continuite » in `Territory.closed`."""
    return {place for place in navigation.FOLDS_INTO if closed_by(territory, f"menu:{place}")}


def menu_is_short(territory: Territory) -> bool:
    return bool(closed_by(territory, SHORT_MENU))


def system_is_open(territory: Territory, system: str) -> bool:
    return is_open(territory, "workshop") and not closed_by(territory, f"system:{system}")


@guards.register_check
def _check_open(request: HttpRequest, territory: Territory, act: str) -> HttpResponse | None:
    if territory.suspended_at is not None:
        return render(request, "platform/host_suspended.html", status=403)
    module = getattr(request.resolver_match.func, "__module__", "") if request.resolver_match else ""
    # A page is of the room whose folder holds its view; the API's views are a library's: their act tells the room.
    room = feature_of_module(module) if module.startswith("beffroi.") else feature_of_act(act)
    if not is_open(territory, room):
        if not module.startswith("beffroi."):
            raise Http404
        # The right is established: only a member who could act here reads that the room is closed.
        context = {
            "room": _features[room],
            "by_host": closed_by(territory, f"room:{room}") == BY_HOST,
            "may_open": may(request.user, "territory.settings", territory),
        }
        return render(request, "platform/room_closed.html", context, status=404)
    return None
