"""Real-data measures of each system, by the titles under which their figures are published.

Those of a system are `MEASURES` of `systems/measures/<id>.py`, where there is one; `tables()` is None where the files are not here
(BEFFROI_REAL_DATA).
"""

import importlib
import importlib.util
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from beffroi.systems.contract import Tables

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


def measures_of(system: str) -> tuple[Measure, ...]:
    name = f"systems.measures.{system}"
    found: tuple[Measure, ...] = (
        importlib.import_module(name).MEASURES if importlib.util.find_spec(name) is not None else ()
    )
    return found
