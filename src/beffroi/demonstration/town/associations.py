"""Associations of the invented town, the people to write to, and the subsidies that they receive.

In: the town. Out: a CSV of associations with personal contacts (invented: example.org, numbers that the regulator
keeps for fiction) and a CSV of subsidies in the columns of the national schema (SCDL « subventions »).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from beffroi.demonstration.town import files
from beffroi.demonstration.town.geography import passes_luhn
from beffroi.demonstration.town.model import NOTICE, Commune, Town, WrittenFile, stream
from beffroi.lake.reference.build import fold

ASSOCIATIONS = Path("associations/Associations (données simulées, données personnelles inventées).csv")
SUBSIDIES = Path("associations/Subventions versées (données simulées).csv")
YEARS = 4

_FIELDS = {
    "Sport": ("Club de football", "Judo club", "Les Archers", "Tennis club", "Gymnastique volontaire", "Les Randonneurs",
              "Basket club", "Club nautique"),
    "Culture": ("Chorale", "Harmonie municipale", "Théâtre amateur", "Ciné-club", "Atelier de peinture", "Les Conteurs"),
    "Solidarité": ("Épicerie solidaire", "Aide aux devoirs", "Visites aux aînés", "Vestiaire solidaire", "Le Relais"),
    "Environnement": ("Jardins partagés", "Les Amis de l'Ysane", "Atelier vélo", "Ressourcerie"),
    "Éducation": ("Parents d'élèves", "Ludothèque", "Café des langues"),
    "Loisirs": ("Comité des fêtes", "Club des aînés", "Jeux et stratégie", "Les Bricoleurs"),
}  # fmt: skip
_FIRST_NAMES = ("Aïcha", "Bernard", "Camille", "Didier", "Élodie", "Farid", "Gaëlle", "Hugo", "Inès", "Jeanne", "Karim",
                "Louise", "Mehdi", "Nadège", "Olivier", "Pauline", "Quentin", "Rose", "Samuel", "Théa", "Yves", "Zoé")  # fmt: skip
_SURNAMES = ("Aubrelin", "Bessouard", "Carmondy", "Delvasse", "Estrignac", "Fombreval", "Guérindot", "Hautrelle",
             "Jorlandais", "Kerdanvec", "Lambrosin", "Marquevielle", "Noirefort", "Orvallon", "Pestrelin", "Quervannes",
             "Roubichou", "Sauvignard", "Tournelac", "Vaudremont")  # fmt: skip
_STREETS = (
    "rue des Tanneurs",
    "place du Lavoir",
    "chemin des Vignes",
    "rue de la Forge",
    "allée des Érables",
    "quai de l'Ysane",
)


@dataclass(frozen=True)
class Association:
    name: str
    rna: str
    siret: str
    field: str
    commune: Commune
    president: str
    address: str
    phone: str
    mail: str
    members: int
    declared: date


def associations(town: Town) -> tuple[Association, ...]:
    chance = stream(town.seed, "associations")
    made: list[Association] = []
    for commune in town.communes:
        wanted = max(2, round(commune.population / 900) + 2)
        titles = [(field, title) for field, titles in _FIELDS.items() for title in titles]
        for rank in chance.permutation(len(titles))[:wanted]:
            field, title = titles[int(rank)]
            number = len(made) + 1
            first, last = str(chance.choice(_FIRST_NAMES)), str(chance.choice(_SURNAMES))
            mobile = float(chance.uniform()) < 0.6
            # Numbers that the regulator (ARCEP) keeps for works of fiction.
            phone = f"{'06 39 98' if mobile else '05 36 49'} {int(chance.integers(100)):02d} {int(chance.integers(100)):02d}"
            made.append(
                Association(
                    name=f"{title} {files.of(commune.name)}",
                    rna=f"W999{number:06d}",
                    siret=invented_siret(number),
                    field=field,
                    commune=commune,
                    president=f"{first} {last.upper()}",
                    address=f"{int(chance.integers(1, 90))} {chance.choice(_STREETS)}, {commune.name}",
                    phone=phone,
                    mail=f"{fold(first)}.{fold(last)}@example.org",
                    members=int(chance.integers(12, 420)),
                    declared=date(1965, 1, 1) + timedelta(days=int(chance.integers(0, 21_000))),
                )
            )
    return tuple(made)


def invented_siret(number: int) -> str:
    """Fourteen digits that fail the check of real ones; « 999 » then zeros begin no company's number."""
    start = f"999000000{number:04d}"
    right = next(digit for digit in range(10) if passes_luhn(f"{start}{digit}"))
    return f"{start}{(right + 5) % 10}"


def write_associations(folder: Path, town: Town) -> WrittenFile:
    listed = associations(town)
    rows = [
        [
            one.name, one.rna, one.siret, one.field, one.commune.name, one.president, one.address, one.phone, one.mail,
            str(one.members), one.declared.strftime("%d/%m/%Y"),
        ]
        for one in listed
    ]  # fmt: skip
    header = ["Nom de l'association", "RNA", "SIRET", "Domaine", "Commune", "Président(e)", "Adresse", "Téléphone",
              "Courriel", "Adhérents", "Date de déclaration"]  # fmt: skip
    title = f"Annuaire des associations - {town.name} - {NOTICE}, personnes inventées"
    files.write(folder, ASSOCIATIONS, files.csv_bytes(header, rows, encoding="cp1252", title=title))
    faults = (
        "encodage Windows (cp1252)",
        "une ligne de titre",
        "coordonnées de personnes (données personnelles)",
    )
    return WrittenFile(ASSOCIATIONS, len(rows), faults)


def write_subsidies(folder: Path, town: Town) -> WrittenFile:
    """Grants of the last years, as published under article L1611-4 and the decree of 5 May 2017."""
    rows = []
    for year in range(town.today.year - YEARS + 1, town.today.year + 1):
        for rank, one in enumerate(associations(town), start=1):
            chance = stream(town.seed, "subsidies", one.rna, year)
            requested, size, day, kind = (float(value) for value in chance.uniform(size=4))
            decided = date(year, 2, 1) + timedelta(days=int(day * 120))
            if requested > 0.62 or decided >= town.today:
                continue
            amount = round(one.members * (4 + 22 * size) / 50) * 50 + 150
            purpose = "Fonctionnement annuel" if kind < 0.75 else f"Projet « {one.field.lower()} pour tous »"
            rows.append(
                [
                    town.name, f"{town.code}00000", decided.isoformat(), f"DEL-{year}-{rank:03d}", one.name, one.siret, one.rna,
                    purpose, files.comma(amount), "aide en numéraire", "unique", decided.isoformat(), "non", "1",
                ]
            )  # fmt: skip
    header = ["nomAttribuant", "idAttribuant", "dateConvention", "referenceDecision", "nomBeneficiaire", "idBeneficiaire",
              "rnaBeneficiaire", "objet", "montant", "nature", "conditionsVersement", "datesPeriodeVersement",
              "notificationUE", "pourcentageSubvention"]  # fmt: skip
    files.write(folder, SUBSIDIES, files.csv_bytes(header, rows))
    return WrittenFile(SUBSIDIES, len(rows), ("montants avec une virgule décimale",))
