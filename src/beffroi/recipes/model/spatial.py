"""Spatial steps: rows joined by location: in an area, nearest, around, share of an area.

Each reads a second source. Rows are never multiplied; one without location or match stays, with empty columns.
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from beffroi.recipes.model.base import MAX_NAME_LENGTH, FrozenModel, Name
from beffroi.recipes.model.rows import Order

MAX_DISTANCE = 300_000
"""Metres: beyond, two locations may be in two projections, and no match is searched."""

System = Literal[
    4326, 2154, 3942, 3943, 3944, 3945, 3946, 3947, 3948, 3949, 3950, 2972, 2975, 4471, 5490, 4467
]
"""EPSG codes: longitude and latitude, Lambert-93, CC42 to CC50, the systems overseas."""


class Coordinates(FrozenModel):
    """Location of a row: a column of shapes (`geometry`, GeoJSON as stored in the lake), or two columns of numbers.

    `x` is the longitude or X, `y` the latitude or Y, in the `system` of this EPSG code. Shapes of the lake are always in
    longitude and latitude.
    """

    geometry: Name | None = None
    x: Name | None = None
    y: Name | None = None
    system: System = 4326

    @model_validator(mode="after")
    def _require_one_location(self) -> Self:
        if (self.x is None) != (self.y is None) or (self.x is None) == (self.geometry is None):
            raise ValueError("Un lieu se dit par une colonne de formes, ou par deux colonnes de nombres.")
        if self.x is not None and self.x == self.y:
            raise ValueError("La longitude et la latitude sont deux colonnes différentes.")
        if self.geometry is not None and self.system != 4326:
            raise ValueError("Une colonne de formes est toujours en longitude et latitude.")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(name for name in (self.geometry, self.x, self.y) if name is not None)


class Located(FrozenModel):
    """Base of the spatial steps: location of the rows of this table (`coordinates`), and of those of the source (`other`)."""

    source: Name
    coordinates: Coordinates
    other: Coordinates


class Within(Located):
    """Bring `columns` of the area of another source that contains each row.

    A row on the border of an area is in it. Of several areas that contain it, the first in the order of `first` (then
    of the columns brought) is taken. A row that is not a point counts by a point inside it.
    """

    step: Literal["within"] = "within"
    columns: tuple[Name, ...] = Field(min_length=1)
    first: tuple[Order, ...] = ()

    @model_validator(mode="after")
    def _areas_have_shapes(self) -> Self:
        if self.other.geometry is None:
            raise ValueError("Les zones se disent par une colonne de formes, pas par deux nombres.")
        return self


class Nearest(Located):
    """Bring `columns` of the nearest row of another source, and in `name` its distance in metres.

    The distance is that of the straight line, on the ellipsoid; 0 inside a shape. Nothing is looked for beyond
    `farthest` metres. Of several at the same distance, the first in the order of the columns brought is taken.
    """

    step: Literal["nearest"] = "nearest"
    columns: tuple[Name, ...] = ()
    name: Name = "distance_m"
    farthest: float = Field(default=MAX_DISTANCE, gt=0, le=MAX_DISTANCE)


class Summed(FrozenModel):
    """A column of the other source whose values are added, and the name of their sum."""

    column: Name
    name: Name


class Around(Located):
    """Count in `name` the rows of another source at `metres` or less of each row, and add up some of their columns.

    Distances are those of "nearest". A row of the same dataset counts itself. Nothing around is 0; a row that cannot be
    located has no count.
    """

    step: Literal["around"] = "around"
    metres: float = Field(gt=0, le=100_000)
    name: Name = "nombre"
    sums: tuple[Summed, ...] = Field(default=(), max_length=20)

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [self.name, *(one.name for one in self.sums)]
        if len(set(names)) < len(names):
            raise ValueError("Deux colonnes comptées autour portent le même nom.")
        return self


class AreaShare(Located):
    """Add the share in percent of each area of this table that the areas of another source cover (`name`), and the
    square metres in common (`area`; None: not asked).

    Areas are those of the ellipsoid. What two areas of the source cover both counts once. A row without an area has no
    share.
    """

    step: Literal["area_share"] = "area_share"
    name: Name = Field(default="part_couverte", max_length=MAX_NAME_LENGTH)
    area: Name | None = "surface_commune_m2"

    @model_validator(mode="after")
    def _both_have_shapes(self) -> Self:
        if self.other.geometry is None or self.coordinates.geometry is None:
            raise ValueError("Une part de surface se calcule entre deux colonnes de formes.")
        if self.name == self.area:
            raise ValueError("La part et la surface portent le même nom.")
        return self
