"""Assignment of pupils one by one: the minimum-cost flow, and its proof of optimality.

In come whole prices (pupils or blocks × schools), how many sit at each row and the seats; out goes an `Assignment`. The
flow is OR-Tools' (cost-scaling push-relabel, Goldberg 1997) over each row's nearest schools. The proof is
independent of it: prices of seats over *every* pair (duality, Ford and Fulkerson 1962). Where it finds a better pair that was
left out, the search is widened.
"""

from dataclasses import dataclass

import numpy as np
from ortools.graph.python import max_flow, min_cost_flow

from beffroi.systems.school_map.problem import Ints, Mask

_NEAREST = 15


@dataclass(frozen=True)
class Assignment:
    """`row`, `school`, `count`: who sits where; `total`: the price paid; `bound`: the proven minimum; `prices`: of a seat."""

    row: Ints
    school: Ints
    count: Ints
    total: int
    bound: int
    prices: Ints
    nearest: int

    @property
    def proven(self) -> bool:
        return self.total == self.bound


def assign_pupils(cost: Ints, supply: Ints, capacity: Ints, nearest: int = _NEAREST) -> Assignment | None:
    """The optimum, proven. `cost`: (P, S) whole prices; `supply`: (P,); `capacity`: (S,). None: not enough seats."""
    if int(supply.sum()) > int(capacity.sum()):
        return None
    schools = cost.shape[1]
    width = min(nearest, schools)
    while True:
        found = _flow(cost, supply, capacity, width)
        if found is not None and (found.proven or width == schools):
            return found
        if found is None and width == schools:
            return None
        width = min(schools, 2 * width)


def _flow(cost: Ints, supply: Ints, capacity: Ints, width: int) -> Assignment | None:
    rows, schools = cost.shape
    near = np.argpartition(cost, width - 1, axis=1)[:, :width] if width < schools else None
    row = np.repeat(np.arange(rows), width)
    school = near.ravel() if near is not None else np.tile(np.arange(schools), rows)
    price = cost[row, school]
    flow = min_cost_flow.SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(row, rows + school, supply[row], price)
    sink = rows + schools
    flow.add_arcs_with_capacity_and_unit_cost(
        rows + np.arange(schools), np.full(schools, sink), capacity, np.zeros(schools, dtype=np.int64)
    )
    flow.set_nodes_supplies(np.arange(rows), supply)
    flow.set_nodes_supplies(np.array([sink]), np.array([-int(supply.sum())]))
    if flow.solve() != flow.OPTIMAL:
        return None
    carried = np.asarray(flow.flows(arcs), dtype=np.int64)
    used = carried > 0
    row, school, count = row[used], school[used].astype(np.int64), carried[used]
    total = int((count * price[used]).sum())
    prices = seat_prices(cost, row, school, np.bincount(school, weights=count, minlength=schools), capacity)
    bound = int((supply * (cost + prices).min(axis=1)).sum() - (capacity * prices).sum())
    return Assignment(row, school, count, total, bound, prices, width)


def seat_prices(
    cost: Ints, row: Ints, school: Ints, load: "np.ndarray[tuple[int], np.dtype[np.float64]]", capacity: Ints
) -> Ints:
    """(S,) the least prices of seats at which nobody seated would rather sit elsewhere; any prices give a valid bound."""
    schools = cost.shape[1]
    better = np.full((schools, schools), np.iinfo(np.int64).max // 4)
    order = np.argsort(school, kind="stable")
    row, school = row[order], school[order]
    present, begin = np.unique(school, return_index=True)
    more = cost[row] - cost[row, school][:, None]
    better[present] = np.minimum.reduceat(more, begin, axis=0)
    prices = np.zeros(schools, dtype=np.int64)
    for _ in range(schools + 1):
        raised = np.maximum(prices, (prices[:, None] - better).max(axis=0))
        raised[load < capacity] = 0  # a seat is free where some are left
        if (raised == prices).all():
            break
        prices = raised
    return prices


def shortest_longest(cost: Ints, supply: Ints, capacity: Ints) -> int | None:
    """The least `most` such that everyone sits at `most` or under, by bisection. None: not enough seats."""
    lengths = np.unique(cost)
    low, high = 0, len(lengths)
    while low < high:
        middle = (low + high) // 2
        if find_hall_violation(cost <= lengths[middle], supply, capacity) is None:
            high = middle
        else:
            low = middle + 1
    return int(lengths[low]) if low < len(lengths) else None


def find_hall_violation(able: Mask, supply: Ints, capacity: Ints) -> Mask | None:
    """(P,) rows that outnumber all the seats they may take: the proof that not everyone sits (Hall 1935). None: all sit."""
    rows, schools = able.shape
    row, school = np.nonzero(able)
    source, sink = rows + schools, rows + schools + 1
    flow = max_flow.SimpleMaxFlow()
    flow.add_arcs_with_capacity(np.full(rows, source), np.arange(rows), supply)
    flow.add_arcs_with_capacity(row, rows + school, supply[row])
    flow.add_arcs_with_capacity(rows + np.arange(schools), np.full(schools, sink), capacity)
    if flow.solve(source, sink) != flow.OPTIMAL:
        raise RuntimeError("the flow of pupils to seats did not end")
    if flow.optimal_flow() == supply.sum():
        return None
    source_side = np.asarray(flow.get_source_side_min_cut())
    found = np.zeros(rows, dtype=bool)
    found[source_side[source_side < rows]] = True
    if supply[found].sum() <= capacity[able[found].any(axis=0)].sum():
        raise RuntimeError("the crowd that the flow names has seats enough")
    return found
