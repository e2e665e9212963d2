"""An idle worker looks at its queue when the database has changed, not at each turn."""

import sqlite3
import threading
import time

import pytest
from django.db import connection

from beffroi.web.operations.worker import INTERVAL, DatabaseChanges

pytestmark = pytest.mark.django_db(transaction=True)


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
        other.execute("SELECT count(*) FROM territories_host").fetchone()
    other.close()
    assert _wait(changes, 3 * INTERVAL) >= 3 * INTERVAL


def test_what_another_process_commits_ends_the_wait(changes):
    threading.Timer(INTERVAL, _write).start()
    assert _wait(changes, 60) < 30


def test_what_was_committed_while_the_queue_was_read_is_not_waited_for(changes):
    _write()
    assert _wait(changes, 60) < 30
