"""Turns among territories, with real workers on a real home: nobody waits for a neighbour's queue, no job is done twice."""

import json
from pathlib import Path

import pytest

import forks
from beffroi.home import Home
from blank import blank
from commands import environment

PREPARE = """
import os, sys, time
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
home = Home(Path(sys.argv[1]))
setup_django(home)
from beffroi.web.platform import jobs, scope
from beffroi.web.platform.jobs import heartbeat
from beffroi.web.platform.models import Job, Territory
from beffroi.web.tenancy.services import NewTerritory, found_territory
done = home.path / "done"

def work(progress):
    # What a job does is seen from outside, line by line, even if its process is killed.
    with done.open("a") as file:
        file.write(f"begin {progress.job.key} {os.getpid()} {time.time()}\\n")
    time.sleep(progress.job.arguments.get("seconds", 0))
    if progress.job.arguments.get("dies") and progress.job.attempts == 1:
        os.kill(os.getpid(), 9)
    with done.open("a") as file:
        file.write(f"end {progress.job.key} {os.getpid()} {time.time()}\\n")
    return "/"

jobs.register("test", work)

def ask(town, key, **arguments):
    with scope.nowhere(), scope.inside(town):
        return jobs.start(town, "test", key=key, label=key, person=None, arguments=arguments)
"""
WORKER = """
jobs.serve_with(int(sys.argv[2]))
from django.core.management import call_command
call_command("db_worker", interval=0.05, startup_delay=False, verbosity=0, batch=True)
"""
TOWNS = """
towns = [found_territory(NewTerritory(code=f"99T0{n}", name=name, kind="CA", population=1000, is_fictional=True))
         for n, name in enumerate(("Aulnoy", "Fontvive", "Montfermé"))]
"""
STATES = """
import json
with scope.host():
    print(json.dumps(dict(Job.objects.values_list("key", "state"))))
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return blank(tmp_path / "instance", demo=True)


def begin(home: Home, code: str, *arguments: str) -> forks.Fork:
    return forks.start(PREPARE + code, environment(), str(home.path), *arguments, merged=True)


def do(home: Home, code: str, *arguments: str) -> str:
    process = begin(home, code, *arguments)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 0, out
    return out


def done(home: Home, word: str = "begin") -> list[list[str]]:
    lines = [line.split() for line in (home.path / "done").read_text().splitlines()]
    return [line[1:] for line in lines if line[0] == word]


@pytest.mark.requirement("R92")
def test_territories_are_served_in_rotation_however_long_a_queue_is(home: Home):
    requested = """
for n in range(20): ask(towns[0], f"a{n}")
for n in range(3): ask(towns[1], f"b{n}")
ask(towns[2], "c0")
"""
    do(home, TOWNS + requested)
    do(home, WORKER, "1")
    order = [key for key, *_ in done(home)]
    assert order[:7] == ["a0", "b0", "c0", "a1", "b1", "a2", "b2"]
    assert sorted(order) == sorted([f"a{n}" for n in range(20)] + ["b0", "b1", "b2", "c0"])


@pytest.mark.requirement("R92")
def test_one_territory_never_takes_every_worker(home: Home):
    do(home, TOWNS + 'for n in range(6): ask(towns[0], f"a{n}", seconds=0.4)')
    workers = [begin(home, WORKER, "3") for _ in range(3)]
    for worker in workers:
        out, _ = worker.communicate(timeout=120)
        assert worker.returncode == 0, out
    # What remains is for the clock, which offers turns as long as jobs wait.
    do(home, "jobs.maintain_queue()\n" + WORKER, "3")
    begun = sorted((float(at), 1) for _, _, at in done(home))
    ended = sorted((float(at), -1) for _, _, at in done(home, "end"))
    assert len(begun) == len(ended) == 6
    active = most = 0
    for _, step in sorted(begun + ended):
        active += step
        most = max(most, active)
    assert most <= 2


def test_many_workers_do_each_job_once(home: Home):
    do(home, TOWNS + 'for n in range(30): ask(towns[n % 3], f"k{n}")')
    workers = [begin(home, WORKER, "4") for _ in range(3)]
    for worker in workers:
        worker.communicate(timeout=120)
    do(home, "jobs.maintain_queue()\n" + WORKER, "4")
    assert sorted(key for key, *_ in done(home)) == sorted(f"k{n}" for n in range(30))
    assert set(json.loads(do(home, STATES)).values()) == {"done"}


def test_what_a_killed_worker_was_doing_is_done_by_the_next_at_once(home: Home):
    do(home, TOWNS + 'ask(towns[0], "mortel", dies=True)\nask(towns[1], "autre")')
    worker = begin(home, WORKER, "1")
    worker.communicate(timeout=120)
    assert worker.returncode == -9
    assert json.loads(do(home, STATES)) == {"mortel": "running", "autre": "waiting"}
    do(home, "jobs.maintain_queue()\n" + WORKER, "1")
    assert json.loads(do(home, STATES)) == {"mortel": "done", "autre": "done"}
    assert [key for key, *_ in done(home, "end")].count("mortel") == 1


def test_a_long_silent_step_stays_alive_by_its_heartbeat(home: Home):
    do(home, TOWNS + 'ask(towns[0], "long", seconds=1.5)')
    watched = """
heartbeat.BEAT = 0.2
beats = set()
import threading
def watch():
    from django.db import connection
    for _ in range(30):
        with scope.host():
            beats.update(Job.objects.values_list("beat_at", flat=True))
        time.sleep(0.05)
    connection.close()
thread = threading.Thread(target=watch)
thread.start()
"""
    out = do(home, watched + WORKER + "thread.join()\nprint(len(beats))", "1")
    assert int(out.split()[-1]) >= 5
