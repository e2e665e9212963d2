"""Benchmark of the kit's matching: `python -m benchmarks.matching`.

Out: Markdown: processor time of 50,000 candidates and 300 places, blocking pairs counted by the checker, and on how many drawn markets
the allocation is that of `HospitalResident` of the library `matching` (1.4.3, the last release, of October 2023, which is why nothing
depends on it). It is found here, or in the folder `--peer FOLDER` filled by `pip install --no-deps --target FOLDER matching`.
"""

import argparse
import importlib
import sys
import time
import warnings
from typing import Any

import numpy as np

from beffroi.systems.kit.plans.matching import NONE, Market, deferred_acceptance
from beffroi.systems.kit.plans.stability import verify

CANDIDATES, PLACES = 50_000, 300


def draw_market(
    rng: np.random.Generator, candidates: int, places: int, wishes: int, *, voted: bool, seats: float = 0.9
) -> Market:
    """Popular places are wished for by more. `voted`: few points, the same everywhere but for siblings; else any, place by place."""
    liking = rng.gumbel(size=(candidates, places)) + rng.normal(0, 1, places)
    chosen = np.argsort(-liking, axis=1)[:, :wishes]
    if voted:
        scores = np.repeat(rng.integers(0, 21, (candidates, 1)) * 5.0, wishes, axis=1)
        scores[rng.random(candidates) < 0.15, 0] += 20
    else:
        scores = rng.random((candidates, wishes))
    capacities = rng.multinomial(round(seats * candidates), np.full(places, 1 / places))
    return Market(chosen, scores, rng.permutation(candidates), capacities)


def peer_matching(library: Any, market: Market) -> list[int]:
    """The allocation that `matching` gives, resident-optimal."""
    residents = {number: [int(place) for place in wishes] for number, wishes in enumerate(market.wishes)}
    wanting: dict[int, list[int]] = {}
    for number, wishes in residents.items():
        for place in wishes:
            wanting.setdefault(place, []).append(number)

    def priority(place: int, number: int) -> tuple[float, int]:
        points = market.points[number, residents[number].index(place)]
        return -float(points), int(market.order[number])

    hospitals = {place: sorted(who, key=lambda number: priority(place, number)) for place, who in wanting.items()}  # fmt: skip
    capacities = {place: int(market.capacities[place]) for place in hospitals}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        game = library.HospitalResident.create_from_dictionaries(residents, hospitals, capacities)
        solved = game.solve(optimal="resident")
    assigned = [NONE] * len(residents)
    for hospital, placed in solved.items():
        for resident in placed:
            assigned[resident.name] = hospital.name
    return assigned


def compare(library: Any, markets: int) -> tuple[int, float, float]:
    """How many allocations are the same, and the processor seconds of each side."""
    rng, same, own_s, peer_s = np.random.default_rng(0), 0, 0.0, 0.0
    for number in range(markets):
        market = draw_market(
            rng, 200, 12, 1 + number % 12, voted=number % 2 == 0, seats=0.5 + number % 7 / 10
        )
        begin = time.process_time()
        own = deferred_acceptance(market).tolist()
        own_s, begin = own_s + time.process_time() - begin, time.process_time()
        peer = peer_matching(library, market)
        peer_s += time.process_time() - begin
        same += own == peer
    return same, own_s, peer_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", default="", help="a folder that holds the library `matching`")
    parser.add_argument("--markets", type=int, default=100)
    chosen = parser.parse_args()
    print("| candidates × places | wishes each | points | CPU s | blocking pairs |\n|---|---:|---|---:|---:|")
    for wishes, voted in ((5, True), (PLACES, True), (5, False), (PLACES, False)):
        market = draw_market(np.random.default_rng(0), CANDIDATES, PLACES, wishes, voted=voted)
        begin = time.process_time()
        assigned = deferred_acceptance(market)
        spent = time.process_time() - begin
        kind = "voted" if voted else "drawn, place by place"
        blocking = verify(market, assigned).blocking
        print(f"| {CANDIDATES} × {PLACES} | {wishes} | {kind} | {spent:.2f} | {blocking} |", flush=True)
    if chosen.peer:
        sys.path.append(chosen.peer)
    try:
        library = importlib.import_module("matching.games")
    except ImportError:
        print("\nNot compared with the library `matching`: it is not installed here (`--peer FOLDER`).")
        return
    same, own, peer = compare(library, chosen.markets)
    print(f"\nSame allocation as `matching` on {same} of {chosen.markets} drawn markets ({own:.2f} CPU s; `matching`: {peer:.2f}).")  # fmt: skip


if __name__ == "__main__":
    main()
