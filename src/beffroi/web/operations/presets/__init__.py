"""Presets of a new instance: rooms closed, settings locked, registers begun, as `beffroi init --preset` applies them.

In: the TOML file of a preset, beside this one. Out: a territory set up. Whatever a preset closes or locks can be opened later.
"""

import tomllib
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from beffroi.guides import Register
from beffroi.web.guides.library import guide
from beffroi.web.guides.services import registers
from beffroi.web.platform import feature_switches, scope
from beffroi.web.platform.models import Person, Territory
from beffroi.web.tenancy import places, safeguards

HERE = Path(__file__).parent


class Preset(BaseModel):
    """What a preset sets.

    `open_rooms`: every other room that may be closed is; `registers`: begun with their proposed rows; `folded_places`,
    `short_menu`: what the menu does not show by itself (`feature_switches`).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    title: str
    for_whom: str
    open_rooms: frozenset[str]
    folded_places: frozenset[str] = frozenset()
    short_menu: bool = False
    safeguards: tuple[str, ...]
    registers: tuple[str, ...]
    next_steps: tuple[str, ...]


def names() -> list[str]:
    return sorted(path.stem for path in HERE.glob("*.toml"))


@cache
def preset(name: str) -> Preset:
    """Raises KeyError for one that is not there."""
    if name not in names():
        raise KeyError(name)
    return Preset.model_validate(tomllib.loads((HERE / f"{name}.toml").read_text("utf-8")), strict=False)


def apply(territory: Territory, found: Preset, by: Person) -> None:
    """Set a new territory up. `by`: its first person, in whose name the registers are begun."""
    known = {f"room:{room.key}" for room in feature_switches.all_features()}
    closed = {what for what in known if what.removeprefix("room:") not in found.open_rooms}
    folded = {f"menu:{place}" for place in found.folded_places}
    shorter = folded | ({feature_switches.SHORT_MENU} if found.short_menu else set())
    places.switch(territory, closed | shorter, known | shorter, by=None, as_host=False)
    safeguards.put_on(territory, found.safeguards, by=None)
    with scope.inside(territory):
        for key in found.registers:
            registers.begin_with_rows(territory, by, guide(Register, key))
