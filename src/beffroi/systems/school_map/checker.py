"""Independent checker of a map of sectors; it shares no code with the optimiser.

In come a map and the plain facts; out go the faults in French, none where the map is valid. The objective is computed
again from its definition by `price`.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import lil_array
from scipy.sparse.csgraph import connected_components


def faults(
    school: npt.NDArray[np.int64],
    pupils: npt.NDArray[np.float64],
    seats: npt.NDArray[np.float64],
    neighbours: Sequence[npt.NDArray[np.int64]],
    lock: npt.NDArray[np.int64],
    anchor: npt.NDArray[np.int64],
) -> tuple[str, ...]:
    """Each block once and at a school that exists; seats; one piece with the school's own block; what is locked."""
    found: list[str] = []
    if school.shape != pupils.shape or not np.issubdtype(school.dtype, np.integer):
        return ("chaque îlot doit avoir une école et une seule",)
    if ((school < 0) | (school >= len(seats))).any():
        return ("un îlot est rattaché à une école inconnue",)
    graph = lil_array((len(school), len(school)))
    for block, adjacent in enumerate(neighbours):
        graph[block, list(adjacent)] = 1
    graph = graph.tocsr()
    for place, room in enumerate(seats):
        blocks = [block for block in range(len(school)) if school[block] == place]
        taken = sum(float(pupils[block]) for block in blocks)
        if taken > room + 1e-6:
            found.append(f"l’école {place} reçoit {taken:.0f} élèves pour {room:.0f} places")
        if blocks and connected_components(graph[blocks][:, blocks], directed=False)[0] > 1:
            found.append(f"le secteur de l’école {place} est en plusieurs morceaux")
        if anchor[place] >= 0 and int(anchor[place]) not in blocks:
            found.append(f"l’école {place} n’a pas l’îlot où elle se trouve")
    for block, wanted in enumerate(lock):
        if wanted >= 0 and school[block] != wanted:
            found.append(f"l’îlot {block} n’est pas rattaché à l’école déjà arrêtée")
    return tuple(found)


def price(
    school: npt.NDArray[np.int64],
    cost: npt.NDArray[np.float64],
    social: npt.NDArray[np.float64],
    mix: float,
) -> float:
    """The objective from its definition: the price of each pair, and of each school's absolute social deviation."""
    paid = sum(float(cost[block, place]) for block, place in enumerate(school))
    for place in range(cost.shape[1]):
        paid += mix * abs(sum(float(social[block]) for block in range(len(school)) if school[block] == place))
    return paid


def longest(
    school: npt.NDArray[np.int64],
    pupils: npt.NDArray[np.float64],
    home_block: npt.NDArray[np.int64],
    home_distance: npt.NDArray[np.float64],
) -> float:
    """Metres of the longest walk of a map, home by home where the block has pupils."""
    return max(
        (
            float(home_distance[home, school[block]])
            for home, block in enumerate(home_block)
            if pupils[block] > 0
        ),
        default=0.0,
    )
