"""Blocks of a town on the ground: which touch which, their middles, the points of their homes.

In come shapes in metres (`kit.ground`); out go points and lists of neighbours.
"""

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Delaunay, QhullError, cKDTree

from beffroi.systems.kit.arrays import Matrix, Rows

TOUCHING_M = 10.0  # shapes as near as this are adjacent: a road is drawn between them
_POINTS = 20  # that stand for a block drawn as many points


def centres(shapes: npt.NDArray[np.object_]) -> Matrix:
    """(n, 2) the middle of each shape: its centroid, or a point of it where the centroid lies outside."""
    points = shapely.centroid(shapes)
    outside = ~shapely.dwithin(shapes, points, 1.0) & (shapely.get_dimensions(shapes) == 2)
    points[outside] = shapely.point_on_surface(shapes[outside])
    return np.asarray(shapely.get_coordinates(points), dtype=np.float64)


def home_points(shapes: npt.NDArray[np.object_]) -> tuple[Matrix, Rows]:
    """Points that stand for the homes of each block and the block of each: addresses where drawn so, else its middle."""
    centre = centres(shapes)
    points, owner = [], []
    for rank, shape in enumerate(shapes):
        if shape.geom_type == "MultiPoint":
            coordinates = shapely.get_coordinates(shape)
            coordinates = coordinates[
                np.unique(np.linspace(0, len(coordinates) - 1, _POINTS).round().astype(int))
            ]
        else:
            coordinates = centre[rank : rank + 1]
        points.append(coordinates)
        owner.append(np.full(len(coordinates), rank))
    return np.concatenate(points), np.concatenate(owner)


def neighbours(shapes: npt.NDArray[np.object_]) -> tuple[tuple[Rows, ...], list[float]]:
    """Adjacency lists, and the widths in metres of the bridges added to isolated parts.

    Areas: within 10 m of each other. Points and lines: the Gabriel graph of their middles (Gabriel and Sokal 1969), and
    lines that touch. An island is tied to the nearest block of the rest.
    """
    count = len(shapes)
    first, second = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=TOUCHING_M)
    pairs = [np.stack([first, second], axis=1)]
    if (shapely.get_dimensions(shapes) < 2).any():
        pairs.append(_gabriel(centres(shapes)))
    every = np.concatenate(pairs)
    every = np.unique(np.sort(every[every[:, 0] != every[:, 1]], axis=1), axis=0)
    every, widths = _bridged(shapes, every, count)
    both = np.concatenate([every, every[:, ::-1]])
    both = both[np.lexsort((both[:, 1], both[:, 0]))]
    cut = np.searchsorted(both[:, 0], np.arange(1, count))
    return tuple(part.astype(np.int64) for part in np.split(both[:, 1], cut)), widths


def _gabriel(points: Matrix) -> npt.NDArray[np.int64]:
    """Pairs whose circle of diameter holds no other point."""
    if len(points) < 2:
        return np.zeros((0, 2), dtype=np.int64)
    apart = points + np.random.default_rng(0).uniform(-0.05, 0.05, points.shape)  # two at one place
    try:
        corners = Delaunay(apart).simplices
        pairs = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]])
    except (QhullError, ValueError):  # fewer than three, or in a line
        order = np.lexsort((apart[:, 1], apart[:, 0]))
        pairs = np.stack([order[:-1], order[1:]], axis=1)
    pairs = np.unique(np.sort(pairs, axis=1), axis=0).astype(np.int64)
    middle = (apart[pairs[:, 0]] + apart[pairs[:, 1]]) / 2
    radius = np.linalg.norm(apart[pairs[:, 0]] - apart[pairs[:, 1]], axis=1) / 2
    nearest, _ = cKDTree(apart).query(middle)
    return pairs[nearest >= radius * (1 - 1e-9)]


def _bridged(
    shapes: npt.NDArray[np.object_], pairs: npt.NDArray[np.int64], count: int
) -> tuple[npt.NDArray[np.int64], list[float]]:
    widths: list[float] = []
    while True:
        graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), (count, count))
        number, part = connected_components(graph, directed=False)
        if number == 1:
            return pairs, widths
        sizes = np.bincount(part)
        isolated = np.flatnonzero(part == int(np.argmin(sizes)))
        rest = np.flatnonzero(part != part[isolated[0]])
        nearest, width = shapely.STRtree(shapes[rest]).query_nearest(
            shapes[isolated], all_matches=False, return_distance=True
        )
        best = int(np.argmin(width))
        bridge = np.array([[isolated[nearest[0][best]], rest[nearest[1][best]]]])
        widths.append(float(width[best]))
        pairs = np.concatenate([pairs, bridge])
