"""Benchmark of the pupil assignment with its proof, against OR-Tools' flow alone and a linear programme in HiGHS.

In: how many pupils and schools (all invented), and a seed. Out: Markdown on standard output. The three must agree.
`python -m benchmarks.school_map`.
"""

import argparse
import time
from collections.abc import Callable
from datetime import date

import highspy
import numpy as np
from ortools.graph.python import min_cost_flow

from beffroi.systems.kit.plans.flow import assign


def town(pupils: int, schools: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Walks in decimetres (pupils, schools) in a square of ten kilometres, and seats for 1.05 times the pupils."""
    chance = np.random.default_rng(seed)
    homes, sites = chance.random((pupils, 2)) * 10_000, chance.random((schools, 2)) * 10_000
    walks = np.linalg.norm(homes[:, None] - sites[None], axis=2)
    seats = np.ceil(chance.dirichlet(np.full(schools, 20.0)) * pupils * 1.05).astype(np.int64)
    return np.rint(10 * walks).astype(np.int64), seats


def bare(cost: np.ndarray, seats: np.ndarray, nearest: int) -> int:
    """OR-Tools alone, on each pupil's nearest schools: an optimum of these pairs only."""
    pupils, schools = cost.shape
    near = np.argpartition(cost, nearest - 1, axis=1)[:, :nearest]
    row, school = np.repeat(np.arange(pupils), nearest), near.ravel()
    flow = min_cost_flow.SimpleMinCostFlow()
    ones = np.ones(len(row), dtype=np.int64)
    flow.add_arcs_with_capacity_and_unit_cost(row, pupils + school, ones, cost[row, school])
    every, sink = pupils + np.arange(schools), pupils + schools
    flow.add_arcs_with_capacity_and_unit_cost(every, np.full(schools, sink), seats, 0 * seats)
    flow.set_nodes_supplies(np.arange(pupils), np.ones(pupils, dtype=np.int64))
    flow.set_nodes_supplies(np.array([sink]), np.array([-pupils]))
    flow.solve()
    return int(flow.optimal_cost())


def linear(cost: np.ndarray, seats: np.ndarray, nearest: int) -> int:
    """The same pairs as a linear programme, HiGHS with one thread."""
    pupils, schools = cost.shape
    near = np.argpartition(cost, nearest - 1, axis=1)[:, :nearest]
    row, school = np.repeat(np.arange(pupils), nearest), near.ravel()
    count = len(row)
    highs = highspy.Highs()
    for name, value in (("output_flag", False), ("threads", 1)):
        highs.setOptionValue(name, value)
    lower = np.concatenate([np.ones(pupils), np.full(schools, -highspy.kHighsInf)])
    upper = np.concatenate([np.ones(pupils), seats.astype(float)])
    none = np.array([], dtype=np.int32)
    highs.addRows(len(lower), lower, upper, 0, np.zeros(len(lower), dtype=np.int32), none, none.astype(float))
    starts = 2 * np.arange(count, dtype=np.int32)
    rows = np.stack([row, pupils + school], axis=1).ravel().astype(np.int32)
    price = cost[row, school].astype(float)
    highs.addCols(count, price, np.zeros(count), np.ones(count), 2 * count, starts, rows, np.ones(2 * count))
    highs.run()
    return round(highs.getInfo().objective_function_value)


def measured(ask: Callable[[], int]) -> tuple[int, float, float]:
    clock, cpu = time.monotonic(), time.process_time()
    return ask(), time.monotonic() - clock, time.process_time() - cpu


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.school_map")
    parser.add_argument("--pupils", type=int, default=50_000)
    parser.add_argument("--schools", type=int, default=60)
    parser.add_argument("--nearest", type=int, default=15)
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--without-linear", action="store_true")
    args = parser.parse_args()
    print(f"Mesuré le {date.today():%d/%m/%Y} par `python -m benchmarks.school_map`.\n")
    print("| graine | méthode | durée (s) | CPU (s) | marche moyenne (m) | prouvé sur toutes les paires |")
    print("|---:|---|---:|---:|---:|---|")
    for seed in args.seeds:
        cost, seats = town(args.pupils, args.schools, seed)
        ones = np.ones(args.pupils, dtype=np.int64)
        proven: list[bool] = []

        def platform(cost=cost, seats=seats, ones=ones, proven=proven) -> int:  # type: ignore[no-untyped-def]
            found = assign(cost, ones, seats, args.nearest)
            if found is None:
                raise RuntimeError("too few seats")
            proven.append(found.proven)
            return found.total

        ways = {
            "carte scolaire": platform,
            "OR-Tools seul": lambda cost=cost, seats=seats: bare(cost, seats, args.nearest),
        }
        if not args.without_linear:
            ways["HiGHS, programme linéaire"] = lambda cost=cost, seats=seats: linear(
                cost, seats, args.nearest
            )
        for name, ask in ways.items():
            total, clock, cpu = measured(ask)
            proven_text = ("oui" if proven[-1] else "non") if name == "carte scolaire" else ""
            print(
                f"| {seed} | {name} | {clock:.2f} | {cpu:.2f} | {total / 10 / args.pupils:.1f} | {proven_text} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
