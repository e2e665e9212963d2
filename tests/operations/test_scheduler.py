"""The clock of the house: what waits is never forgotten, links long expired are, and two clocks never turn at once."""

import contextlib
import time
from ast import literal_eval
from datetime import timedelta

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from beffroi.home import Home, HomeError
from beffroi.web.operations import scheduler
from beffroi.web.operations.locks import exclusive
from beffroi.web.platform import scope
from beffroi.web.platform.jobs import heartbeat
from beffroi.web.platform.models import Job
from beffroi.web.tenancy.models import EntryLink
from beffroi.web.tenancy.signin import make_link
from blank import blank
from commands import python
from places import a_person, a_territory


@pytest.mark.django_db
def test_a_turn_takes_again_what_a_dead_worker_left_and_leaves_the_living_alone():
    town = a_territory()
    for key, age in (("mort", timedelta(hours=1)), ("vivant", timedelta(seconds=1))):
        Job.objects.create(
            territory=town, key=key, kind="k", label="Travail", state="running", beat_at=timezone.now() - age
        )
    with scope.nowhere():
        scheduler.tick()
    ours = Job.objects.filter(key__in=["mort", "vivant"])  # the clock also asked for the upkeep of the day
    assert dict(ours.values_list("key", "state")) == {"mort": "waiting", "vivant": "running"}


@pytest.mark.django_db
def test_a_job_whose_place_in_the_queue_was_lost_is_found_again():
    town = a_territory()
    for key in "abc":
        Job.objects.create(territory=town, key=key, kind="k", label="Travail")
    assert DBTaskResult.objects.count() == 0
    scheduler.tick()
    scheduler.tick()
    assert DBTaskResult.objects.ready().count() == 1  # one turn is enough: each one taken offers the next


@pytest.mark.django_db
def test_a_turn_forgets_links_long_expired_and_keeps_the_others():
    person = a_person(a_territory(), "agent")
    make_link(person, "signin")
    EntryLink.objects.update(expires_at=timezone.now() - timedelta(days=8))
    make_link(person, "invite")
    with scope.nowhere():
        scheduler.tick()
    assert [link.purpose for link in EntryLink.objects.all()] == ["invite"]


def test_a_second_clock_on_the_same_home_is_refused(tmp_path):
    home = Home(tmp_path / "instance")
    home.create(demo=False)
    with exclusive(home, "scheduler", "occupée"), pytest.raises(HomeError, match="tourne déjà"):
        scheduler.run_for_ever(home)


_DUTIES = """
import os, sys
from datetime import timedelta
from pathlib import Path
from beffroi.cli.common import setup_django
from beffroi.home import Home
setup_django(Home(Path(sys.argv[1])))
from beffroi.web.operations import scheduler
from beffroi.web.platform.jobs import periodic_tasks
from beffroi.web.platform.models import Duty
periodic_tasks._planned.clear()
done = Path(sys.argv[1]) / "done"
def write(name):
    with done.open("a") as file:
        print(name, os.getpid() == here, file=file)
here = os.getpid()
periodic_tasks.register("brief", timedelta(minutes=1), lambda: write("brief"))
scheduler.tick(fork=True)
periodic_tasks.register("hourly", timedelta(hours=1), lambda: write("hourly"))
periodic_tasks.register("killed", timedelta(hours=1), lambda: os.kill(os.getpid(), 9))
periodic_tasks.register("cut", timedelta(hours=1), lambda: os.kill(os.getpid(), 9), apart=True)
periodic_tasks.register("after", timedelta(hours=1), lambda: write("after"))
for _ in range(3):
    scheduler.tick(fork=True)
print(done.read_text().split())
print({row.name: row.failures for row in Duty.objects.all()})
"""


def test_a_duty_that_is_not_of_each_minute_ends_with_its_process_and_is_put_off_if_it_was_killed(tmp_path):
    done = python(_DUTIES, blank(tmp_path / "home", demo=False).path)
    assert done.returncode == 0, done.stderr
    told, failures = done.stdout.splitlines()
    assert literal_eval(told) == ["brief", "True", "hourly", "False", "after", "False"]
    assert literal_eval(failures) == {"brief": 0, "hourly": 0, "killed": 1, "cut": 1, "after": 0}


def test_after_a_jump_of_the_clock_the_living_have_time_to_beat_before_they_are_judged(monkeypatch):
    jumps = scheduler.JumpDetector()
    assert jumps.is_steady()
    right, monotonic = time.time, time.monotonic
    monkeypatch.setattr(time, "time", lambda: right() + 86_400)
    assert not jumps.is_steady() and not jumps.is_steady()
    calm = heartbeat.STALE_AFTER.total_seconds()
    monkeypatch.setattr(time, "monotonic", lambda: monotonic() + calm)
    monkeypatch.setattr(time, "time", lambda: right() + 86_400 + calm)
    assert jumps.is_steady()
    monkeypatch.setattr(time, "time", lambda: right() + calm)  # set right again
    assert not jumps.is_steady()


@pytest.fixture
def on_postgresql(monkeypatch):
    """A connection of Django's to a real PostgreSQL, in the place of the tests' own for the clock."""
    from django.db.utils import ConnectionHandler

    import postgres
    from beffroi.web import databases

    cluster = postgres.shared()
    handler = ConnectionHandler({"default": databases.postgresql(cluster.url())})
    monkeypatch.setattr(scheduler, "connection", handler["default"])
    yield cluster
    handler.close_all()


@pytest.mark.django_db
def test_two_machines_on_one_postgresql_have_one_clock_and_the_other_takes_over(on_postgresql):
    one, other = scheduler.OnlyClock(), scheduler.OnlyClock()
    with contextlib.closing(_Released(one)), contextlib.closing(_Released(other)):
        assert one.is_leader()
        assert not other.is_leader()
        assert one.is_leader()
        # The connection of the first dies, as with a server that restarts: its lock goes with it.
        on_postgresql.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'", role="postgres"
        )
        assert other.is_leader()
        assert not one.is_leader()
        other.release()
        end = time.monotonic() + 20  # the server needs a moment to see that a client went away
        while not one.is_leader():
            assert time.monotonic() < end
            time.sleep(0.1)


class _Released:
    def __init__(self, clock: scheduler.OnlyClock) -> None:
        self.close = clock.release
