"""What the invented town is made of: communes, schools, the files written for it.

In: nothing. Out: frozen shapes, the notice that every page and export must carry, and seeded streams of chance.
Every part of the town draws from its own stream, so that a new part never changes the others.
"""

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from beffroi.lake.reference import Place

NOTICE = "Ville fictive — données simulées"
NAME = "Communauté d'agglomération de Valbruyère"
SLUG = "valbruyere"
KIND = "CA"


@dataclass(frozen=True)
class Commune:
    """An invented commune. Longitude and latitude lie in the open Atlantic, where no commune is."""

    code: str
    name: str
    siren: str
    population: int
    longitude: float
    latitude: float
    ring: tuple[tuple[float, float], ...]  # its contour, closed, in degrees
    area: float  # km²


@dataclass(frozen=True)
class School:
    """School and its canteen: `kind` is M (maternelle) or E (élémentaire, or both); `site` its canteen's name."""

    code: str
    name: str
    site: str
    kind: str
    commune: Commune
    roll: int  # pupils in the first year known
    longitude: float
    latitude: float


@dataclass(frozen=True)
class WrittenFile:
    """A file of the town: `rows` of data (neither title, header nor total) and the faults put into it, in French."""

    path: Path  # relative to the town's folder
    rows: int
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Town:
    """The invented intercommunalité, as of `today`; its counts stop at `last_day`, the end of a school week."""

    name: str
    slug: str
    kind: str
    code: str
    population: int
    communes: tuple[Commune, ...]
    schools: tuple[School, ...]
    seed: int
    today: date
    last_day: date
    files: tuple[WrittenFile, ...] = ()
    notice: str = NOTICE

    @property
    def place(self) -> Place:
        """The town in the shape of a real place; its codes cannot be real."""
        members = tuple(commune.code for commune in self.communes)
        return Place(self.code, self.name, self.kind, self.population, self.code, None, None, members)

    @property
    def centres(self) -> dict[str, tuple[float, float]]:
        """Longitude and latitude of each commune, as `commune_centres` gives them for real ones."""
        return {commune.code: (commune.longitude, commune.latitude) for commune in self.communes}


def stream(seed: int, *names: object) -> np.random.Generator:
    """Chance of its own for what is named, the same on every machine for a seed."""
    text = "/".join(str(name) for name in (seed, *names))
    return np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))
