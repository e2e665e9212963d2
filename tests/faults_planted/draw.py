"""Faults drawn by a fixed seed from the lines that the suite executes: a comparison, a condition or a returned value changed.

`PYTHONPATH=tests python -m faults_planted.draw EXECUTED drawn/ --count 60`, where EXECUTED is what `tests/executed.py` recorded
of a whole run. Each room gives at least three; the others go to rooms by their number of lines.
"""

import argparse
import ast
import difflib
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import executed

from .planted import HERE, ROOT, room_of

SEED = 2024
LEAST = 3  # faults a room
SOURCE = ROOT / "src/beffroi"
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.In: "not in", ast.NotIn: "in", ast.Is: "is not", ast.IsNot: "is",
}  # fmt: skip


@dataclass(frozen=True)
class Candidate:
    """One change: the text between two offsets of a file is replaced."""

    source: str  # below src/beffroi
    line: int
    kind: str
    start: int
    end: int
    instead: str


def candidates(source: str) -> Iterator[Candidate]:
    """Each change that could be made to a file, outside annotations, assertions and what only type checkers read."""
    text = (SOURCE / source).read_text("utf-8")
    offsets = [0]
    for row in text.splitlines(keepends=True):
        offsets.append(offsets[-1] + len(row.encode()))
    raw = text.encode()

    def span(node: ast.expr) -> tuple[int, int]:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return offsets[node.lineno - 1] + node.col_offset, offsets[node.end_lineno - 1] + node.end_col_offset

    def found(kind: str, node: ast.expr, start: int, end: int, instead: str) -> Candidate:
        return Candidate(source, node.lineno, kind, start, end, instead)

    for function in ast.walk(ast.parse(text)):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for node in _own_nodes(function):
            if isinstance(node, ast.Compare) and len(node.ops) == 1:
                start, end = span(node.left)[1], span(node.comparators[0])[0]
                between = raw[start:end].decode()
                if between.strip(" \n") and "(" not in between and ")" not in between:
                    yield found("comparison", node, start, end, f" {_COMPARISONS[type(node.ops[0])]} ")
            elif isinstance(node, ast.If | ast.IfExp | ast.While):
                start, end = span(node.test)
                yield found("condition", node.test, start, end, f"not ({raw[start:end].decode()})")
            elif isinstance(node, ast.Return) and node.value is not None:
                start, end = span(node.value)
                if (instead := _other_value(node.value)) is not None:
                    yield found("return", node.value, start, end, instead)


def _own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """What a function holds, without the functions inside it: they are met by themselves."""
    for child in ast.iter_child_nodes(function):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from _own_nodes(child)


def _other_value(value: ast.expr) -> str | None:
    if isinstance(value, ast.Constant):
        if isinstance(value.value, bool):
            return str(not value.value)
        if isinstance(value.value, int | float):
            return repr(value.value + 1)
        return None if value.value is None else '""'
    if isinstance(value, ast.List | ast.ListComp):
        return "[]"
    if isinstance(value, ast.Dict | ast.DictComp):
        return "{}"
    return "None"


def draw(lines: set[str], count: int) -> list[Candidate]:
    """`count` changes of these lines, « path:line » each, and no two of one line."""
    by_room: dict[str, list[Candidate]] = defaultdict(list)
    for source in sorted({line.rpartition(":")[0] for line in lines}):
        if "/migrations/" not in source:
            for one in candidates(source):
                if f"{source}:{one.line}" in lines:
                    by_room[room_of(source)].append(one)
    chance = random.Random(SEED)
    drawn: list[Candidate] = []
    pools = {room: chance.sample(sorted(ones, key=repr), len(ones)) for room, ones in sorted(by_room.items())}
    for room in pools:
        drawn += [pools[room].pop() for _ in range(min(LEAST, len(pools[room])))]
    rest = [one for room in pools for one in pools[room]]
    drawn += chance.sample(rest, max(0, count - len(drawn)))
    return drawn


def patch(one: Candidate) -> str:
    raw = (SOURCE / one.source).read_bytes()
    changed = raw[: one.start] + one.instead.encode() + raw[one.end :]
    before, after = (text.decode().splitlines(keepends=True) for text in (raw, changed))
    name = f"src/beffroi/{one.source}"
    diff = "".join(difflib.unified_diff(before, after, f"a/{name}", f"b/{name}"))
    said = f"The {one.kind} of line {one.line} of {name} is changed."
    return f"Room: {room_of(one.source)}\nFault: {said}\n\ndiff --git a/{name} b/{name}\n{diff}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("executed", type=Path)
    parser.add_argument("folder", type=Path, nargs="?", default=HERE / "drawn")
    parser.add_argument("--count", type=int, default=60)
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    lines = {where for _, where in executed.read(asked.executed)}
    for one in draw(lines, asked.count):
        slug = one.source.removesuffix(".py").replace("/", "-")
        (asked.folder / f"{room_of(one.source)}-{slug}-{one.line}.patch").write_text(patch(one), "utf-8")


if __name__ == "__main__":
    main()
