"""Contacts of the place of a territory: CSIRT of its region, préfecture, delegate of ANSSI, from dated content with its sources.

In: a territory, whose INSEE or SIREN code says its département and region. Out: by the name of a row of « Qui appeler », the
fields that are known there. What the content (`local_contacts.toml`) does not say, and an invented place, give nothing.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Final

from beffroi.lake.reference import Place, find_place
from beffroi.lake.reference.errors import PlaceError
from beffroi.web.platform.models import Territory

CSIRT: Final = "Votre CSIRT régional"
PREFECTURE: Final = "Votre préfecture"
DELEGATE: Final = "Délégué de l'ANSSI dans votre région"
READER: Final = "Beffroi, à la lecture de la source"
_WHY: Final = {
    CSIRT: "{name} : aide gratuite aux collectivités.",
    PREFECTURE: "{name} : crise, alerte de la population, actes.",
}


@dataclass(frozen=True)
class LocalSource:
    """`read_on`: the day on which it was read; `verified_on`: the day that is shown, older where the source is."""

    title: str
    url: str
    licence: str
    read_on: date
    verified_on: date


@dataclass(frozen=True)
class LocalContact:
    """`name`: "" where the row's own name says it all; `phone`: "" where no source gives it."""

    source: LocalSource
    name: str = ""
    phone: str = ""
    address: str = ""
    hours: str = ""


@dataclass(frozen=True)
class LocalContacts:
    """The content: CSIRTs and delegates by the code of the region, préfectures by that of the département."""

    csirts: Mapping[str, LocalContact]
    delegates: Mapping[str, LocalContact]
    prefectures: Mapping[str, LocalContact]


@cache
def load_contacts() -> LocalContacts:
    content = tomllib.loads((files(__package__) / "local_contacts.toml").read_text("utf-8"))
    sources = {key: LocalSource(**each) for key, each in content["sources"].items()}

    def read(section: str) -> dict[str, LocalContact]:
        rows: dict[str, dict[str, str]] = content[section]
        return {code: LocalContact(**{**row, "source": sources[row["source"]]}) for code, row in rows.items()}  # type: ignore[arg-type]

    return LocalContacts(read("csirts"), read("delegates"), read("prefectures"))


def local_rows(territory: Territory) -> dict[str, dict[str, Any]]:
    """By the name of the row, what is known of it in this place."""
    if territory.is_fictional:
        return {}
    place = _place(territory.code)
    if place is None:
        return {}
    known = load_contacts()
    found = {
        CSIRT: known.csirts.get(place.region or ""),
        PREFECTURE: known.prefectures.get(place.department or ""),
        DELEGATE: known.delegates.get(place.region or ""),
    }
    return {name: _row(name, contact) for name, contact in found.items() if contact is not None}


@cache
def _place(code: str) -> Place | None:
    """Looked up once: a code that is unknown costs a search among all the names of the country."""
    try:
        return find_place(code)
    except PlaceError:
        return None


def _row(name: str, contact: LocalContact) -> dict[str, Any]:
    """The fields of the row; those that the content does not say are left as they are."""
    fields = {"phone": contact.phone, "address": contact.address, "hours": contact.hours}
    if name in _WHY:
        fields["why"] = _WHY[name].format(name=contact.name)
    day = contact.source.verified_on.isoformat()
    return {key: value for key, value in fields.items() if value} | {
        "source": contact.source.title,
        "verified_on": day,
        "verified_by": READER,
    }
