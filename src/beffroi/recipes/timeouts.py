"""A clock beside a query: once the time is over, the connection is interrupted until whoever asked is done.

In: a connection, a number of seconds, the event that says afterwards whether the time was over.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb


@contextmanager
def interrupt_after(
    connection: duckdb.DuckDBPyConnection, seconds: float, timed_out: threading.Event
) -> Iterator[None]:
    """Once the time is over, say so and interrupt the connection until the end: a recipe may run several queries."""
    done = threading.Event()

    def watch() -> None:
        if not done.wait(seconds):
            timed_out.set()
            while not done.wait(0.05):
                connection.interrupt()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
