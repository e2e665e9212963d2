"""Real meters that two open projects publish as examples."""

from collections.abc import Callable
from pathlib import Path

from beffroi.systems.contract import Tables
from support import real_meters
from systems.real import Measure


def _meters(first: int, last: int) -> Callable[[Path], Tables | None]:
    def read(data: Path) -> Tables | None:
        folder = data / "systems" / "building-energy"
        return real_meters.tables(*real_meters.series(folder)[first:last]) if folder.is_dir() else None

    return read


MEASURES = (
    Measure("Compteurs d’exemple OpenDSM, Illinois", _meters(0, 2)),
    Measure("Compteurs d’exemple OpenDSM, Royaume-Uni", _meters(2, 4)),
    Measure("Compteur d’exemple nmecr", _meters(4, 5)),
)
