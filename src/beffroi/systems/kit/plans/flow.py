"""Assignment of people one by one: the minimum-cost flow, and its proof of optimality.

In come whole prices (people or blocks × sites), how many sit at each row and the seats; out goes an `Assignment`. The
flow is OR-Tools' (cost-scaling push-relabel, Goldberg 1997) over each row's nearest sites. The proof is
independent of it: prices of seats over *every* pair (duality, Ford and Fulkerson 1962). Where it finds a better pair that was
left out, the search is widened.
"""

from dataclasses import dataclass

import numpy as np
from ortools.graph.python import max_flow, min_cost_flow

from beffroi.systems.kit.arrays import Mask, Rows

_NEAREST = 15


@dataclass(frozen=True)
class Assignment:
    """`row`, `site`, `count`: who sits where; `total`: the price paid; `bound`: the proven minimum; `prices`: of a seat."""

    row: Rows
    site: Rows
    count: Rows
    total: int
    bound: int
    prices: Rows
    nearest: int

    @property
    def proven(self) -> bool:
        return self.total == self.bound


def assign(cost: Rows, supply: Rows, capacity: Rows, nearest: int = _NEAREST) -> Assignment | None:
    """The optimum, proven. `cost`: (P, S) whole prices; `supply`: (P,); `capacity`: (S,). None: not enough seats."""
    if int(supply.sum()) > int(capacity.sum()):
        return None
    sites = cost.shape[1]
    width = min(nearest, sites)
    while True:
        found = _flow(cost, supply, capacity, width)
        if found is not None and (found.proven or width == sites):
            return found
        if found is None and width == sites:
            return None
        width = min(sites, 2 * width)


def _flow(cost: Rows, supply: Rows, capacity: Rows, width: int) -> Assignment | None:
    rows, sites = cost.shape
    near = np.argpartition(cost, width - 1, axis=1)[:, :width] if width < sites else None
    row = np.repeat(np.arange(rows), width)
    site = near.ravel() if near is not None else np.tile(np.arange(sites), rows)
    price = cost[row, site]
    flow = min_cost_flow.SimpleMinCostFlow()
    arcs = flow.add_arcs_with_capacity_and_unit_cost(row, rows + site, supply[row], price)
    sink = rows + sites
    flow.add_arcs_with_capacity_and_unit_cost(
        rows + np.arange(sites), np.full(sites, sink), capacity, np.zeros(sites, dtype=np.int64)
    )
    flow.set_nodes_supplies(np.arange(rows), supply)
    flow.set_nodes_supplies(np.array([sink]), np.array([-int(supply.sum())]))
    if flow.solve() != flow.OPTIMAL:
        return None
    carried = np.asarray(flow.flows(arcs), dtype=np.int64)
    used = carried > 0
    row, site, count = row[used], site[used].astype(np.int64), carried[used]
    total = int((count * price[used]).sum())
    prices = seat_prices(cost, row, site, np.bincount(site, weights=count, minlength=sites), capacity)
    bound = int((supply * (cost + prices).min(axis=1)).sum() - (capacity * prices).sum())
    return Assignment(row, site, count, total, bound, prices, width)


def seat_prices(
    cost: Rows, row: Rows, site: Rows, load: "np.ndarray[tuple[int], np.dtype[np.float64]]", capacity: Rows
) -> Rows:
    """(S,) the least prices of seats at which nobody seated would rather sit elsewhere; any prices give a valid bound."""
    sites = cost.shape[1]
    better = np.full((sites, sites), np.iinfo(np.int64).max // 4)
    order = np.argsort(site, kind="stable")
    row, site = row[order], site[order]
    present, begin = np.unique(site, return_index=True)
    more = cost[row] - cost[row, site][:, None]
    better[present] = np.minimum.reduceat(more, begin, axis=0)
    prices = np.zeros(sites, dtype=np.int64)
    for _ in range(sites + 1):
        raised = np.maximum(prices, (prices[:, None] - better).max(axis=0))
        raised[load < capacity] = 0  # a seat is free where some are left
        if (raised == prices).all():
            break
        prices = raised
    return prices


def shortest_longest(cost: Rows, supply: Rows, capacity: Rows) -> int | None:
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


def find_hall_violation(able: Mask, supply: Rows, capacity: Rows) -> Mask | None:
    """(P,) rows that outnumber all the seats they may take: the proof that not everyone sits (Hall 1935). None: all sit."""
    rows, sites = able.shape
    row, site = np.nonzero(able)
    source, sink = rows + sites, rows + sites + 1
    flow = max_flow.SimpleMaxFlow()
    flow.add_arcs_with_capacity(np.full(rows, source), np.arange(rows), supply)
    flow.add_arcs_with_capacity(row, rows + site, supply[row])
    flow.add_arcs_with_capacity(rows + np.arange(sites), np.full(sites, sink), capacity)
    if flow.solve(source, sink) != flow.OPTIMAL:
        raise RuntimeError("the flow of people to seats did not end")
    if flow.optimal_flow() == supply.sum():
        return None
    source_side = np.asarray(flow.get_source_side_min_cut())
    found = np.zeros(rows, dtype=bool)
    found[source_side[source_side < rows]] = True
    if supply[found].sum() <= capacity[able[found].any(axis=0)].sum():
        raise RuntimeError("the crowd that the flow names has seats enough")
    return found
