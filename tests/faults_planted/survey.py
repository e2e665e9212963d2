"""How many small faults, drawn after the tests were written, the quick ring finds: a rate, not a gate.

`PYTHONPATH=tests python -m faults_planted.survey FOLDER --seed 20261202 --count 200 --recent continuity cyber guides`. Changes are
drawn by the seed, half of them in the recent rooms; the quick ring (browser apart) runs once without any, to know which tests
execute their lines; the first `count` that some test executes are planted one at a time. FOLDER keeps the patches, what was
recorded and a line a verdict: a survey that was stopped goes on. Out: the table and the rate; `--ring long` gives the survivors to
the long ring. A fault that nothing finds is a missing test, or changes nothing.
"""

import argparse
import json
import random
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from queue import SimpleQueue

from . import draw, prove
from .planted import PlantedFault, read, room_of

SPARE = 3  # changes drawn for each that is wanted: not every line is executed


def pools(seed: int, recent: Iterable[str]) -> tuple[list[draw.Candidate], list[draw.Candidate]]:
    """Every change that could be made in the recent rooms and in the others, each list in the order of the draw."""
    kept: dict[bool, list[draw.Candidate]] = {True: [], False: []}
    for path in sorted(draw.SOURCE.rglob("*.py")):
        source = path.relative_to(draw.SOURCE).as_posix()
        if "/migrations/" not in source:
            kept[room_of(source) in set(recent)] += draw.candidates(source)
    chance = random.Random(seed)
    for ones in kept.values():
        chance.shuffle(ones)
    return kept[True], kept[False]


def write_patches(folder: Path, seed: int, count: int, recent: Iterable[str]) -> None:
    """`NN-recent-…patch` and `NN-other-…patch`, in the order of the draw."""
    folder.mkdir(parents=True)
    for name, ones in zip(("recent", "other"), pools(seed, recent), strict=True):
        for rank, one in enumerate(ones[: SPARE * count // 2]):
            slug = one.source.removesuffix(".py").replace("/", "-")
            (folder / f"{name}-{rank:03}-{slug}-{one.line}.patch").write_text(draw.patch(one), "utf-8")


def executed_first(folder: Path, tests: dict[str, list[str]], count: int) -> list[PlantedFault]:
    """The first half `count` of each pool of which some test executes a line."""
    chosen: list[PlantedFault] = []
    for name in ("recent", "other"):
        faults = [read(path) for path in sorted(folder.glob(f"{name}-*.patch"))]
        chosen += [one for one in faults if any(tests.get(line) for line in one.lines)][: count // 2]
    return chosen


def survey(folder: Path, faults: list[PlantedFault], tests: dict[str, list[str]], ring: str) -> None:
    """Judge each fault that has no verdict yet, several at once, a line a verdict in `verdicts-<ring>.jsonl`."""
    verdicts = folder / f"verdicts-{ring}.jsonl"
    known = {one["name"] for one in _lines(verdicts)}
    writing = threading.Lock()
    with tempfile.TemporaryDirectory(prefix="beffroi-survey-") as place:
        trees: SimpleQueue[Path] = SimpleQueue()
        for n in range(prove.PROCESSES):
            trees.put(prove.copy_tree(Path(place) / str(n)))

        def judge(fault: PlantedFault) -> None:
            tree = trees.get()
            try:
                chosen = [test for line in sorted(fault.lines) for test in tests.get(line, [])]
                verdict = prove.try_fault(tree, fault, list(dict.fromkeys(chosen)), (ring,), other_rooms=True)
            finally:
                trees.put(tree)
            said = asdict(verdict) | {"fault": fault.says, "room": fault.room, "name": fault.path.stem}
            with writing, verdicts.open("a", encoding="utf-8") as file:
                file.write(json.dumps(said, ensure_ascii=False) + "\n")
                print(prove.row(verdict), flush=True)

        with ThreadPoolExecutor(prove.PROCESSES) as pool:
            list(pool.map(judge, [one for one in faults if one.path.stem not in known]))


def _lines(file: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--recent", nargs="*", default=[])
    parser.add_argument("--ring", choices=("quick", "long"), default="quick")
    asked = parser.parse_args()
    patches, recorded = asked.folder / "patches", asked.folder / "tests.json"
    if not patches.exists():
        write_patches(patches, asked.seed, asked.count, asked.recent)
    if not recorded.exists():
        lines = {line for path in patches.glob("*.patch") for line in read(path).lines}
        tree = prove.copy_tree(asked.folder / "tree")
        try:
            recorded.write_text(json.dumps(prove.record(tree, lines, "", "not browser")), "utf-8")
        finally:
            shutil.rmtree(tree)
    tests = json.loads(recorded.read_text("utf-8"))
    faults = executed_first(patches, tests, asked.count)
    if asked.ring == "long":
        survived = {one["name"] for one in _lines(asked.folder / "verdicts-quick.jsonl") if not one["ring"]}
        faults = [one for one in faults if one.path.stem in survived]
    survey(asked.folder, faults, tests, asked.ring)
    judged = _lines(asked.folder / f"verdicts-{asked.ring}.jsonl")
    found = sum(bool(one["ring"]) for one in judged)
    print(f"{asked.ring} ring: {found} of {len(judged)} found; seed {asked.seed}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
