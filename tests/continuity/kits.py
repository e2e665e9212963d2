"""Kits of the tests: a town with sheets, lists about people and lists about none, and what a ZIP holds."""

import io
import random
import zipfile
from pathlib import Path

from beffroi.guides import Register
from beffroi.web.catalogue.grants import consultation, processing
from beffroi.web.catalogue.models import Dataset, Processing
from beffroi.web.continuity.models import KitBuild, KitList
from beffroi.web.continuity.offline_kit import builder, lists, personal_values, stored_kits
from beffroi.web.continuity.service_sheets import services as sheet_services
from beffroi.web.continuity.service_sheets import sheets
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.guides.services import registers
from beffroi.web.platform.models import Person, Territory
from places import poured
from replay import replayed

SERVICES, ROWS = 30, 300

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


FIRST_NAMES = ("Maëlle", "Rose", "Deniz", "Aïcha", "Loïc", "Yuna", "Ernest", "Zoé", "Kévin", "Théa")
SUBJECTS = (
    "Cantine",
    "Garderie",
    "Crèche",
    "Portage",
    "Lecture",
    "Musique",
    "Natation",
    "Jardin",
    "Étude",
    "Colonie",
)
SYLLABLES = ("ker", "va", "dec", "lor", "mi", "ban", "tous", "rol", "zig", "pla", "net", "cour")


def people_file(seed: int) -> str:
    """Invented families, each cell of a person unlike any other."""
    draw = random.Random(seed)
    subject = SUBJECTS[seed % 10]
    lines = [f"Nom;Prénom;Courriel;Téléphone;{';'.join(f'{subject} {rank}' for rank in range(6))}"]
    for n in range(ROWS):
        name = "".join(draw.sample(SYLLABLES, 4)).capitalize()
        first = draw.choice(FIRST_NAMES)
        phone = f"06 {seed:02} {n // 100:02} {n % 100:02} {draw.randrange(100):02}"
        lines.append(
            f"{name};{first};{name.lower()}.{seed}.{n}@exemple.org;{phone}{f';{subject[:2]}{n % 3}' * 6}"
        )
    return "\n".join(lines) + "\n"


def approve_sheets(territory: Territory, by: Person, *services: str) -> None:
    """As they stand: these, or every one."""
    for each in sheets.sheets(territory):
        if not services or each.service in services:
            sheet_services.approve(sheet_entry(territory, each.service), by, "responsable", each.sha256)


def thirty_services(territory: Territory, by: Person) -> None:
    """An approved sheet for each, the models first; the contacts of Beffroi."""
    register = sheets.register()
    registers.begin_with_rows(territory, by, register)
    model = dict(register.rows[3])
    for n in range(SERVICES - len(register.rows)):
        values = {**model, "service": f"Service n° {n}", "order": 50 + n}
        registers.save_entry(territory, by, register, values)
    approve_sheets(territory, by)
    registers.begin_with_rows(territory, by, guide(Register, "who_to_call"))


def join_lists(territory: Territory, steward: Person, *, personal: int, plain: int) -> None:
    """Lists about people, 300 rows each, and lists about nobody, each on a sheet of its own."""
    entries = [each.entry for each in sheets.sheets(territory)]
    for n in range(personal):
        dataset = children(territory, steward, people_file(10 + n), f"Familles {n}.csv")
        purpose = canteen_purpose(territory, dataset)
        lists.add(entries[n], steward, f"Familles {n}", dataset=dataset, processing=purpose)
    assert Dataset.objects.of(territory).count() == personal
    if plain:
        rates = poured(territory, steward, "Tarifs.csv", RATES).dataset
        for n in range(plain):
            lists.add(entries[n], steward, f"Tarifs {n}", dataset=rates, processing=consultation(territory))


def written(build: KitBuild, folder: Path) -> Path:
    for name, content in unpacked(build).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def is_pair(value: personal_values.PersonalValue, tables: list[lists.ListTable]) -> bool:
    """Two cells of one row in an order which the table does not have."""
    rows = (set(personal_values.words_of(" ".join(row))) for table in tables for row in table.rows)
    return len(value.words) == 2 and any(row.issuperset(value.words) for row in rows)
