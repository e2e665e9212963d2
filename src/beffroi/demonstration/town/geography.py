"""The invented communes and their shapes, on a plane of their own in the open Atlantic (20° W, 47° N).

In: a seed. Out: communes with codes that cannot be real, centres, and contours that share their borders.
An INSEE code never begins by 99 (foreign countries bear 99 followed by three digits) with a letter; the SIREN fail
the check digit (Luhn) that every real one passes.
"""

import math
from collections.abc import Sequence
from typing import Any

from beffroi.demonstration.town.model import Commune, Town, stream

type Point = tuple[float, float]

ORIGIN = (-20.0, 47.0)
_KM_LATITUDE = 111.2
_KM_LONGITUDE = 111.2 * math.cos(math.radians(ORIGIN[1]))

# Name, population, kilometres east and north of the origin. No place of France bears any of these names (tested).
_COMMUNES = (
    ("Valbruyère", 38_412, 0.0, 0.0),
    ("Pont-sur-Ysane", 11_936, 7.5, 2.5),
    ("Orvanches", 9_287, -6.5, 4.0),
    ("Brumelle", 6_451, 2.0, -8.0),
    ("Corvelle-sur-Ysane", 4_803, 14.5, 5.5),
    ("Lancherolles", 3_644, -5.0, -7.5),
    ("Tressigny-la-Forge", 2_918, 1.5, 10.0),
    ("Vaurimont", 2_153, -13.5, -1.0),
    ("Saint-Aubrin-le-Haut", 1_476, -9.0, 12.5),
    ("Fontrébault", 1_121, 11.5, -7.5),
    ("Marvière", 863, 9.5, 13.5),
    ("Ormelise", 638, -12.0, -12.0),
)


def communes(seed: int) -> tuple[Commune, ...]:
    chance = stream(seed, "geography")
    sites = [(x, y) for _, _, x, y in _COMMUNES]
    corners = 36
    outline = [
        _round(math.tau * corner / corners, 20.0 + float(chance.uniform(-1.2, 1.2)))
        for corner in range(corners)
    ]
    made = []
    for rank, (name, population, x, y) in enumerate(_COMMUNES, start=1):
        cell = outline
        for other in sites:
            if other != (x, y):
                cell = _nearer(cell, (x, y), other)
        longitude, latitude = degrees((x, y))
        ring = tuple(degrees(point) for point in [*cell, cell[0]])
        code = f"99F{rank:02d}"
        made.append(
            Commune(
                code, name, invented_siren(rank), population, longitude, latitude, ring, round(area(cell), 2)
            )
        )
    return tuple(made)


def contours(town: Town) -> dict[str, Any]:
    """The communes as `commune_contours` gives real ones, with the notice in place of the source."""
    features = [
        _feature(
            commune,
            {"code": commune.code, "name": commune.name, "source": town.notice, "year": town.today.year},
        )
        for commune in town.communes
    ]
    return {"type": "FeatureCollection", "features": features, "sources": [town.notice]}


def layer(town: Town) -> dict[str, Any]:
    """The file of the communes, as a geographic information system exports it."""
    features = [
        _feature(
            commune,
            {
                "code": commune.code,
                "nom": commune.name,
                "siren": commune.siren,
                "population": commune.population,
                "superficie_km2": commune.area,
            },
        )
        for commune in town.communes
    ]
    return {
        "type": "FeatureCollection",
        "name": f"Communes de la {town.name} ({town.notice})",
        "features": features,
    }


def _feature(commune: Commune, properties: dict[str, Any]) -> dict[str, Any]:
    shape = {"type": "Polygon", "coordinates": [[list(point) for point in commune.ring]]}
    return {"type": "Feature", "properties": properties, "geometry": shape}


def invented_siren(number: int) -> str:
    """Invented SIREN: nine digits, the last of which is not the check digit of a real one."""
    start = f"000000{number:02d}"
    right = next(digit for digit in range(10) if passes_luhn(f"{start}{digit}"))
    return f"{start}{(right + 5) % 10}"


def passes_luhn(digits: str) -> bool:
    """The check of SIREN, SIRET and cards: ISO/IEC 7812-1, annex B."""
    doubled = [int(digit) * (2 if rank % 2 else 1) for rank, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def degrees(point: Point) -> Point:
    """Kilometres east and north of the origin → longitude and latitude."""
    return (
        round(ORIGIN[0] + point[0] / _KM_LONGITUDE, 5),
        round(ORIGIN[1] + point[1] / _KM_LATITUDE, 5),
    )


def area(ring: Sequence[Point]) -> float:
    """Area of an open ring, in the square of its unit (shoelace)."""
    pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2


def _round(angle: float, radius: float) -> Point:
    return (radius * math.cos(angle), radius * math.sin(angle))


def _nearer(cell: list[Point], site: Point, other: Point) -> list[Point]:
    """The part of the cell that is nearer to its site than to the other one (Sutherland–Hodgman)."""
    middle = ((site[0] + other[0]) / 2, (site[1] + other[1]) / 2)
    normal = (site[0] - other[0], site[1] - other[1])

    def side(point: Point) -> float:
        return (point[0] - middle[0]) * normal[0] + (point[1] - middle[1]) * normal[1]

    spaced: list[Point] = []
    for point, following in zip(cell, [*cell[1:], cell[0]], strict=True):
        here, there = side(point), side(following)
        if here >= 0:
            spaced.append(point)
        if (here >= 0) != (there >= 0):
            share = here / (here - there)
            spaced.append(
                (point[0] + share * (following[0] - point[0]), point[1] + share * (following[1] - point[1]))
            )
    return spaced
