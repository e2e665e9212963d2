"""Kits of the tests: a town with sheets, lists about people and lists about none, and what a ZIP holds."""

import io
import zipfile

from beffroi.web.catalogue.grants import processing
from beffroi.web.catalogue.models import Dataset, Processing
from beffroi.web.continuity.models import KitBuild, KitList
from beffroi.web.continuity.offline_kit import builder, lists, stored_kits
from beffroi.web.continuity.service_sheets import sheets
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.guides.services import registers
from beffroi.web.platform.models import Person, Territory
from places import poured
from replay import replayed

CHILDREN = """Nom;Prénom;Courriel;Téléphone;Ecole;Régime
Kervadec;Maëlle;m.kervadec@exemple.org;06 98 76 54 32;Le Bac;sans porc
Petit;Rose;rose.petit@exemple.org;0698765433;Le Bac;
Ozgür;Deniz;deniz@exemple.org;+33 6 98 76 54 34;Les Saules;
"""
RATES = """Tarif;Montant
Repas enfant;3,20
Repas adulte;6,40
"""


@replayed
def begin(territory: Territory, by: Person) -> None:
    """Two sheets: a binder of two services is laid out in half a second."""
    rows = [
        rank for rank, row in enumerate(sheets.register().rows) if row["service"] in ("Cantine", "Courrier")
    ]
    registers.begin_with_rows(territory, by, sheets.register(), rows)


@replayed
def built(territory: Territory, by: Person) -> KitBuild:
    """The kit of a town that has done nothing else, for tests that are about what follows."""
    return builder.build(territory, by)


@replayed
def child_list(territory: Territory, steward: Person, children: Dataset) -> KitList:
    """A list about people, read under its grant."""
    purpose = canteen_purpose(territory, children)
    return lists.add(
        sheet_entry(territory), steward, "Enfants inscrits", dataset=children, processing=purpose
    )


def children(
    territory: Territory, steward: Person, text: str = CHILDREN, name: str = "Enfants.csv"
) -> Dataset:
    """A dataset about people."""
    dataset = poured(territory, steward, name, text).dataset
    assert dataset.sensitivity == Dataset.Sensitivity.PERSONAL
    return dataset


def canteen_purpose(territory: Territory, *datasets: Dataset) -> Processing:
    return processing(
        territory,
        "cantine",
        title="Restauration scolaire",
        purpose="Servir et facturer les repas.",
        legal_basis="Mission d'intérêt public (RGPD, article 6.1.e)",
        covers_personal=True,
        datasets=datasets,
    )


def sheet_entry(territory: Territory, service: str = "Cantine") -> RegisterEntry:
    found = next(each.entry for each in sheets.sheets(territory) if each.service == service)
    assert found is not None
    return found


def unpacked(build: KitBuild) -> dict[str, bytes]:
    """The files of a kit by their path under its folder."""
    with zipfile.ZipFile(io.BytesIO(stored_kits.path_of(build).read_bytes())) as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}
