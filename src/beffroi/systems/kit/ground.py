"""Points and lines of a town: GeoJSON to and from metres, distances by road or on foot.

In come texts of GeoJSON in longitude and latitude (WGS 84) or pairs of Lambert-93; out go arrays in degrees or metres. The plane
is equirectangular: under 0.5 % off within 50 km of its parallel.
"""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from beffroi.systems.kit.arrays import Matrix, Vector

METRES_A_DEGREE = 111_320.0

# Lambert-93 (RGF93, the legal projection of metropolitan France), undone by the formulas of IGN's note NTG 71.
_N, _C, _XS, _YS = 0.7256077650532670, 11754255.4261, 700000.0, 12655612.0499
_E, _LAMBDA0 = 0.08181919112, math.radians(3.0)


@dataclass(frozen=True)
class Plane:
    """Metres east and north of (0, 0) degrees, true along the parallel `latitude`."""

    latitude: float

    @classmethod
    def around(cls, degrees: Matrix) -> "Plane":
        """The plane of the middle parallel of (n, 2) points in degrees; rows of NaN do not count."""
        known = degrees[np.isfinite(degrees).all(axis=1)]
        return cls(float(known[:, 1].mean()) if len(known) else 0.0)

    @property
    def scale(self) -> Vector:
        return np.array([METRES_A_DEGREE * np.cos(np.radians(self.latitude)), METRES_A_DEGREE])

    def metres(self, degrees: Matrix) -> Matrix:
        return degrees * self.scale

    def degrees(self, metres: Matrix) -> Matrix:
        return metres / self.scale

    def flat(self, shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
        """Shapes in degrees, laid in metres."""
        laid: npt.NDArray[np.object_] = shapely.transform(shapes, self.metres)
        return laid

    def back(self, shape: shapely.Geometry) -> str:
        """The text of GeoJSON of a shape in metres, to 0.1 m or so."""
        degrees = shapely.set_precision(shapely.transform(shape, self.degrees), 1e-6)
        return str(shapely.to_geojson(degrees))


def read_shapes(texts: Iterable[str | None]) -> npt.NDArray[np.object_]:
    """Shapes in degrees; None for what is no GeoJSON, is empty, or lies outside the world."""
    shapes = shapely.from_geojson(np.array([text or "" for text in texts], dtype=object), on_invalid="ignore")
    found = np.empty(len(shapes), dtype=object)
    for rank, shape in enumerate(shapes):
        if shape is None or shape.is_empty:
            continue
        west, south, east, north = shape.bounds
        if -180 <= west <= east <= 180 and -90 <= south <= north <= 90:
            found[rank] = shape if shape.is_valid else shapely.make_valid(shape)
    return found


def read_points(texts: Iterable[str | None]) -> Matrix:
    """(n, 2) longitude and latitude of each geometry, its centroid where it is no point; NaN where it cannot be read."""
    centres = shapely.centroid(read_shapes(texts))
    return np.column_stack([shapely.get_x(centres), shapely.get_y(centres)])


def point_text(degrees: Vector) -> str:
    """The GeoJSON of a point, to 0.1 m or so."""
    return json.dumps({"type": "Point", "coordinates": _rounded(degrees)})


def line_text(degrees: Matrix) -> str:
    """The GeoJSON of a line through (n, 2) points, two at least."""
    return json.dumps({"type": "LineString", "coordinates": [_rounded(point) for point in degrees]})


def distances(origins: Matrix, destinations: Matrix, detour: float = 1.0) -> Matrix:
    """(n, m) metres between points in metres: as the crow flies, times the detour of streets."""
    return detour * np.hypot(*(origins[:, None, :] - destinations[None, :, :]).transpose(2, 0, 1))


def from_lambert93(x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude, in degrees, of a point in Lambert-93."""
    dx, dy = x - _XS, _YS - y
    radius, gamma = math.hypot(dx, dy), math.atan2(dx, dy)
    isometric = -math.log(radius / _C) / _N
    latitude = 2 * math.atan(math.exp(isometric)) - math.pi / 2
    for _ in range(8):
        sine = _E * math.sin(latitude)
        latitude = 2 * math.atan(((1 + sine) / (1 - sine)) ** (_E / 2) * math.exp(isometric)) - math.pi / 2
    return math.degrees(_LAMBDA0 + gamma / _N), math.degrees(latitude)


def _rounded(degrees: Vector) -> list[float]:
    return [round(float(value), 6) for value in degrees]
