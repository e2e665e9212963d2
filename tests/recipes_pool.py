"""What the tests of the query processes share: a small lake, recipes that never end, a pool that runs beside the test."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from beffroi.lake.grants import Grant
from beffroi.lake.store import Lake
from beffroi.recipes.engine import Limits
from beffroi.recipes.model import Recipe
from beffroi.recipes.pool import QueryPool
from lake.lakes import grant, staged

ALIKE = {"step": "join", "source": "repas", "on": [{"left": "meme", "right": "meme"}], "keep": "matched"}
COUNT = {"step": "group", "measures": [{"name": "n", "operation": "count_distinct", "column": "cle"}]}
# Every row matches every row, twice: thousands of millions of them.
ENDLESS = ({**ALIKE, "columns": ["n"]}, {**ALIKE, "columns": ["n"]}, {"step": "derive", "name": "cle",
           "operation": "concatenation", "column": "n_repas", "other": "n_repas_2"}, COUNT)  # fmt: skip

# Sixteen million different texts to tell apart.
LARGE = ({**ALIKE, "columns": ["n"]}, {**ENDLESS[2], "other": "n_repas", "column": "n"}, COUNT)


def some_grants(folder: Path) -> dict[str, Grant]:
    with Lake(folder / "lasting") as lake:
        file = staged(folder / "s", {"n": list(range(4000)), "meme": ["x"] * 4000})
        version = lake.write("repas", file, delivery=1, act="a", mode="replace")
    return {"repas": grant(folder / "lasting", "repas", version, ("n", "meme"))}


def recipe(*steps: dict[str, Any]) -> Recipe:
    first = {"step": "source", "source": "repas"}
    return Recipe.model_validate({"title": "Essai", "sources": {"repas": "repas"}, "steps": [first, *steps]})


TOTAL = recipe({"step": "group", "measures": [{"name": "total", "operation": "sum", "column": "n"}]})


@contextmanager
def running(
    folder: Path, *, processes: int = 1, limits: Limits | None = None
) -> Iterator[tuple[Path, QueryPool]]:
    path = folder / "q.sock"
    pool = QueryPool(path, processes=processes, limits=limits)
    thread = threading.Thread(target=pool.run)
    thread.start()
    try:
        while not pool.children:  # started once the socket listens
            time.sleep(0.05)
        yield path, pool
    finally:
        pool.stop()
        thread.join(60)


def until(truth: Callable[[], bool]) -> None:
    """Wait for what will come, however slow the machine: the limit of a test is pytest's."""
    while not truth():
        time.sleep(0.02)


def served(pool: QueryPool) -> list[str]:
    """The territory of each process that works."""
    return [process.territory for process in pool._processes if process.territory is not None]


def queued(pool: QueryPool) -> int:
    return sum(map(len, list(pool._queue._waiting.values())))


def children(pool: QueryPool) -> list[int]:
    return pool.children
