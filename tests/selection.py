"""Which of the collected tests run: those of the ring, of one room (`BEFFROI_TEST_ROOM`), of one part (`BEFFROI_TEST_PART=3/6`).

A test's room is the folder that it stands in, and each that a mark `room("catalogue")` names. Parts are cut between modules or
groups, never inside, and balanced by the CPU seconds of `costs.json`.
"""

import json
import os
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

import rings

HERE = Path(__file__).resolve().parent
UNKNOWN_COST = 5.0  # CPU seconds of a module that was never measured


def rooms_of(item: pytest.Item) -> set[str]:
    folder = item.path.relative_to(HERE).parts[0]
    return {folder, *(name for mark in item.iter_markers("room") for name in mark.args)}


def _unit(item: pytest.Item) -> str:
    """What is not cut: the tests of a group of xdist, or of a module."""
    group = item.get_closest_marker("xdist_group")
    return str(group.args[0] if group and group.args else item.path.relative_to(HERE.parent))


def part_of(items: list[pytest.Item], asked: str) -> set[str]:
    """The units of one part, « 3/6 » being the third of six: the costliest first, each to the part that has least."""
    number, _, count = asked.partition("/")
    if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise pytest.UsageError(f"BEFFROI_TEST_PART is « 3/6 », not {asked!r}")
    measured: dict[str, float] = json.loads((HERE / "costs.json").read_text("utf-8"))
    modules: dict[str, set[str]] = defaultdict(set)
    for item in items:
        modules[_unit(item)].add(item.path.relative_to(HERE.parent).as_posix())
    costs = {unit: sum(measured.get(m, UNKNOWN_COST) for m in names) for unit, names in modules.items()}
    parts: list[tuple[float, set[str]]] = [(0.0, set()) for _ in range(int(count))]
    for unit in sorted(costs, key=lambda unit: (-costs[unit], unit)):
        n = min(range(len(parts)), key=lambda n: parts[n][0])
        spent, units = parts[n]
        parts[n] = spent + costs[unit], units | {unit}
    return parts[int(number) - 1][1]


@pytest.hookimpl(trylast=True)  # when groups are known
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    keep: list[Callable[[pytest.Item], bool]] = []
    if not rings.LONG:
        keep.append(lambda item: item.get_closest_marker("long") is None)
    if room := os.environ.get("BEFFROI_TEST_ROOM"):
        keep.append(lambda item: room in rooms_of(item))
    if asked := os.environ.get("BEFFROI_TEST_PART"):
        units = part_of(items, asked)
        keep.append(lambda item: _unit(item) in units)
    kept = [item for item in items if all(is_kept(item) for is_kept in keep)]
    if len(kept) < len(items):
        left_out = set(map(id, items)) - set(map(id, kept))
        config.hook.pytest_deselected(items=[item for item in items if id(item) in left_out])
        items[:] = kept
