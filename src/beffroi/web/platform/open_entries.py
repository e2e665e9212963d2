"""The entries of a place of the navigation that a person may open in a territory: their room is open, their act allowed."""

from beffroi.web.ui import navigation

from . import feature_switches
from .models import Person, Territory
from .rights import may_somewhere


def open_entries(person: Person, territory: Territory, place: str) -> list[tuple[navigation.Entry, str]]:
    """Each entry with its address, in the order of the place."""
    found = navigation.entries_in(
        place,
        lambda act: feature_switches.act_is_open(territory, act) and may_somewhere(person, act, territory),
        is_open=lambda room: feature_switches.is_open(territory, room),
    )
    return [(entry, entry.url(territory.slug)) for entry in found]
