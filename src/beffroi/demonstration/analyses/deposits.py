"""Two tables that the platform itself brings, so that analyses of them are like any other: the territory's communes, and
the list of what was gathered. Both are real, dated, and say where they come from.

In come a territory and a person who may deposit; out come datasets of the catalogue.
"""

import csv
import io
from typing import Any

from beffroi.lake.errors import LakeError
from beffroi.lake.reference import Place, communes_of, find_place, reference
from beffroi.lake.reference import place_queries as reference_store
from beffroi.web.catalogue import lifecycle as catalogue
from beffroi.web.catalogue.models import Dataset
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may

COMMUNES = "Communes du territoire"
GATHERED = "Inventaire des fichiers rassemblés"


def communes_dataset(territory: Territory, person: Person) -> Dataset | None:
    """The communes of a real territory with their population; of a commune alone, those of its intercommunalité."""
    places = _communes(territory)
    if not places:
        return None
    own = set(territory.members) or {territory.code}
    rows = [
        [p.code, p.name, p.population if p.population is not None else "", "oui" if p.code in own else "non"]
        for p in places
    ]
    source = reference()
    return _deposit(
        territory,
        person,
        COMMUNES,
        ["code_commune", "commune", "population", "dans_le_territoire"],
        rows,
        description="Liste officielle des communes et leur population municipale.",
        producer="INSEE et DGCL",
        licence=source.licence,
        freshness="annuelle",
    )


def gathered_dataset(territory: Territory, person: Person) -> Dataset | None:
    """One row a dataset gathered: rows read, kept, set aside."""
    rows: list[list[Any]] = []
    for dataset in Dataset.objects.of(territory).exclude(title__in=(COMMUNES, GATHERED)):
        done = [s for s in dataset.snapshots.all() if s.state == s.State.DONE]
        if not done:
            continue
        read = sum(s.rows_read for s in done)
        quarantined = sum(s.rows_quarantined for s in done)
        rows.append(
            [
                dataset.title,
                len(done),
                read,
                sum(s.rows_stored for s in done),
                quarantined,
                len(done[0].columns),
            ]
        )
    if not rows:
        return None
    return _deposit(
        territory,
        person,
        GATHERED,
        [
            "jeu_de_donnees",
            "nombre_livraisons",
            "nombre_lignes_lues",
            "nombre_lignes_gardees",
            "nombre_lignes_ecartees",
            "nombre_colonnes",
        ],
        sorted(rows, key=lambda row: str(row[0]).casefold()),
        description="Ce qui a été lu, gardé et écarté de chaque fichier rassemblé, compté par Beffroi.",
        producer="Beffroi",
        licence="Licence Ouverte 2.0",
        freshness="à chaque rassemblement",
    )


def _communes(territory: Territory) -> list[Place]:
    try:
        place = find_place(territory.code)
    except LakeError:
        return []
    if place.kind != "commune":
        return communes_of(place)
    own_epci = dict(reference_store.every_epci())
    epci = own_epci.get(place.code)
    return communes_of(find_place(epci)) if epci else [place]


def _deposit(
    territory: Territory, person: Person, title: str, header: list[str], rows: list[list[Any]], **card: str
) -> Dataset | None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    delivery = catalogue.receive(territory, person, f"{title}.csv", [text.getvalue().encode("utf-8")])
    delivery = catalogue.stage(delivery)
    existing = Dataset.objects.of(territory).filter(title=title).first()
    plans = catalogue.load_plans(delivery)
    if not plans or all(plan.match.skip for plan in plans):
        catalogue.cancel(delivery, person)
        return existing
    choice = catalogue.Choice(0, existing.slug if existing else None, title, "replace")
    snapshots = catalogue.pour(delivery, person, [choice])
    dataset = snapshots[0].dataset
    if may(person, "dataset.manage", territory):
        catalogue.edit_card(dataset, person, owner=person, **card)
    return dataset
