"""The proof that the suite still bites: each planted fault is applied to a copy of the tree, and its room's tests must fail.

`make prove-suite`, or `make prove-suite ROOM=ledger`. The quick ring runs once without fault, to know which tests execute the
lines that the faults change; each fault is then given to those, cheapest first, then to all of its room. What survives is
given to the long ring. Out: a table, printed and written to `test-results/prove-suite.md`; an error when less than nine faults
in ten are caught by the quick ring, when one is caught by none, or when a patch no longer applies.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

import costs
import executed

from .planted import HERE, ROOT, PlantedFault, UnreadableFault, all_faults

PROCESSES = 2  # at once, each with a tree of its own
FIRST = 200  # tests that execute a fault's lines are tried before the whole room
SECONDS = 1200  # a run of the tests of a fault that lasts longer hangs: the fault is caught
RECORDING = 3600  # the whole quick ring, on a machine that does other things
AIM = 0.9
# What set-up made and git does not know.
BUILT = (
    "src/beffroi/web/ui/static/ui/dist",
    "src/beffroi/lake/reference/data",
    "src/beffroi/systems/data",
    "src/beffroi/web/tenancy/signin/data",
)
LINKED = ("frontend/node_modules", "tests/oidc/node_modules", ".venv")
REPORT = ROOT / "test-results/prove-suite.md"


@dataclass(frozen=True)
class Verdict:
    """`ring` is « quick », « long » or nothing; `by` the first test that failed."""

    fault: PlantedFault
    ring: str = ""
    by: str = ""
    seconds: float = 0.0


def copy_tree(target: Path) -> Path:
    """The files that git knows or would know, and what set-up built."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\0"
    ):
        if name and (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    for name in BUILT:
        shutil.copytree(ROOT / name, target / name)
    for name in LINKED:
        if (ROOT / name).exists():
            (target / name).symlink_to(ROOT / name)
    return target


def pytest(
    tree: Path, arguments: Iterable[str], environment: Mapping[str, str], seconds: float = SECONDS
) -> subprocess.CompletedProcess[str] | None:
    """One run of the tests of a tree; nothing where it lasts too long."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("BEFFROI_TEST_")}
    path = os.pathsep.join([str(tree / "src"), str(tree / "tests")])
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider", *arguments]
    process = subprocess.Popen(
        command, cwd=tree, env=kept | {"PYTHONPATH": path} | dict(environment), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.communicate()
        return None
    return subprocess.CompletedProcess(command, process.returncode, output)


def record(tree: Path, lines: set[str], room: str, marked: str = "") -> dict[str, list[str]]:
    """The tests (those `marked`, if said) that execute each line, the cheapest first.

    Raises SystemExit where the suite fails by itself.
    """
    written, watched, spent = tree / "executed", tree / "watched", tree / "costs"
    watched.write_text("\n".join(sorted(lines)), "utf-8")
    environment = {
        "BEFFROI_TEST_EXECUTED": str(written),
        "BEFFROI_TEST_WATCHED": str(watched),
        "BEFFROI_TEST_COSTS": str(spent),
        "BEFFROI_TEST_ROOM": room,
    }
    run = ["-p", "executed", "-n", str(PROCESSES), "--dist", "loadgroup", "-m", marked, "tests"]
    done = pytest(tree, run, environment, RECORDING)
    if done is None or done.returncode:
        raise SystemExit(
            f"the suite fails without any fault:\n{_failures(done.stdout) if done else 'it hangs'}"
        )
    price, _ = costs.read(spent)
    by_line: dict[str, set[str]] = defaultdict(set)
    for test, line in executed.read(written) if written.exists() else ():
        if test:
            by_line[line].add(costs.without_group(test))
    return {line: sorted(tests, key=lambda t: price[t].cpu) for line, tests in by_line.items()}


def _failures(output: str) -> str:
    """The tests that failed and why, in what pytest wrote; its end where it names none."""
    named = [line for line in output.splitlines() if re.match(r"(FAILED|ERROR|E  ) ", line)]
    return "\n".join(named)[-4000:] or output[-4000:]


def try_fault(
    tree: Path,
    fault: PlantedFault,
    tests: list[str],
    rings: Sequence[str] = ("quick", "long"),
    *,
    other_rooms: bool = False,
) -> Verdict:
    """The first of the rings that catches a fault, in a tree that is given back as it was.

    `tests` execute its lines; those of other rooms than its own count if `other_rooms`.
    """
    began = time.monotonic()
    fault.apply(tree)
    try:
        by = ring = ""
        first = ("quick", tests[:FIRST], "" if other_rooms else fault.room)
        for ring, arguments, room in [first, *((ring, ["tests"], fault.room) for ring in rings)]:
            if ring in rings and arguments and (by := _caught(tree, room, ring, arguments)):
                break
    finally:
        fault.apply(tree, undo=True)
    # The quick ring was seen to pass without a fault, the long one was not.
    if "::" in by and ring == "long" and (without := _caught(tree, fault.room, ring, [by])):
        raise SystemExit(f"the suite fails without any fault: {without}")
    return Verdict(fault, ring if by else "", by, time.monotonic() - began)


def _caught(tree: Path, room: str, ring: str, arguments: list[str]) -> str:
    """The first test that fails, or what else stopped the run; nothing where all pass."""
    chosen = tree / "chosen"
    chosen.write_text("\n".join(arguments), "utf-8")
    environment = {"BEFFROI_TEST_ROOM": room, "BEFFROI_TEST_RING": ring}
    done = pytest(tree, ["-x", f"@{chosen}"], environment)
    if done is None:
        return f"hangs for {SECONDS} s"
    if done.returncode in (0, 5):
        return ""
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, flags=re.MULTILINE)
    return found[1] if found else f"pytest ends with {done.returncode}: {done.stdout[-200:]!r}"


def prove(faults: list[PlantedFault], room: str) -> list[Verdict]:
    with tempfile.TemporaryDirectory(prefix="beffroi-faults-") as folder:
        trees: SimpleQueue[Path] = SimpleQueue()
        for n in range(PROCESSES):
            trees.put(copy_tree(Path(folder) / str(n)))
        first = trees.get()
        for fault in faults:  # before anything long
            fault.apply(first)
            fault.apply(first, undo=True)
        tests = record(first, {line for one in faults for line in one.lines}, room)
        trees.put(first)
        say = threading.Lock()

        def judge(fault: PlantedFault) -> Verdict:
            tree = trees.get()
            try:
                chosen = [test for line in sorted(fault.lines) for test in tests.get(line, [])]
                verdict = try_fault(tree, fault, list(dict.fromkeys(chosen)))
            finally:
                trees.put(tree)
            with say:
                print(row(verdict), flush=True)
            return verdict

        with ThreadPoolExecutor(PROCESSES) as pool:
            return list(pool.map(judge, faults))


def row(one: Verdict) -> str:
    return (
        f"| {one.fault.name} | {one.fault.room} | {one.ring or '**none**'} | {one.by} | {one.seconds:.0f} |"
    )


def table(verdicts: list[Verdict]) -> str:
    head = ["| fault | room | caught by the ring | by the test | s |", "|---|---|---|---|---:|"]
    quick = sum(one.ring == "quick" for one in verdicts)
    both = quick + sum(one.ring == "long" for one in verdicts)
    said = f"Quick ring {quick} of {len(verdicts)}, both rings {both} of {len(verdicts)}."
    return "\n".join([*head, *map(row, verdicts), "", said])


def main() -> int:
    room = os.environ.get("BEFFROI_TEST_ROOM", "")
    try:
        faults = all_faults(room)
        if not faults:
            raise SystemExit(f"no fault is planted in {room or HERE}")
        verdicts = prove(faults, room)
    except UnreadableFault as error:
        raise SystemExit(str(error)) from None
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(table(verdicts) + "\n", "utf-8")
    print(table(verdicts).rpartition("\n\n")[2])
    quick = sum(one.ring == "quick" for one in verdicts)
    return 0 if quick >= AIM * len(verdicts) and all(one.ring for one in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
