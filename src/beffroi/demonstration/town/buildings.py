"""Public buildings and their meters: what each used and cost, month by month.

In: the town. Out: a CSV of buildings, and a zip of yearly statements of electricity and gas as suppliers send them:
decimal commas, thousands apart, a correction below zero, a month missing, a leak that nobody has seen.
"""

import math
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from beffroi.demonstration.town import files
from beffroi.demonstration.town.model import NOTICE, Commune, Town, WrittenFile, stream

BUILDINGS = Path("batiments/Bâtiments publics (données simulées).csv")
STATEMENTS = Path("batiments/Relevés énergie (données simulées).zip")
YEARS = 4
_NO_BREAK = "\N{NO-BREAK SPACE}"

# Use, m² (least, most), kWh of electricity and of gas a m² and a year.
_USES = {
    "École": ((900, 3200), 28.0, 105.0),
    "Mairie": ((350, 2600), 55.0, 95.0),
    "Gymnase": ((1100, 2400), 48.0, 120.0),
    "Médiathèque": ((500, 1900), 62.0, 80.0),
    "Piscine": ((2600, 3400), 240.0, 520.0),
    "Salle des fêtes": ((300, 900), 32.0, 90.0),
    "Centre technique": ((800, 2000), 38.0, 60.0),
    "Cuisine centrale": ((1500, 1900), 190.0, 160.0),
}
# Euros a kWh including taxes, by year from the oldest: contracts end, prices move.
_PRICES = {"Électricité": (0.196, 0.231, 0.214, 0.202, 0.205), "Gaz": (0.094, 0.112, 0.098, 0.091, 0.090)}


@dataclass(frozen=True)
class Building:
    code: str
    name: str
    use: str
    commune: Commune
    surface: int
    built: int
    electricity: str  # the meter's identifier (PRM, 14 digits)
    gas: str | None  # the meter's identifier (PCE, 14 digits)


def buildings(town: Town) -> tuple[Building, ...]:
    chance = stream(town.seed, "buildings")
    wanted: list[tuple[str, str, Commune]] = []
    for commune in town.communes:
        wanted.append(("Mairie", f"Mairie {files.of(commune.name)}", commune))
        groups = dict.fromkeys(school.site[:-2] for school in town.schools if school.commune == commune)
        wanted += [("École", f"Groupe scolaire {group.title()}", commune) for group in groups]
        if commune.population > 2_000:
            wanted.append(("Gymnase", f"Gymnase {files.of(commune.name)}", commune))
        if commune.population > 4_000:
            wanted.append(("Médiathèque", f"Médiathèque {files.of(commune.name)}", commune))
        if commune.population < 5_000:
            wanted.append(("Salle des fêtes", f"Salle des fêtes {files.of(commune.name)}", commune))
    seat = town.communes[0]
    wanted += [
        ("Piscine", "Centre aquatique de l'Ysane", seat),
        ("Centre technique", "Centre technique communautaire", seat),
        ("Cuisine centrale", "Cuisine centrale communautaire", seat),
    ]
    made = []
    for rank, (use, name, commune) in enumerate(wanted, start=1):
        (least, most), _, _ = _USES[use]
        size = (
            min(1.0, commune.population / 15_000) if use in ("Mairie", "École") else float(chance.uniform())
        )
        surface = round((least + (most - least) * size) * float(chance.uniform(0.85, 1.15)))
        gas = f"00000099{rank:06d}" if float(chance.uniform()) < 0.8 else None
        built = int(chance.integers(1890, 2018))
        made.append(
            Building(f"BAT-{rank:03d}", name, use, commune, surface, built, f"00000000{rank:06d}", gas)
        )
    return tuple(made)


def write_buildings(folder: Path, town: Town) -> WrittenFile:
    listed = buildings(town)
    rows = [
        [
            building.code, building.name, building.commune.name, building.use, files.comma(building.surface, 0, " "),
            str(building.built), building.electricity, building.gas or "",
        ]
        for building in listed
    ]  # fmt: skip
    header = [
        "Code bâtiment",
        "Nom",
        "Commune",
        "Usage",
        "Surface (m²)",
        "Année de construction",
        "PRM",
        "PCE",
    ]
    title = f"Patrimoine bâti - {town.name} - {NOTICE}"
    files.write(folder, BUILDINGS, files.csv_bytes(header, rows, title=title))
    return WrittenFile(
        BUILDINGS, len(rows), ("une ligne de titre", "surfaces avec une espace entre les milliers")
    )


def write_statements(folder: Path, town: Town) -> WrittenFile:
    """One CSV a civil year and energy; the current year stops at the last whole month."""
    members: dict[str, bytes] = {}
    total = 0
    for year in range(town.today.year - YEARS + 1, town.today.year + 1):
        months = [month for month in range(1, 13) if date(year, month, 1) < town.today.replace(day=1)]
        for energy in _PRICES:
            if not months:
                continue
            rows, kwh, euros = _statement(town, energy, year, months)
            total += len(rows)
            members[f"{energy} {year} (données simulées).csv"] = files.csv_bytes(
                ["Code bâtiment", "Compteur", "Mois", "Consommation (kWh)", "Montant TTC (€)"],
                rows,
                encoding="cp1252",
                total=["Total", "", "", files.comma(kwh, 2, _NO_BREAK), files.comma(euros, 2, _NO_BREAK)],
            )
    files.write(folder, STATEMENTS, files.zip_bytes(members))
    return WrittenFile(
        STATEMENTS,
        total,
        (
            "archive zip, une feuille par année et par énergie",
            "encodage Windows (cp1252), virgule décimale, espace insécable entre les milliers",
            "une ligne de total à la fin de chaque feuille",
            "un mois manquant et une régularisation négative par année d'électricité",
            "un bâtiment dont la consommation double depuis un an",
        ),
    )


def _statement(town: Town, energy: str, year: int, months: list[int]) -> tuple[list[list[str]], float, float]:
    """Rows of the statement, and its totals as the supplier printed them."""
    listed = [building for building in buildings(town) if energy == "Électricité" or building.gas]
    chance = stream(town.seed, "energy", energy, year)
    missing, corrected = (int(rank) for rank in chance.choice(len(listed), size=2, replace=False))
    leaking = listed[len(listed) // 2].code
    price = _PRICES[energy][year - town.today.year + YEARS - 1]
    rows, kwh, euros = [], 0.0, 0.0
    cold = {month: 1 + float(chance.normal(0, 0.08)) for month in range(1, 13)}
    for rank, building in enumerate(listed):
        luck = float(chance.normal(0, 0.05))
        for month in range(1, 13):
            noise = float(chance.normal(0, 0.04))
            if month not in months or (energy == "Électricité" and rank == missing and month == months[0]):
                continue
            used = _used(town.seed, building, energy, month, cold[month]) * (1 + luck) * (1 + noise)
            since = (town.today.year - year) * 12 + town.today.month - month
            if energy == "Électricité" and building.code == leaking and since <= 12:
                used *= 2
            if energy == "Électricité" and rank == corrected and month == months[-1]:
                used *= -0.4
            used = round(used, 2)
            cost = round(used * price + (14.5 if used > 0 else 0.0), 2)
            kwh, euros = kwh + used, euros + cost
            meter = building.electricity if energy == "Électricité" else building.gas or ""
            rows.append(
                [
                    building.code,
                    meter,
                    f"01/{month:02d}/{year}",
                    files.comma(used, 2, _NO_BREAK),
                    files.comma(cost, 2, _NO_BREAK),
                ]
            )
    return rows, kwh, euros


def _used(seed: int, building: Building, energy: str, month: int, cold: float) -> float:
    """kWh of an ordinary month: heating follows winter, schools close in summer, old walls lose more."""
    _, electricity, gas = _USES[building.use]
    quality = (
        1
        + float(stream(seed, "quality", building.code).normal(0, 0.15))
        + (0.12 if building.built < 1975 else 0.0)
    )
    winter = (1 + math.cos(math.tau * (month - 1) / 12)) / 2
    closed = 0.35 if building.use == "École" and month in (7, 8) else 1.0
    if energy == "Gaz":
        # The pool heats its water all year.
        share = (
            (0.25 + 0.75 * winter) / 0.625
            if building.use == "Piscine"
            else (0.05 + 0.95 * winter**1.5) / 0.45
        )
        return gas * building.surface / 12 * share * cold * quality * closed
    heated = 1.0 if building.gas else 1 + 1.6 * winter
    return electricity * building.surface / 12 * (0.75 + 0.5 * winter) * heated * quality * closed
