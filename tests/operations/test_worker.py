"""An idle worker looks at its queue when the database has changed, not at each turn."""

import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django.db import connection

from beffroi.web.operations.worker import INTERVAL, QUIET, DatabaseChanges, worker_of_this_process
from beffroi.web.platform.jobs.queue import take_turn
from blank import blank
from commands import environment
from servers import free_port

pytestmark = pytest.mark.django_db(transaction=True)

WORK = """
import logging
import sys
from pathlib import Path
from beffroi.cli.common import setup_django
from beffroi.home import Home
setup_django(Home(Path(sys.argv[1])))
from beffroi.web.operations.worker import run_until_spent
logging.getLogger("beffroi.access").info("a line")
print("ready", flush=True)
run_until_spent()
"""


@pytest.fixture
def changes():
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite counts its changes")
    changes = DatabaseChanges()
    changes.mark()
    yield changes
    changes.close()


def _wait(changes: DatabaseChanges, seconds: float) -> float:
    began = time.monotonic()
    changes.wait(seconds)
    return time.monotonic() - began


def _write() -> None:
    with sqlite3.connect(connection.settings_dict["NAME"], timeout=30) as other:
        other.execute(f"PRAGMA user_version = {time.time_ns() % 1_000_000 + 1}")
    other.close()


def test_nothing_new_is_waited_for_to_the_end(changes):
    with sqlite3.connect(connection.settings_dict["NAME"]) as other:
        other.execute("SELECT count(*) FROM tenancy_host").fetchone()
    other.close()
    assert _wait(changes, 3 * INTERVAL) >= 3 * INTERVAL


def test_what_another_process_commits_ends_the_wait(changes):
    threading.Timer(INTERVAL, _write).start()
    assert _wait(changes, 60) < 30


def test_what_was_committed_while_the_queue_was_read_is_not_waited_for(changes):
    _write()
    assert _wait(changes, 60) < 30


def test_a_worker_is_spent_once_it_has_worked_and_then_been_quiet():
    worker = worker_of_this_process()
    worker.run()
    assert worker.last_task is None and not worker.is_spent  # it has nothing to give back
    take_turn.enqueue()
    worker.run()
    assert worker.last_task is not None and not worker.is_spent
    worker.last_task -= QUIET + 1
    assert worker.is_spent


def test_told_twice_to_stop_a_worker_still_counts_the_lines_that_the_syslog_did_not_take(tmp_path: Path):
    home = blank(tmp_path / "home", demo=True)
    # A process of its own: what is tried is how an interpreter ends.
    process = subprocess.Popen(
        [sys.executable, "-c", WORK, str(home.path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(BEFFROI_SYSLOG=f"tls://localhost:{free_port()}"),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    time.sleep(1)  # it waits for the syslog
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in told and "SystemExit" not in told, told
    assert "1 lines of the journal of access were not sent" in told, told
