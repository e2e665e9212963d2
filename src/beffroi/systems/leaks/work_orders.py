"""Work orders, street by street: where a fitter goes, in what order, for which pipes. Without streets, the pipe stands for itself.

In come likely pipes with their weights; out go `Stop`s, the likeliest first.
"""

from dataclasses import dataclass

import numpy as np

from beffroi.systems.contract import Item
from beffroi.systems.kit.arrays import Rows, Vector
from beffroi.systems.kit.words import fr, listed, plural, share
from beffroi.systems.leaks.network import Network

MAX_STOPS = 12
_LEAST_CHANCE = 0.01


@dataclass(frozen=True)
class Stop:
    """`chance`: share of one that the leak is there; `metres` of the pipes listed."""

    street: str
    pipes: tuple[str, ...]
    metres: float
    chance: float

    def as_item(self) -> Item:
        walked = f"{plural(len(self.pipes), 'conduite', 'conduites')} ({listed(self.pipes, 3)}), {fr(self.metres, 0)} m"
        return Item(self.street, self.street, (walked, f"{share(self.chance, 0)} de chances"))


def plan_stops(network: Network, pipes: Rows, weights: Vector, most: int = MAX_STOPS) -> list[Stop]:
    by_street: dict[str, list[int]] = {}
    for place, pipe in enumerate(pipes.tolist()):
        name = network.streets[pipe] or f"Conduite {network.pipes.names[pipe]}"
        by_street.setdefault(name, []).append(place)
    stops = [
        Stop(
            street,
            tuple(network.pipes.names[int(pipes[place])] for place in places),
            float(network.pipes.length[pipes[places]].sum()),
            float(np.asarray(weights)[places].sum()),
        )
        for street, places in by_street.items()
    ]
    ranked = sorted(stops, key=lambda stop: -stop.chance)[:most]
    return ranked[:1] + [stop for stop in ranked[1:] if stop.chance >= _LEAST_CHANCE]
