"""Real daily counts of a town's bicycle counters, 2014 to 2019."""

import csv
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from beffroi.systems.contract import Tables
from systems.real import Measure


def counters(data: Path) -> Tables:
    """`data`: the folder of real files. Empty counts are left out."""
    path = data / "open-data/bike-counters-nantes/count_2014_19.csv"
    if not path.exists():
        pytest.skip("the counts of Nantes are not here")
    with path.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["count"] not in ("", "NA")]
    return {
        "counts": pa.table(
            {
                "place": [row["name"] for row in rows],
                "date": [date.fromisoformat(row["date"]) for row in rows],
                "count": [float(row["count"]) for row in rows],
            }
        )
    }


MEASURES = (
    Measure("Compteurs vélo de Nantes, une semaine à l’avance", counters),
    Measure("Compteurs vélo de Nantes, deux semaines à l’avance", counters, {"lead_days": 14}),
)
