"""Connectivity cuts: constraints that any connected sector satisfies, found where a map or a relaxed solution breaks them.

In come a `Problem`, its pairs and a map or shares; out go cuts « this pair only with one of these blocks at the site ».
The blocks of a cut are a minimal separator between a block and the site's own: the fewer they are, the stronger the cut
(Carvajal et al. 2013, « Imposing connectivity constraints in forest planning models »; Fischetti et al. 2017, « Thinning
out Steiner trees »).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from beffroi.systems.kit.arrays import Mask, Matrix, Rows
from beffroi.systems.kit.plans.sectors.problem import Problem, parts

_WHOLE = 10_000  # a share of 1, in the whole numbers of the flow
_OPEN = 1_000_000
_BROKEN = 0.1  # how far a share must pass what reaches it for a cut to be worth its row


@dataclass(frozen=True)
class Cut:
    """`block` goes to `site` only with one of the blocks of `separator`."""

    block: int
    site: int
    separator: Rows


def reachable_pairs(problem: Problem) -> Mask:
    """(B, S) the pairs that a map in one piece by sector may hold: each anchor at its site, the rest in reach of it."""
    allowed = problem.allowed.copy()
    for site, block in enumerate(problem.anchor):
        if block >= 0:
            allowed[block] = False
            allowed[block, site] = problem.allowed[block, site]
    for site, block in enumerate(problem.anchor):
        if block >= 0:
            for piece in parts(np.flatnonzero(allowed[:, site]), problem.neighbours):
                if int(block) not in piece:
                    allowed[piece, site] = False
    return allowed


def cuts_of_pieces(problem: Problem, allowed: Mask, site: Rows, group: Iterable[int]) -> Iterator[Cut]:
    """The cuts that a map breaks, for the sites of the group."""
    for s in group:
        anchor = int(problem.anchor[s])
        for piece in parts(np.flatnonzero(site == s), problem.neighbours):
            if anchor < 0 or anchor in piece:
                continue
            around = np.unique(np.concatenate([problem.neighbours[block] for block in piece]))
            around = around[~np.isin(around, piece) & allowed[around, s]]
            separator = _seen(problem, allowed[:, s], around, anchor)
            yield from (Cut(block, int(s), separator) for block in piece)


def _seen(problem: Problem, allowed: Mask, around: Rows, anchor: int) -> Rows:
    """Those of the blocks around a piece that the anchor reaches without passing another of them."""
    walls = set(around.tolist())
    if anchor in walls:
        return np.array([anchor], dtype=np.int64)
    seen, ahead, met = {anchor}, [anchor], set()
    while ahead:
        for other in problem.neighbours[ahead.pop()].tolist():
            if other in walls:
                met.add(other)
            elif other not in seen and allowed[other]:
                seen.add(other)
                ahead.append(other)
    return np.array(sorted(met), dtype=np.int64)


def cuts_of_shares(problem: Problem, allowed: Mask, share: Matrix) -> Iterator[Cut]:
    """The cuts that shares (B, S) break: a block has a larger share of a site than its minimum separator allows."""
    for s in np.flatnonzero(problem.anchor >= 0):
        anchor, nodes = int(problem.anchor[s]), np.flatnonzero(allowed[:, s])
        candidates = [
            place
            for place, block in enumerate(nodes)
            if share[block, s] > _BROKEN and block != anchor and anchor not in problem.neighbours[block]
        ]
        if not candidates:
            continue
        graph = _graph(problem, nodes, anchor, share[:, s])
        source = 2 * int(np.searchsorted(nodes, anchor)) + 1
        for place in candidates:
            flow = maximum_flow(graph, source, 2 * place)
            if flow.flow_value >= (share[nodes[place], s] - _BROKEN) * _WHOLE:
                continue
            left = sparse.csr_array((graph - flow.flow) > 0).astype(np.int8)
            inside = np.zeros(2 * len(nodes), dtype=bool)
            inside[breadth_first_order(left, source, return_predecessors=False)] = True
            separator = nodes[inside[0::2] & ~inside[1::2]]
            yield Cut(int(nodes[place]), int(s), separator[separator != nodes[place]])


def _graph(problem: Problem, nodes: Rows, anchor: int, share: Matrix) -> "sparse.csr_array[np.int32]":
    """Flow graph: each block as an entry and an exit of capacity its share; from every exit to the adjacent entries."""
    place = np.full(problem.blocks, -1)
    place[nodes] = np.arange(len(nodes))
    through = np.where(nodes == anchor, _OPEN, np.rint(share[nodes] * _WHOLE))
    adjacent = [place[problem.neighbours[block]] for block in nodes]
    adjacent = [positions[positions >= 0] for positions in adjacent]
    start = np.repeat(np.arange(len(nodes)), [len(positions) for positions in adjacent])
    entry = 2 * np.arange(len(nodes))
    row = np.concatenate([entry, 2 * start + 1])
    column = np.concatenate([entry + 1, 2 * np.concatenate([*adjacent, np.array([], dtype=np.int64)])])
    size = np.concatenate([through, np.full(len(start), _OPEN)]).astype(np.int32)
    return sparse.csr_array((size, (row, column)), (2 * len(nodes), 2 * len(nodes)))
