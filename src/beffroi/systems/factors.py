"""Emission and resource factors of the footprint, with bounds, source and year: electricity, water, servers, disks.

In comes a country (three letters, `BEFFROI_COUNTRY`, France by default); out go `Factor`s, None where nobody published one.
Read from the tables that CodeCarbon and EcoLogits carry in their packages: no network.
"""

import importlib.util
import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from beffroi.text import format_number


@dataclass(frozen=True)
class Factor:
    """A factor and its bounds, in the unit of its function; `source` is French."""

    value: float
    low: float
    high: float
    source: str


# Low, middle, high. CodeCarbon's own 4 W where a machine has no energy counter; 2 W is a recent laptop (15 W for 8
# threads), 16 W an old office machine (65 W for 4). A table of processors would not do better: inside a virtual
# machine the number of threads of the real processor is hidden.
WATTS_A_THREAD = (2.0, 4.0, 16.0)
WATTS_A_GIGABYTE = 0.375
WATTS_SOURCE = (
    "temps processeur × 4 W par fil (de 2 à 16) + mémoire × 0,375 W par Go (valeurs par défaut de CodeCarbon)"
)

# Low, middle, high. Cloud Carbon Footprint's coefficients: 0.65 Wh a terabyte and hour on disks, 1.2 on SSD.
STORAGE_WATTS_A_TB = (0.65, 0.9, 1.2)
STORAGE_SOURCE = (
    "0,65 à 1,2 Wh par To et par heure selon le support (coefficients de Cloud Carbon Footprint), une copie"
)

# BoaviztAPI 2.5.0, archetype « platform_compute_low »: two processors of 8 cores, 4 × 16 GB, four years.
SERVER_THREAD_SECONDS = 32 * 35_040 * 3600.0
SERVER_USED, SERVER_LEAST_USED = 0.5, 0.1
_SERVER = (
    "part de la fabrication d’un petit serveur, 4 ans, occupé à moitié (de 10 à 100 %) : BoaviztAPI 2.5.0"
)
SERVER_CO2_G = Factor(550e3, 275e3, 1140e3, f"{_SERVER}, 550 kg de CO2 équivalent (275 à 1 140)")
SERVER_SB_UG = Factor(
    0.125e9, 0.0861e9, 0.1826e9, f"{_SERVER}, 0,125 kg d’antimoine équivalent (0,086 à 0,183)"
)

# Litres evaporated a kWh by EDF's fleet: universal registration document 2021, section 3 (target 0.95).
_EDF_WATER = 0.95
# The tables give one figure a year: the hours of a year move around it. A convention of this project, published with the figure.
_YEARLY_VARIATION = 0.3


def country() -> str:
    """The country of computing, three letters (ISO 3166-1)."""
    return os.environ.get("BEFFROI_COUNTRY", "").strip().upper() or "FRA"


def is_known(place: str) -> bool:
    """Whether a table here has the electricity of that country."""
    return carbon(place) is not None


@cache
def carbon(place: str) -> Factor | None:
    """Grams of CO2 equivalent a kWh of that country's grid; both tables bound it, and its swing over a year."""
    row = _energy_mix().get(place)
    other = _ecologits_mixes().get(place)
    if row is None or not row.get("carbon_intensity"):
        return None
    grams = float(row["carbon_intensity"])
    low, high = grams * (1 - _YEARLY_VARIATION), grams * (1 + _YEARLY_VARIATION)
    source = f"{_number(grams)} g de CO2 équivalent par kWh, réseau {_grid_name(place, row)} {row['year']} (Our World in Data, fichier repris par CodeCarbon)"
    if other is not None:
        second = 1000 * float(other["gwp"])
        low, high = min(low, second), max(high, second)
        source += f" ; EcoLogits : {_number(second)} g"
    return Factor(grams, low, high, source)


@cache
def water(place: str) -> Factor | None:
    """Litres a kWh: EDF's own figure for France, else the table of EcoLogits; for France, the second is the bound."""
    row = _ecologits_mixes().get(place)
    table = float(row["wue"]) if row is not None else None
    if place == "FRA":
        high = table or _EDF_WATER
        return Factor(
            _EDF_WATER,
            _EDF_WATER,
            max(high, _EDF_WATER),
            "0,95 L évaporé par kWh, parc EDF, document d’enregistrement universel 2021"
            + (f" ; EcoLogits compte jusqu’à {_number(table)} L par kWh" if table else ""),
        )
    if table is None:
        return None
    return Factor(
        table,
        table * (1 - _YEARLY_VARIATION),
        table * (1 + _YEARLY_VARIATION),
        f"{_number(table)} L par kWh (table d’EcoLogits, {place})",
    )


@cache
def materials(place: str) -> Factor | None:
    """Micrograms of antimony equivalent a kWh: metals and minerals of the power plants and lines."""
    row = _ecologits_mixes().get(place)
    if row is None:
        return None
    value = 1e9 * float(row["adpe"])
    return Factor(
        value,
        value * (1 - _YEARLY_VARIATION),
        value * (1 + _YEARLY_VARIATION),
        f"électricité : table d’EcoLogits, {place}",
    )


def _grid_name(place: str, row: dict[str, Any]) -> str:
    return "français" if place == "FRA" else f"de {row['country_name']}"


@cache
def _energy_mix() -> dict[str, dict[str, Any]]:
    path = (
        Path(__file__).parent / "data" / "global_energy_mix.json"
    )  # of codecarbon, put here by `hatch_build.py`
    table: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return table


@cache
def _ecologits_mixes() -> dict[str, dict[str, Any]]:
    path = _folder_of("ecologits") / "data" / "electricity_mixes.json"
    rows = json.loads(path.read_text(encoding="utf-8"))["electricity_mixes"]
    return {str(row["name"]): row for row in rows}


def _folder_of(package: str) -> Path:
    """Found without importing the package, which takes longer than all that is read of it."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(package)
    return Path(spec.origin).parent


def _number(value: float) -> str:
    return format_number(value, ".4g")
