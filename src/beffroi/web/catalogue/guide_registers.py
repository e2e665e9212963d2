"""Processings and hostings, shown from both sides: what the registers of the guides hold, and what the catalogue says of the same.

In: a territory. Out: entries that no purpose bears the name of, purposes and hostings that a register lacks, links between the
two. Names are compared folded. Nothing is written here, and nothing is asked twice: a form begins with what the other side says.
"""

from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse

from beffroi.guides import Register
from beffroi.text import fold_name
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.guides.presenting import MissingEntries, register_entry_links, register_missing_entries
from beffroi.web.guides.services.registers import entries_of
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may
from beffroi.web.ui.formats import counted

from .models import Dataset, Processing
from .reading_purposes import OF_THE_HOUSE

PROCESSINGS: Final = "processing"
HOSTINGS: Final = "hosting"
OWN_SERVER: Final = "interne"


def unopened_processings(territory: Territory) -> list[RegisterEntry]:
    """The processings of the register that no purpose of the catalogue bears the name of."""
    known = {fold_name(title) for title in _titles(territory)}
    entries = entries_of(territory, guide(Register, PROCESSINGS))
    return [each for each in entries if fold_name(str(each.values["name"])) not in known]


def purpose_of_entry(territory: Territory, pk: str) -> dict[str, Any]:
    """What a processing of the register says of the purpose that it becomes; empty for one that is not there."""
    register = guide(Register, PROCESSINGS)
    rows = RegisterEntry.objects.of(territory).filter(register=register.id, removed_at=None)
    entry = rows.filter(pk=int(pk[:12])).first() if pk.isdecimal() else None
    if entry is None:
        return {}
    fields = {each.key: each for each in register.fields}
    return {
        "title": entry.values["name"],
        "purpose": entry.values["purpose"],
        "legal_basis": fields["basis"].format(entry.values["basis"]),
        "covers_personal": True,
    }


def hosting_names(territory: Territory) -> list[str]:
    """The hostings of the register, as the card of a dataset names them."""
    register = guide(Register, HOSTINGS)
    return [register.label_of(each.values)[:100] for each in entries_of(territory, register)]


def _titles(territory: Territory) -> list[str]:
    return list(
        Processing.objects.of(territory)
        .filter(covers_personal=True)
        .exclude(key__in=OF_THE_HOUSE)
        .order_by("title")
        .values_list("title", flat=True)
    )


def _missing_purposes(person: Person, territory: Territory) -> MissingEntries | None:
    """The purposes about people that the register of processing lacks."""
    if not may(person, "processing.read", territory):
        return None
    register = guide(Register, PROCESSINGS)
    known = {fold_name(str(each.values["name"])) for each in entries_of(territory, register)}
    rows = Processing.objects.of(territory).filter(title__in=_titles(territory)).order_by("title")
    add = reverse("register-add", args=[territory.slug, PROCESSINGS])
    missing = [row for row in rows if fold_name(row.title) not in known]
    return MissingEntries(
        "Usages de données personnelles inscrits dans Données, pas encore ici",
        tuple(
            (row.title, f"{add}?{urlencode({'name': row.title, 'purpose': row.purpose})}") for row in missing
        ),
    )


def _missing_hostings(person: Person, territory: Territory) -> MissingEntries | None:
    """The hostings that cards of datasets name and the register lacks."""
    if not may(person, "dataset.read", territory):
        return None
    known = {fold_name(name) for name in (*hosting_names(territory), OWN_SERVER, "")}
    counts: dict[str, int] = {}
    for name in Dataset.objects.of(territory).values_list("hosting", flat=True):
        if fold_name(name) not in known:
            counts[name] = counts.get(name, 0) + 1
    add = reverse("register-add", args=[territory.slug, HOSTINGS])
    return MissingEntries(
        "Hébergements dits par vos jeux de données, pas encore ici",
        tuple(
            (f"{name} ({counted(count, 'jeu', 'jeux')})", f"{add}?{urlencode({'provider': name})}")
            for name, count in sorted(counts.items())
        ),
    )


def _entry_links(entry: RegisterEntry) -> list[tuple[str, str]]:
    """Beside a processing, its purpose; beside a hosting, the datasets that are kept there."""
    territory = entry.territory
    if entry.register == PROCESSINGS:
        names = {fold_name(title) for title in _titles(territory)}
        if fold_name(str(entry.values["name"])) in names:
            return [("L'usage, et les jeux qu'il ouvre", reverse("purposes", args=[territory.slug]))]
    if entry.register == HOSTINGS:
        name = guide(Register, HOSTINGS).label_of(entry.values)[:100]
        rows = Dataset.objects.of(territory).filter(hosting=name).order_by("title")
        return [(each.title, reverse("dataset", args=[territory.slug, each.slug])) for each in rows[:20]]
    return []


def register() -> None:
    """Called once, when the application is ready."""
    register_missing_entries(PROCESSINGS, _missing_purposes)
    register_missing_entries(HOSTINGS, _missing_hostings)
    register_entry_links(_entry_links)
