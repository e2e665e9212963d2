"""Real daily flows and weather of nineteen French basins, 1999 to 2018 (airGRdatasets, CC BY 4.0)."""

import csv
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from beffroi.systems.contract import Tables
from systems.real import Measure


def basins(data: Path) -> Tables:
    """`data`: the folder of real files. Flows in l/s. Learned on 1999–2008, judged on 2009–2018."""
    folder = data / "systems/river-flows/csv"
    if not folder.exists():
        pytest.skip("the flows of the basins are not here")
    names = dict(line.split(";")[:2] for line in (folder / "_meta.csv").read_text("utf-8").splitlines())
    flows: dict[str, list[object]] = {"station": [], "date": [], "flow": []}
    weather: dict[str, list[object]] = {
        "station": [],
        "date": [],
        "rain": [],
        "evaporation": [],
        "temperature": [],
    }
    for code, name in sorted(names.items()):
        with (folder / f"{code}.csv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                day = date.fromisoformat(row["Date"])
                cells = [name, day, *(float(row[column]) for column in ("Ptot", "Evap", "Temp"))]
                for column, cell in zip(weather.values(), cells, strict=True):
                    column.append(cell)
                if row["Qls"] not in ("", "NA"):
                    for column, cell in zip(flows.values(), (name, day, float(row["Qls"])), strict=True):
                        column.append(cell)
    return {"flows": pa.table(flows), "weather": pa.table(weather)}


MEASURES = (Measure("Dix-neuf rivières de France, jugées de 2009 à 2018", basins, {"flow_unit": "l/s"}),)
