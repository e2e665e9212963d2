"""CPU and wall seconds of each test and fixture: `BEFFROI_TEST_COSTS=FOLDER pytest …`, then `python -m costs FOLDER` for the tables.

In: the folder where each worker writes its lines. Out: Markdown tables by folder, by fixture and by test, for `docs/testing.md`.
The CPU of a test is its process's and that of every process below it (served instances, browsers, commands), ended or not.
"""

import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import pytest

TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int | None = None) -> float:
    """User and system seconds of a process (this one unless named) and of all below it; what was reaped is counted once."""
    pid = pid or os.getpid()
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:  # it ended meanwhile
        return 0.0
    children: list[int] = []
    for task in tasks:
        with suppress(OSError):  # a thread that ended meanwhile does not hide the process that it was of
            children += map(int, (task / "children").read_text().split())
    return sum(map(int, fields[11:15])) / TICK + sum(map(cpu_seconds, children))


class CostRecorder:
    """Writes one line a phase of a test and a line a fixture that was set up."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        self._file: TextIO = (folder / f"{worker}.jsonl").open("a", encoding="utf-8")

    @contextmanager
    def _phase(self, item: pytest.Item, phase: str) -> Iterator[None]:
        cpu, wall = cpu_seconds(), time.monotonic()
        yield
        self._write(
            test=item.nodeid.partition("@")[0],
            phase=phase,
            cpu=round(cpu_seconds() - cpu, 3),
            wall=round(time.monotonic() - wall, 3),
        )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Iterator[None]:
        with self._phase(item, "setup"):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        with self._phase(item, "call"):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Iterator[None]:
        with self._phase(item, "teardown"):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[None]:
        cpu = cpu_seconds()
        try:
            return (yield)
        finally:
            spent = cpu_seconds() - cpu
            if spent >= 0.005:
                where = f"{fixturedef.baseid.partition('@')[0]}:{fixturedef.argname}"
                self._write(fixture=where, scope=str(fixturedef.scope), cpu=round(spent, 3))

    def _write(self, **line: Any) -> None:
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._file.flush()


def pytest_configure(config: pytest.Config) -> None:
    """Each worker records; the process that only hands tests out to workers has nothing to record."""
    folder = os.environ.get("BEFFROI_TEST_COSTS")
    if folder and (hasattr(config, "workerinput") or not config.getoption("numprocesses", default=None)):
        config.pluginmanager.register(CostRecorder(Path(folder)), "cost-recorder")


@dataclass
class Cost:
    tests: int = 0
    cpu: float = 0.0
    wall: float = 0.0


def read(folder: Path) -> tuple[dict[str, Cost], dict[str, Cost]]:
    """Costs by test and by fixture (`tests` counts how often it was set up)."""
    tests: dict[str, Cost] = defaultdict(Cost)
    fixtures: dict[str, Cost] = defaultdict(Cost)
    for path in sorted(folder.glob("*.jsonl")):
        for text in path.read_text("utf-8").splitlines():
            line = json.loads(text)
            if "test" in line:
                cost = tests[line["test"]]
                cost.tests = 1
                cost.wall += line["wall"]
            else:
                cost = fixtures[line["fixture"]]
                cost.tests += 1
            cost.cpu += line["cpu"]
    return tests, fixtures


def by_folder(tests: dict[str, Cost]) -> dict[str, Cost]:
    folders: dict[str, Cost] = defaultdict(Cost)
    for name, cost in tests.items():
        folder = folders["/".join(name.partition("::")[0].split("/")[:2])]
        folder.tests += 1
        folder.cpu += cost.cpu
        folder.wall += cost.wall
    return folders


def table(title: str, costs: dict[str, Cost], *, most: int) -> str:
    rows = sorted(costs.items(), key=lambda item: -item[1].cpu)[:most]
    lines = [f"| {title} | n | CPU s | wall s |", "|---|---:|---:|---:|"]
    lines += [f"| {name} | {cost.tests} | {cost.cpu:,.0f} | {cost.wall:,.0f} |" for name, cost in rows]
    total = Cost(*(sum(getattr(c, f) for c in costs.values()) for f in ("tests", "cpu", "wall")))
    return "\n".join([*lines, f"| **all** | {total.tests} | {total.cpu:,.0f} | {total.wall:,.0f} |"])


def main(folder: str, most: str = "40") -> None:
    tests, fixtures = read(Path(folder))
    print(table("folder", by_folder(tests), most=100), "\n")
    print(table("fixture (with what it asks for)", fixtures, most=int(most)), "\n")
    print(table("test", tests, most=int(most)))


if __name__ == "__main__":
    main(*sys.argv[1:])
