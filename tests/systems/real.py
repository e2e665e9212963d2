"""Real-data measures of each system, by the titles under which their figures are published.

`MEASURES[system]` lists them; `tables()` is None where the files are not here (BEFFROI_REAL_DATA).
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from beffroi.systems.contract import Tables
from support import real_meters
from systems import real_canteens
from systems.test_school_map_real import lille

DATA = Path(os.environ.get("BEFFROI_REAL_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))


@dataclass(frozen=True)
class Measure:
    title: str
    read: Callable[[Path], Tables | None]
    settings: dict[str, Any] = field(default_factory=dict)

    def tables(self) -> Tables | None:
        try:
            return self.read(DATA)
        except pytest.skip.Exception:
            return None


def _meters(first: int, last: int) -> Callable[[Path], Tables | None]:
    def read(data: Path) -> Tables | None:
        folder = data / "systems" / "building-energy"
        return real_meters.tables(*real_meters.series(folder)[first:last]) if folder.is_dir() else None

    return read


MEASURES: dict[str, tuple[Measure, ...]] = {
    "canteen": (
        Measure("Cantines de Nantes, 14 jours à l’avance", real_canteens.nantes),
        Measure("Cantines de Nantes, 70 jours à l’avance", real_canteens.nantes, {"horizon_days": 70}),
    ),
    "buildings": (
        Measure("Compteurs d’exemple OpenDSM, Illinois", _meters(0, 2)),
        Measure("Compteurs d’exemple OpenDSM, Royaume-Uni", _meters(2, 4)),
        Measure("Compteur d’exemple nmecr", _meters(4, 5)),
    ),
    "school_map": (
        Measure("Collèges de Lille, 10 % de places au-dessus de la charge", lambda data: lille(data, 1.1)),
    ),
}
