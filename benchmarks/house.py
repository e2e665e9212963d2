"""Figures of the code's names and paths: `python -m benchmarks.house` prints them as Markdown, `--json` as JSON.

**Private words** are those of `tests/docs/private_words.toml`; a name counts once a scope, however often it is bound there.

**Pouring** is traced for real, in a demonstration: a small CSV of a month goes by the services of the catalogue (receive, stage,
pour) into the dataset of the month before, as proposed. A **step** is a function or a method of `web/catalogue` that runs during
`pour`, or one of another room that such a function calls directly; a local function belongs to the one around it. A **room** is a
module that holds a step. A **right asked** is a call of `rights.checks.require`, from the file received to its snapshot.

`--walks` draws the five walks of `docs/house.md` again, from runs through the pages of the same demonstration. `--home` keeps the
demonstration home, which takes two minutes to make, for another time. `--static` leaves out what has to run.
"""

import argparse
import ast
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from support.defined_names import (
    DefinedName,
    PrivateWords,
    private_words,
    python_files,
    room_of,
    shared_modules,
    with_private_words,
)

from .tracing import Call, Function
from .walk_pictures import redraw
from .walks import demonstration, poured_by_the_service, territory_path, walk_all

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = "web.catalogue"

# What the same command printed on commit b13c0b2d, before the first room was renamed, without any exception.
BEFORE: dict[str, Any] = {
    "private_words": 2403,
    "told": 204,
    "shared_modules": "92 (92)",
    "steps": 58,
    "rooms": 23,
    "rights": "5 (2)",
    "statements": 67058,
    "median": 115,
    "longest": 459,
}


@dataclass(frozen=True)
class Row:
    """One line of the table: what is counted, under which key, and the bar."""

    key: str
    label: str
    bar: str


TABLE = (
    Row("private_words", "private words in any defined name of `src`", "0"),
    Row("told", "`_told` and its kin: functions and classes named by a private word alone", "0"),
    Row("shared_modules", "modules of one name in two rooms (without a reason)", "each with its reason (0)"),
    Row("steps", "steps of pouring", "≤ 25"),
    Row("rooms", "rooms of pouring", "≤ 10"),
    Row("rights", "rights asked from the file to its snapshot (of them by `pour`)", "2"),
    Row("statements", "AST statements in `src` without migrations", "− 8 %"),
    Row("median", "median file of `src`, lines", "≤ 150"),
    Row("longest", "longest file of `src`, lines", "≤ 400"),
)
PARTS = ("src", "tests", "benchmarks")


def static_figures(root: Path = ROOT) -> dict[str, Any]:
    """What the tree shows without running."""
    words, source = private_words(), root / "src"
    files = python_files(source)
    parsed = [ast.parse(file.read_text("utf-8")) for file in files]
    lengths = [len(file.read_text("utf-8").splitlines()) for file in files]
    private = {
        part: with_private_words(words, root / part, root / part if part == "src" else root) for part in PARTS
    }
    shared = shared_modules(files, source)
    return {
        "private_words": len(private["src"]),
        "told": sum(_is_one_word(words, each) for each in private["src"]),
        "shared_modules": f"{len(shared)} ({len(shared.keys() - words.shared_modules.keys())})",
        "statements": sum(isinstance(node, ast.stmt) for tree in parsed for node in ast.walk(tree)),
        "median": round(median(lengths)),
        "longest": max(lengths),
        "private_words_by_room": {
            part: dict(Counter(room_of(each.path) for each in found).most_common())
            for part, found in private.items()
        },
        "modules_of_one_name": {
            name: {"modules": modules, "reason": words.shared_modules.get(name, "")}
            for name, modules in shared.items()
        },
    }


def _is_one_word(words: PrivateWords, defined: DefinedName) -> bool:
    return defined.kind in ("function", "class") and defined.name.strip("_").lower() in words.instead


def pouring(here: str) -> dict[str, Any]:
    """Steps, rooms and rights of a file on its way to its snapshot."""
    services = poured_by_the_service(here)
    steps = set(_steps(services[-1], None))
    checks = [sum(call.count for call in each.below() if _is_right_check(call.function)) for each in services]
    by_room: dict[str, list[str]] = {}
    for step in sorted(steps, key=lambda step: step.dotted):
        by_room.setdefault(step.module, []).append(step.name)
    return {
        "steps": len(steps),
        "rooms": len(by_room),
        "rights": f"{sum(checks)} ({checks[-1]})",
        "steps_by_room": by_room,
    }


def _steps(call: Call, caller: Function | None) -> Iterator[Function]:
    for each in call.calls.values():
        if CATALOGUE in {each.function.room, caller.room if caller else ""}:
            yield each.function
        yield from _steps(each, each.function)


def _is_right_check(function: Function) -> bool:
    return function.module.endswith(".rights.checks") and function.name == "require"


def as_markdown(found: dict[str, Any]) -> str:
    """The table, then where private words are left, then the modules of one name."""
    lines = ["| | before | now | bar |", "| --- | ---: | ---: | --- |"]
    for row in TABLE:
        now = found.get(row.key, "not run")
        if row.key == "statements" and row.key in BEFORE:
            now = f"{now} ({100 * now / BEFORE[row.key] - 100:+.1f} %)"
        lines.append(f"| {row.label} | {BEFORE.get(row.key, '–')} | {now} | {row.bar} |")
    lines += ["", "| package | names with a private word |", "| --- | ---: |"]
    for part, rooms in found["private_words_by_room"].items():
        lines.append(f"| **{part}** | **{sum(rooms.values())}** |")
        lines += [f"| `{room}` | {count} |" for room, count in rooms.items() if part == "src"]
    lines += ["", "| name | modules | why both bear it |", "| --- | --- | --- |"]
    for name, about in found["modules_of_one_name"].items():
        modules = ", ".join(f"`{module.removeprefix('beffroi.')}`" for module in about["modules"])
        lines.append(f"| `{name}` | {modules} | {about['reason'] or '**none**'} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.house")
    parser.add_argument("--json", action="store_true", help="JSON, with the steps by room")
    parser.add_argument("--static", action="store_true", help="what the tree shows without running")
    parser.add_argument("--walks", action="store_true", help="draw the walks of docs/house.md again")
    parser.add_argument(
        "--home", type=Path, help="a demonstration home of this version, made there when it is missing"
    )
    parser.add_argument("--tree", type=Path, default=ROOT, help="with --static: another checkout to count")
    params = parser.parse_args()
    if params.walks:
        with demonstration(params.home):
            redraw(walk_all())
        return
    found = static_figures(params.tree)
    if not params.static:
        with demonstration(params.home):
            found |= pouring(territory_path())
    print(json.dumps(found, ensure_ascii=False, indent=1) if params.json else as_markdown(found))


if __name__ == "__main__":
    main()
