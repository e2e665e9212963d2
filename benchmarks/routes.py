"""Benchmark of routes on public instances with published best-known values: how far, in how long, beside the nearest stop next.

In: a folder of CVRPLIB files (`X-n101-k25.vrp` and `.sol`), by argument or BEFFROI_ROUTES; without it, what could not be had is said.
Out: Markdown on standard output. `python -m benchmarks.routes FOLDER`; OR-Tools' routing beside, for as long, with `--peer`.
"""

import argparse
import math
import os
import resource
import time
from datetime import date
from pathlib import Path
from statistics import median

import numpy as np

from beffroi.systems.kit.plans import route_bound, route_checker, routes

SOURCE = "https://github.com/PyVRP/Instances (dossier CVRP ; jeu X d'Uchoa et autres, 2017)"


def read(path: Path) -> tuple[routes.RouteProblem, int]:
    """The problem, distances rounded to whole numbers as its authors do, and the best-known length."""
    import vrplib

    message = vrplib.read_instance(path, compute_edge_weights=False)
    best = round(vrplib.read_solution(path.with_suffix(".sol"))["cost"])
    points = np.asarray(message["node_coord"], dtype=np.float64)
    metres = np.floor(np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1)) + 0.5)
    stops = tuple(routes.Stop(place, float(message["demand"][place])) for place in range(1, len(points)))
    trucks = (routes.Vehicle(float(message["capacity"]), 0, 0),) * len(stops)
    return routes.RouteProblem(metres, np.zeros_like(metres), stops, trucks), best


def peer(problem: routes.RouteProblem, seconds: float) -> float:
    """The length that OR-Tools' routing (guided local search) finds within so many seconds; NaN where it finds none."""
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    manager = pywrapcp.RoutingIndexManager(len(problem.metres), len(problem.vehicles), 0)
    model = pywrapcp.RoutingModel(manager)
    loads = [0, *(int(stop.load) for stop in problem.stops)]
    model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitMatrix(problem.metres.astype(int).tolist()))
    capacity = int(problem.vehicles[0].capacity)
    model.AddDimension(model.RegisterUnaryTransitVector(loads), 0, capacity, True, "load")
    asked = pywrapcp.DefaultRoutingSearchParameters()
    asked.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    asked.time_limit.FromMilliseconds(round(1000 * seconds))
    found = model.SolveWithParameters(asked)
    return float(found.ObjectiveValue()) if found else math.nan


def measured(path: Path, seconds: float, with_peer: bool) -> tuple[str, float, float]:
    """The line of one instance, its gap in % and the gap of the nearest stop next."""
    problem, best = read(path)
    iterations, count = routes.iterations_within(seconds, len(problem.stops)), len(problem.stops)
    wall, cpu = time.monotonic(), time.process_time()
    plan = routes.solve(problem, 0, iterations)
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    if faults := route_checker.faults(problem, plan):
        raise RuntimeError(f"{path.stem}: {faults[0]}")
    gap = 100 * (route_checker.metres(problem, plan) / best - 1)
    near = 100 * (route_checker.metres(problem, routes.greedy(problem)) / best - 1)
    under = 100 * (1 - route_bound.lower_bound(problem, tuple(range(count))) / best)
    other = f"{100 * (peer(problem, cpu) / best - 1):.2f}" if with_peer else "—"
    line = f"| {path.stem} | {count} | {best} | {gap:.2f} | {near:.1f} | {other} | {under:.1f} | {iterations} | {cpu:.1f} | {wall:.0f} |"
    return line, gap, near


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.routes")
    parser.add_argument("folder", nargs="?", default=os.environ.get("BEFFROI_ROUTES", ""))
    parser.add_argument(
        "--count", type=int, default=12, help="instances, evenly spaced among those of the folder"
    )
    parser.add_argument("--most", type=int, default=600, help="stops at most")
    parser.add_argument("--seconds", type=float, default=routes.LONGEST_S)
    parser.add_argument("--peer", action="store_true")
    args = parser.parse_args()
    files = sorted(Path(args.folder).glob("X-n*.vrp")) if args.folder else []
    files = [file for file in files if int(file.stem.split("-")[1][1:]) - 1 <= args.most]
    if not files:
        print(f"Tournées : non mesurées ici. Donnez le dossier des instances (BEFFROI_ROUTES) : {SOURCE}.")
        return
    chosen = [
        files[rank] for rank in np.unique(np.linspace(0, len(files) - 1, args.count).round().astype(int))
    ]
    missing = [file.stem for file in chosen if not file.with_suffix(".sol").exists()]
    print(f"Mesuré le {date.today():%d/%m/%Y} par `python -m benchmarks.routes`. Écarts en % de la meilleure")
    print(f"valeur connue : {SOURCE}. Un seul fil.\n")
    print(
        "| instance | arrêts | meilleure connue | écart | plus proche d'abord | OR-Tools | borne, en dessous | itérations | CPU (s) | durée (s) |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    found = []
    for file in (file for file in chosen if file.stem not in missing):
        line, *gaps = measured(file, args.seconds, args.peer)
        found.append(gaps)
        print(line, flush=True)
    for rank, name in enumerate(("écart", "plus proche d'abord")):
        values = [gaps[rank] for gaps in found]
        print(f"\n{name} : médiane {median(values):.2f} %, pire {max(values):.2f} %", end="")
    print(f" ; mémoire {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} Mo.")
    if missing:
        print(f"Sans valeur publiée ici : {', '.join(missing)}.")


if __name__ == "__main__":
    main()
