"""Break-even size of another engine: the query of `questions` on DuckDB, Sail and Spark, at several sizes.

In: how many rows, how many rounds. Out: Markdown on standard output. The extract is written once and counted apart: CPU
seconds are those of this process and of the engine's own. Spark is measured when BEFFROI_SPARK_HOME says where it is.
`python -m benchmarks.clusters`.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from beffroi.lake.extracts import temporary_extract
from beffroi.recipes.compile import compile
from beffroi.recipes.engines.connect import Server, connect, read_folder
from beffroi.recipes.lake_session import open_lakes
from beffroi.recipes.model import Recipe
from beffroi.text import format_number
from recipes.engines import spark

from .questions import prepare
from .work import RECIPE, grant

SIZES = (1_000_000, 10_000_000, 30_000_000)


@dataclass(frozen=True)
class Cost:
    cpu: float
    clock: float


def processor(server: int | None = None) -> float:
    """CPU seconds so far: of this process, and of the process of this number and all that it started."""
    own = time.process_time()
    return own if server is None else own + sum(_spent(pid) for pid in _family(server))


def _spent(pid: int) -> float:
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def _family(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += _family(int(child))
    return found


def measured(ask: Callable[[], Any], rounds: int, server: int | None = None) -> Cost:
    """The median of these rounds, after one that counts for nothing."""
    ask()
    costs = []
    for _ in range(rounds):
        before, since = processor(server), time.monotonic()
        ask()
        costs.append(Cost(processor(server) - before, time.monotonic() - since))
    return Cost(median(one.cpu for one in costs), median(one.clock for one in costs))


@contextmanager
def engines(folder: Path) -> Iterator[dict[str, tuple[Any, int | None]]]:
    """A session on each engine that is there, and the process to measure besides this one."""
    with ExitStack() as stack:
        found = {"Sail": (stack.enter_context(connect(Server("sail"))), None)}
        if os.environ.get("BEFFROI_SPARK_HOME"):
            (folder / "spark").mkdir()
            address = stack.enter_context(spark.cluster(folder / "spark"))
            session = stack.enter_context(connect(Server("spark", address)))
            found["Spark, deux exécuteurs"] = (session, _child())
        yield found


def _child() -> int:
    """Spark, the one process that this one started."""
    (number,) = {int(n) for t in Path("/proc/self/task").glob("*/children") for n in t.read_text().split()}
    return number


def at(rows: int, rounds: int) -> None:
    recipe = Recipe.model_validate(RECIPE)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        prepare(folder, rows)
        grants = {name: grant(folder, name) for name in recipe.sources}
        opened = open_lakes([str(folder / "lasting")], "4GB")
        here = {name: opened.read(one) for name, one in grants.items()}
        wanted = compile(recipe, here).to_pyarrow().to_pylist()
        line(rows, "DuckDB, dans le lac", measured(lambda: compile(recipe, here).to_pyarrow(), rounds))
        opened.connection.close()
        with ExitStack() as stack:
            before, since = processor(), time.monotonic()
            made = {
                name: stack.enter_context(temporary_extract(one, within=folder))
                for name, one in grants.items()
            }
            line(rows, "l'extrait, écrit une fois", Cost(processor() - before, time.monotonic() - since))
            size = sum(file.stat().st_size for one in made.values() for file in one.files)
            for name, (backend, server) in stack.enter_context(engines(folder)).items():
                there = {alias: read_folder(backend, one.folder, alias) for alias, one in made.items()}
                ask = lambda there=there: compile(recipe, there).to_pyarrow()  # noqa: E731
                if ask().to_pylist() != wanted:
                    raise RuntimeError(f"{name} gives another result")
                line(rows, name, measured(ask, rounds, server))
            print(f"| {_number(rows)} | (taille de l'extrait : {size / 1e6:.0f} Mo) | | |")


def line(rows: int, what: str, cost: Cost) -> None:
    print(f"| {_number(rows)} | {what} | {cost.cpu:.2f} | {cost.clock:.2f} |", flush=True)


def _number(rows: int) -> str:
    return format_number(rows, ",", " ")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clusters")
    parser.add_argument("--rows", type=int, nargs="*", default=SIZES)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    print(
        f"Mesuré le {date.today():%d/%m/%Y} par `python -m benchmarks.clusters`, médianes de {args.rounds} tours.\n"
    )
    print("| lignes | moteur | CPU (s) | durée (s) |\n|---:|---|---:|---:|")
    for rows in args.rows:
        at(rows, args.rounds)


if __name__ == "__main__":
    main()
