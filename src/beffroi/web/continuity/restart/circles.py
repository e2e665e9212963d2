"""Circles of a graph of needs, each once in its shortest form, and where to break them.

In: a directed graph. Out: circles as tuples of nodes; edges without which no circle is left.
"""

from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import pairwise
from typing import Any

import networkx as nx

type Edge = tuple[str, str]
type Circle = tuple[str, ...]


def circles_of(graph: "nx.DiGraph[str]") -> list[Circle]:
    """For each edge that is on a circle, the shortest circle through it; each circle once.

    Every edge of every circle is in one of them, and there are no more of them than edges.
    """
    found: dict[Hashable, Circle] = {}
    for part in sorted(nx.strongly_connected_components(graph), key=min):
        for start, to in sorted(graph.subgraph(part).edges):
            circle = _shortest(graph, part, start, to)
            found.setdefault(_turned(circle), circle)
    return [_turned(circle) for circle in found.values()]


def edges_to_break(
    graph: "nx.DiGraph[str]", circles: Sequence[Circle], how_bad: Callable[[Edge], Any]
) -> list[Edge]:
    """Edges without which no circle is left: first those that break most circles, then the least bad. None of them is useless."""
    left = graph.copy()
    broken: list[Edge] = []
    while circles:
        around = [list(pairwise((*circle, circle[0]))) for circle in circles]
        while around:
            counts = Counter(edge for edges in around for edge in edges)
            edge = min(counts, key=lambda each: (-counts[each], how_bad(each), each))
            broken.append(edge)
            around = [edges for edges in around if edge not in edges]
        left.remove_edges_from(broken)
        circles = circles_of(left)
    for edge in list(broken):
        if edge[0] != edge[1] and not nx.has_path(left, edge[1], edge[0]):
            left.add_edge(*edge)
            broken.remove(edge)
    return broken


def _shortest(graph: "nx.DiGraph[str]", part: Iterable[str], start: str, to: str) -> Circle:
    """The shortest way back from `to` to `start`, which is there: both are in the same part."""
    inside = set(part)
    before: dict[str, str] = {to: to}
    waiting = deque([to])
    while start not in before:
        node = waiting.popleft()
        for each in sorted(graph.successors(node)):
            if each in inside and each not in before:
                before[each] = node
                waiting.append(each)
    way = [start]
    while way[-1] != to:
        way.append(before[way[-1]])
    return (start, *reversed(way[1:]))


def _turned(circle: Circle) -> Circle:
    """The same circle, its first node first."""
    at = circle.index(min(circle))
    return circle[at:] + circle[:at]
