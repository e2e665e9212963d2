"""GeoJSON shapes of pipes, in longitude and latitude, where the network's coordinates allow it.

In comes WNTR's model; out go texts, or empty ones; several pipes may be joined into one shape. Two kinds of coordinates are recognised: degrees, and
Lambert-93 (RGF93, the French legal projection).
"""

import json
from collections.abc import Iterable, Iterator
from itertools import batched
from typing import Any

import numpy as np

from beffroi.systems.kit.ground import from_lambert93, line_text
from beffroi.systems.leaks.network import Network

_JOINED = 500  # pipes in one shape: a longer text is not drawn


def joined_shapes(texts: Iterable[str]) -> Iterator[str]:
    """The pipes whose shape is known, as MultiLineStrings of some hundreds."""
    for some in batched(filter(None, texts), _JOINED):
        lines = [json.loads(text)["coordinates"] for text in some]
        yield json.dumps({"type": "MultiLineString", "coordinates": lines}, separators=(",", ":"))


def pipe_shapes(network: Network) -> tuple[tuple[str, ...], str]:
    """One text a pipe (empty where unknown), and a French note (empty where the map is complete)."""
    model = network.model
    points = [tuple(node.coordinates) for _, node in model.nodes()]
    kind = _kind([point for point in points if point != (0.0, 0.0)])
    if not kind:
        note = (
            "Les coordonnées du réseau ne sont ni des degrés ni du Lambert-93 : la carte reste vide. "
            "Exportez le réseau en Lambert-93 pour voir les conduites sur la carte."
        )
        return ("",) * len(network.pipes.names), note
    texts = []
    for name in network.pipes.names:
        pipe = model.get_link(name)
        line = [pipe.start_node.coordinates, *pipe.vertices, pipe.end_node.coordinates]
        points = line if kind == "degrees" else [from_lambert93(*point) for point in line]
        texts.append(line_text(np.array(points, dtype=float)))
    return tuple(texts), ""


def _kind(points: list[Any]) -> str:
    if len(points) < 2:
        return ""
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    if (
        max(map(abs, xs)) <= 180
        and max(map(abs, ys)) <= 90
        and max(xs) - min(xs) < 3
        and max(ys) - min(ys) < 3
    ):
        return "degrees"
    if min(xs) > 0 and max(xs) < 1_400_000 and min(ys) > 6_000_000 and max(ys) < 7_300_000:
        return "lambert93"
    return ""
