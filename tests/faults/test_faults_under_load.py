"""Kill -9 of processes in turn, while people work: nothing acknowledged is lost, nothing is done twice, service comes back.

One town, and the three that write (worker, pages, supervisor), in the quick ring; every process, in two towns and on PostgreSQL
too, in the long one.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import postgres
import rings
from blank import with_towns
from support.ordeal import VICTIMS, undergo
from support.served import prepare, until

TOWNS = 2 if rings.LONG else 1


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path: the query processes answer on a Unix socket in it."""
    made = Path(tempfile.mkdtemp(prefix="beffroi-faults-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


def started(cluster: postgres.Cluster) -> bool:
    try:
        cluster.start()
    except RuntimeError:
        return False
    return True


@pytest.mark.long
def test_on_sqlite_no_acknowledged_write_is_lost_and_each_effect_happens_once(folder: Path):
    with (folder / "log").open("w") as log:
        instance = with_towns(folder / "home", towns=TOWNS, proposals=400)
        instance.log = log
        undergo(instance, victims=rings.representatives(VICTIMS, [("beffroi-work",), ("beffroi-web",)]))


@pytest.mark.long
def test_on_postgresql_the_database_may_be_killed_too(folder: Path):
    try:
        cluster = postgres.cluster(durable=True)
    except postgres.NoPostgreSQL as absent:
        pytest.skip(str(absent))
    with (folder / "log").open("w") as log:
        more = {
            "BEFFROI_DATABASE": cluster.url(),
            "BEFFROI_DATABASE_OWNER": cluster.url(role=postgres.OWNER),
        }
        instance = prepare(folder / "home", towns=TOWNS, proposals=400, **more)
        instance.log = log

        def kill_the_database() -> None:
            os.kill(cluster.postmaster, signal.SIGKILL)
            # Its orphans still hold its memory for a moment: a service manager tries again too.
            until(lambda: started(cluster), 60, "PostgreSQL starts again")

        undergo(instance, more=[("postgresql", kill_the_database)])
