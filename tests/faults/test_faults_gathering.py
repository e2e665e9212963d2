"""Gathering killed at random instants: never half visible, nothing acknowledged lost, nothing twice, nothing left over.

Three kills on SQLite in the quick ring; twenty, on PostgreSQL too, in the long one.
"""

import json
import os
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import forks
import postgres
import rings
from blank import with_towns
from faults.gathering import make_source, told_in
from support.served import environment, prepare, until

PROGRAM = Path(__file__).with_name("gathering.py")
KILLS = 20 if rings.LONG else 3
FILES = 10 * KILLS
pytestmark = pytest.mark.timeout(3600)  # as many starts of the house, on a machine that others share


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="beffroi-faults-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


def started(more: dict[str, str], *arguments: object) -> forks.Fork:
    return forks.start(PROGRAM.read_text("utf-8"), environment(**more), *map(str, arguments))


def ended(process: forks.Fork) -> str:
    """What it said, once it ended by itself."""
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return out


def _is_ready(process: forks.Fork) -> bool:
    """Wait for its first line, or its end."""
    until(lambda: bool(process.output()) or process.poll() is not None, 120, "the source is ready")
    return process.output() == "ready\n"


def _after(told: Path, number: int, process: forks.Fork, pace: float) -> float:
    """Wait until so many snapshots are told; the seconds that the last one took."""
    begun, held = time.monotonic(), len(told_in(told))
    while held < number:
        assert process.poll() is None and time.monotonic() < begun + 120, "the source gathers nothing"
        time.sleep(0.02)
        now = len(told_in(told))
        if now > held:
            pace, begun, held = time.monotonic() - begun, time.monotonic(), now
    return pace


@pytest.mark.parametrize("catalogue", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)])
def test_gathering_is_killed_at_random_instants(folder: Path, catalogue: str) -> None:
    more = {}
    if catalogue == "postgresql":
        try:
            cluster = postgres.cluster(durable=True)
        except postgres.NoPostgreSQL as absent:
            pytest.skip(str(absent))
        more = {
            "BEFFROI_DATABASE": cluster.url(),
            "BEFFROI_DATABASE_OWNER": cluster.url(role=postgres.OWNER),
        }
    made = folder / "home"
    instance = prepare(made, towns=1, **more) if more else with_towns(made, towns=1)
    served, home = instance.more, instance.home
    source, told = folder / "source", folder / "told"
    make_source(source, FILES)
    drawn = random.SystemRandom().randrange(1, 1 << 32) if rings.LONG else 1
    seed = int(os.environ.get("GATHERING_SEED", drawn))
    print(f"seed {seed} (GATHERING_SEED={seed} to have the same instants)")
    draw = random.Random(seed)
    reader, pace = started(served, "read", home), 1.0
    try:
        for _ in range(KILLS):
            process = started(served, "gather", home, source, told, FILES)
            if not _is_ready(process):
                pytest.fail(f"seed {seed}: {process.errors()}")
            # Some files are let through, then the axe falls anywhere in the next one, whatever this machine's pace.
            pace = _after(told, len(told_in(told)) + draw.randrange(3), process, pace)
            time.sleep(draw.uniform(0.0, 1.3 * pace))
            process.kill()
            _, errors = process.communicate(timeout=60)
            assert process.returncode == -9, f"seed {seed}: it ended by itself: {errors}"
        assert reader.poll() is None, f"seed {seed}: a reader saw a half: {reader.communicate()[1]}"
    finally:
        reader.kill()
        reader.communicate(timeout=60)
    before = told_in(told)
    # The source resumes where it was, and goes further.
    count = len(before) + (6 if rings.LONG else 2)
    ended(started(served, "gather", home, source, told, count))
    after = told_in(told)
    found = json.loads(ended(started(served, "audit", home)).splitlines()[-1])
    states = {state["act"]: state for state in found["states"]}
    assert before.items() <= after.items()
    assert after == states, f"seed {seed}"
    assert all(state["rows"] == state["total"] for state in states.values())
    assert len(states) == len(found["deliveries"]) == len(set(found["deliveries"])) == count, f"seed {seed}"
    assert (found["half"], found["open"], found["left"], found["staging"]) == (0, [], 0, []), f"seed {seed}"
    assert found["incoming"] == found["known"], f"seed {seed}"
    assert found["lines"] == {"dataset.deposit": count, "dataset.pour": count}
    assert found["verified"]
    print(
        f"{count} deliveries, {len(before)} acknowledged before the last start, {found['orphans']} left-overs removed"
    )
