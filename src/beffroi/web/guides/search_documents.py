"""Guides as the search finds them, by title and lead; entries of registers by what names them. Never what was answered.

Who may find one is who may read its guide. A register whose entries are named after persons is found, its entries are not.
"""

from collections.abc import Collection, Iterable, Mapping
from itertools import batched
from typing import Final

from django.urls import reverse

from beffroi.guides import Guide, Register
from beffroi.language.search import Document
from beffroi.web.platform.feature_switches import act_is_open
from beffroi.web.platform.models import Territory
from beffroi.web.search import indexing
from beffroi.web.search.kinds import EVERYWHERE, Kind, Target

from .addresses import address
from .domains import all_domains, domain_of
from .library import library
from .models import RegisterEntry

CHUNK: Final = 500


def _found() -> dict[str, Guide]:
    """The guides that have a page."""
    return {each.id: each for each in library().guides.values() if domain_of(each) is not None}


def _act_of(key: str) -> str:
    """What one needs to read this guide, or the register of this entry."""
    reading = {domain.key: domain.read for domain in all_domains()}
    return reading[library().guides[key.partition(":")[0]].domain]


def _is_open(territory: Territory, guide: Guide) -> bool:
    domain = domain_of(guide)
    return domain is not None and act_is_open(territory, domain.read)


def _guides() -> Iterable[Document]:
    for guide in _found().values():
        yield Document(EVERYWHERE, "guide", guide.id, guide.title, card=(guide.lead,))


def _guide_targets(territory: Territory, keys: Collection[str], public: bool) -> Mapping[str, Target]:
    return {
        guide.id: Target(guide.title, address(territory, guide))
        for guide in ([] if public else _found().values())
        if guide.id in keys and _is_open(territory, guide)
    }


def _registers() -> dict[str, Register]:
    return {
        guide.id: guide
        for guide in _found().values()
        if isinstance(guide, Register)
        and not any(field.personal for field in guide.fields if field.key in guide.identity)
    }


def key_of(entry: RegisterEntry) -> str:
    return f"{entry.register}:{entry.pk}"


def _rows(territory: Territory, keys: Collection[str] | None) -> Iterable[tuple[RegisterEntry, Register]]:
    registers = _registers()
    rows = RegisterEntry.objects.of(territory).filter(register__in=registers, removed_at=None)
    if keys is not None:
        rows = rows.filter(pk__in=[key.rpartition(":")[2] for key in keys])
    return [(row, registers[row.register]) for row in rows]


def _entries(territory: Territory, keys: Collection[str] | None) -> Iterable[Document]:
    for row, register in _rows(territory, keys):
        yield Document(territory.pk, "entry", key_of(row), register.label_of(row.values))


def _entry_targets(territory: Territory, keys: Collection[str], public: bool) -> Mapping[str, Target]:
    return {
        key_of(row): Target(
            register.label_of(row.values),
            reverse("register-entry", args=[territory.slug, register.id, row.pk]),
            register.title,
        )
        for row, register in ([] if public else _rows(territory, keys))
        if _is_open(territory, register)
    }


GUIDES = Kind(
    name="guide",
    label="Questionnaires et registres",
    act="territory.enter",
    targets=_guide_targets,
    shared=_guides,
    order=700,
    act_of=_act_of,
)
ENTRIES = Kind(
    name="entry",
    label="Lignes des registres",
    act="territory.enter",
    targets=_entry_targets,
    documents=_entries,
    order=710,
    act_of=_act_of,
)


def refresh(territory: Territory, entries: Iterable[RegisterEntry]) -> None:
    """Have the entries that were just written found as they are: all of an act at once."""
    for several in batched(entries, CHUNK):
        indexing.refresh(ENTRIES, territory, [key_of(entry) for entry in several])
