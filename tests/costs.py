"""CPU and wall seconds of each test and fixture: `BEFFROI_TEST_COSTS=FOLDER pytest …`, then `python -m costs FOLDER`.

In: the folder where each worker writes its lines. Out: Markdown tables by folder, fixture and test, for `docs/testing.md`; with
`--write`, the seconds of each module in `costs.json`, by which parts are balanced.
The CPU of a test is its process's and that of every process below it (served instances, browsers, commands), ended or not.
"""

import argparse
import json
import os
import re
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import pytest

TICK = os.sysconf("SC_CLK_TCK")


def without_group(nodeid: str) -> str:
    """A test's name without the group that pytest-xdist writes behind it; an address in a parameter stays."""
    return re.sub(r"@[^@\[\]]*$", "", nodeid)


def _of_processes_below() -> float:
    """User and system seconds of every process started by this one or below it that has not been waited for."""
    parents: dict[int, list[int]] = defaultdict(list)
    spent: dict[int, int] = {}
    for process in os.scandir("/proc"):
        if process.name.isdecimal():
            with suppress(OSError):  # it ended meanwhile
                fields = Path(process.path, "stat").read_text().rpartition(")")[2].split()
                parents[int(fields[1])].append(int(process.name))
                spent[int(process.name)] = sum(map(int, fields[11:15]))
    ticks, waiting = 0, parents[os.getpid()]
    while waiting:
        pid = waiting.pop()
        ticks += spent[pid]
        waiting += parents[pid]
    return ticks / TICK


class CostRecorder:
    """Writes a line a test, and a line each time a fixture that several tests share is set up."""

    REFRESH = (
        0.25  # seconds: the processes below are looked at no more often, or that would be what is measured
    )

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        self._file: TextIO = (folder / f"{worker}.jsonl").open("a", encoding="utf-8")
        self._below, self._looked = 0.0, 0.0
        self._highest = 0.0
        self._last = self._cpu()

    def _cpu(self) -> float:
        """CPU seconds so far of this process and of those below it. It never goes back: one may end between two readings."""
        own, now = os.times(), time.monotonic()
        if now - self._looked > self.REFRESH:
            self._below, self._looked = _of_processes_below(), now
        self._highest = max(self._highest, sum(own[:4]) + self._below)
        return self._highest

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        began = time.monotonic()
        try:
            return (yield)
        finally:
            cpu, wall = self._cpu(), time.monotonic() - began
            spent, self._last = cpu - self._last, cpu
            self._write(test=without_group(item.nodeid), cpu=round(spent, 3), wall=round(wall, 3))

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[None]:
        if fixturedef.scope == "function":
            return (yield)
        before = self._cpu()
        try:
            return (yield)
        finally:
            where = f"{fixturedef.baseid.partition('@')[0]}:{fixturedef.argname}"
            self._write(fixture=where, cpu=round(self._cpu() - before, 3))

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


def by_module(tests: dict[str, Cost]) -> dict[str, float]:
    modules: dict[str, float] = defaultdict(float)
    for name, cost in tests.items():
        modules[name.partition("::")[0]] += cost.cpu
    return {name: round(cpu, 1) for name, cpu in sorted(modules.items())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--most", type=int, default=40, help="rows of the tables of fixtures and tests")
    parser.add_argument("--write", action="store_true", help="keep the costs of the modules in costs.json")
    asked = parser.parse_args()
    tests, fixtures = read(asked.folder)
    if asked.write:
        kept = Path(__file__).with_name("costs.json")
        known = json.loads(kept.read_text("utf-8")) | by_module(tests)
        there = {name: cpu for name, cpu in sorted(known.items()) if (kept.parent.parent / name).is_file()}
        kept.write_text(json.dumps(there, indent=0) + "\n", "utf-8")
    print(table("folder", by_folder(tests), most=100), "\n")
    print(table("fixture (with what it asks for)", fixtures, most=asked.most), "\n")
    print(table("test", tests, most=asked.most))


if __name__ == "__main__":
    main()
