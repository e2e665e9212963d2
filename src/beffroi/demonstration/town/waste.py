"""Household waste collected, by commune, month and flow, as the collector's own spreadsheet gives it.

In: the town. Out: one CSV where communes have names only, spelled by several hands.
"""

import math
from datetime import date
from pathlib import Path

from beffroi.demonstration.town import files
from beffroi.demonstration.town.model import NOTICE, Town, WrittenFile, stream

WASTE = Path("dechets/Tonnages collectés (données simulées).csv")
YEARS = 4
# Kilograms a person and a year, yearly drift, how much summer adds.
_FLOWS = {
    "Ordures ménagères résiduelles": (214.0, -0.028, 0.04),
    "Emballages et papiers": (52.0, 0.018, -0.02),
    "Verre": (33.0, 0.004, 0.10),
    "Biodéchets": (14.0, 0.180, 0.12),
    "Déchets verts": (71.0, -0.010, 0.75),
}


def write_waste(folder: Path, town: Town) -> WrittenFile:
    rows: list[list[str]] = []
    total = 0.0
    first = town.today.year - YEARS + 1
    for year in range(first, town.today.year + 1):
        for month in range(1, 13):
            if date(year, month, 1) >= town.today.replace(day=1):
                continue
            for commune in town.communes:
                for flow, (rate, drift, summer) in _FLOWS.items():
                    if flow == "Biodéchets" and (year, month) < (first + 1, 1):
                        continue  # sorted at the source one year later
                    habit = 1 + float(stream(town.seed, "waste", commune.code, flow).normal(0, 0.10))
                    chance = float(
                        stream(town.seed, "waste", commune.code, flow, year, month).normal(0, 0.05)
                    )
                    season = 1 - summer * math.cos(math.tau * (month - 1) / 12)
                    tonnes = (
                        rate * commune.population / 12_000 * (1 + drift) ** (year - first) * habit * season
                    )
                    tonnes = round(max(0.0, tonnes * (1 + chance)), 3)
                    total += tonnes
                    rows.append(
                        [
                            str(year),
                            f"{month:02d}",
                            _spelled(commune.name, year - first),
                            flow,
                            files.comma(tonnes, 3, " "),
                        ]
                    )
    content = files.csv_bytes(
        ["Année", "Mois", "Commune", "Flux", "Tonnage (t)"],
        rows,
        encoding="utf-8-sig",
        title=f"Tonnages par commune et par flux - {town.name} - {NOTICE}",
        total=["Total général", "", "", "", files.comma(total, 3, " ")],
    )
    files.write(folder, WASTE, content)
    faults = (
        "marque d'ordre des octets (BOM) en tête",
        "une ligne de titre et une ligne de total",
        "virgule décimale",
        "communes désignées par leur nom seul, en capitales la première année, « St » pour « Saint » la deuxième",
    )
    return WrittenFile(WASTE, len(rows), faults)


def _spelled(name: str, age: int) -> str:
    if age == 0:
        return name.upper()
    return name.replace("Saint-", "St ").replace("-", " ") if age == 1 else name
