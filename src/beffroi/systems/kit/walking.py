"""Walking distances: along the streets where they are known, else as the crow flies times a detour.

In come homes and sites in metres, and streets; out go distances in metres, and burdens: the distance plus what a
dangerous stretch weighs. Shortest paths are SciPy's (Dijkstra 1959), one from each site.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from beffroi.systems.kit.arrays import Matrix, Rows, Vector
from beffroi.systems.kit.words import plural

_JOINED_M = 1.0  # ends of lines as near as this are one crossing
_FAR_FROM_STREETS_M = 500.0


@dataclass(frozen=True)
class Streets:
    """Segments: `shapes` in metres; `length` in metres; `danger`: 0 safe, 1 as if the stretch were twice as long…"""

    shapes: npt.NDArray[np.object_]
    length: Vector
    danger: Vector


@dataclass(frozen=True)
class Walks:
    """`distance`, `burden`: (homes, sites) metres. `detour`: that of the streets, or the one assumed."""

    distance: Matrix
    burden: Matrix
    detour: float
    estimated: int  # homes whose distance is as the crow flies times the detour
    notes: tuple[str, ...]


def walk(points: Matrix, sites: Matrix, streets: Streets | None, detour: float, danger: float) -> Walks:
    """Distances of (P, 2) homes to (S, 2) sites."""
    crow = np.linalg.norm(points[:, None, :] - sites[None, :, :], axis=2)
    if streets is None or not len(streets.length):
        return Walks(crow * detour, crow * detour, detour, len(points), ())
    nodes, ends = _crossings(streets)
    main = _largest(ends, len(nodes))
    connected = np.flatnonzero(main)
    tree = cKDTree(nodes[connected])
    home_off, home = tree.query(points)
    site_off, site = tree.query(sites)
    sources = connected[site]
    real = _from(sources, ends, streets.length, len(nodes))[:, connected[home]].T
    heavy = streets.length * (1 + danger * streets.danger)
    weighed = _from(sources, ends, heavy, len(nodes))[:, connected[home]].T
    off = home_off[:, None] + site_off[None, :]
    distance, burden = np.maximum(real + off, crow), np.maximum(weighed + off, crow)
    usable = (home_off <= _FAR_FROM_STREETS_M)[:, None] & (site_off <= _FAR_FROM_STREETS_M)[None, :]
    usable &= np.isfinite(distance)
    long = usable & (crow > 200)
    measured = float(distance[long].sum() / crow[long].sum()) if long.any() else detour
    distance = np.where(usable, distance, crow * measured)
    burden = np.where(usable, burden, crow * measured)
    notes = []
    lost = int((~main[ends]).any(axis=1).sum())
    if lost:
        notes.append(
            f"{plural(lost, 'tronçon', 'tronçons')} de rue à part du reste du réseau : les trajets n’en tiennent pas compte."
        )
    return Walks(distance, burden, measured, int((~usable).all(axis=1).sum()), tuple(notes))


def _crossings(streets: Streets) -> tuple[Matrix, Rows]:
    """(N, 2) crossings and (E, 2) the two of each segment."""
    ends = np.stack(
        [
            shapely.get_coordinates(shapely.get_point(streets.shapes, 0)),
            shapely.get_coordinates(shapely.get_point(streets.shapes, -1)),
        ],
        axis=1,
    ).reshape(-1, 2)
    near = cKDTree(ends).query_pairs(_JOINED_M, output_type="ndarray")
    joined = coo_array((np.ones(len(near)), (near[:, 0], near[:, 1])), (len(ends), len(ends)))
    count, place = connected_components(joined, directed=False)
    nodes = np.stack([np.bincount(place, ends[:, axis], count) for axis in (0, 1)], axis=1)
    return nodes / np.bincount(place, minlength=count)[:, None], place.reshape(-1, 2).astype(np.int64)


def _largest(ends: Rows, count: int) -> npt.NDArray[np.bool_]:
    graph = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), (count, count))
    _, part = connected_components(graph, directed=False)
    largest: npt.NDArray[np.bool_] = part == np.argmax(np.bincount(part))
    return largest


def _from(sources: Rows, ends: Rows, weight: Vector, count: int) -> Matrix:
    """(S, N) the shortest way from each source; of two segments between the same crossings, the shorter one."""
    low, high = ends.min(axis=1), ends.max(axis=1)
    order = np.lexsort((weight, high, low))
    first = np.ones(len(order), dtype=bool)
    first[1:] = (np.diff(low[order]) != 0) | (np.diff(high[order]) != 0)
    chosen = order[first]
    graph = coo_array((weight[chosen], (low[chosen], high[chosen])), (count, count)).tocsr()
    return np.asarray(dijkstra(graph, directed=False, indices=sources), dtype=np.float64)
