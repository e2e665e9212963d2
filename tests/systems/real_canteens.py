"""Real canteen files of a large town, as the system's tables."""

import csv
from datetime import date
from pathlib import Path

import pyarrow as pa

from beffroi.systems.contract import Tables


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _count(text: str) -> int | None:
    return None if text in ("NA", "") else int(float(text))


def nantes(real_data: Path) -> Tables | None:
    """Seven school years of 88 canteens, to the end of 2017; None where the files are not here."""
    folder = real_data / "open-data" / "nantes-canteens"
    if not folder.is_dir():
        return None
    rows = _read(folder / "raw" / "frequentation.csv")
    holidays = _read(folder / "calculators" / "vacances.csv")
    day = date.fromisoformat
    menus = _read(folder / "raw" / "menus_tous.csv")
    return {
        "attendance": pa.table(
            {
                "site": [row["site_nom"] for row in rows],
                "date": [day(row["date"]) for row in rows],
                "meals": pa.array([_count(row["reel"]) for row in rows], pa.int64()),
                "ordered": pa.array([_count(row["prevision"]) for row in rows], pa.int64()),
                "site_type": [row["site_type"] for row in rows],
            }
        ),
        "menus": pa.table(
            {
                "date": [date(*map(int, reversed(row["date"].split("/")))) for row in menus],
                "dish": [row["plat"] for row in menus],
            }
        ),
        "strikes": pa.table(
            {"date": [day(row["date"]) for row in _read(folder / "calculators" / "greves.csv")]}
        ),
        "holidays": pa.table(
            {
                "start": [day(row["date_debut"]) for row in holidays],
                "end": [day(row["date_fin"]) for row in holidays],
            }
        ),
        "public_holidays": pa.table(
            {"date": [day(row["date"]) for row in _read(folder / "calculators" / "jours_feries.csv")]}
        ),
    }
