"""Query timeout: once the time is over, the connection is interrupted until the caller is done.

In: a connection, a number of seconds, an event that is set when the time is over.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb


@contextmanager
def interrupt_after(
    connection: duckdb.DuckDBPyConnection, seconds: float, timed_out: threading.Event
) -> Iterator[None]:
    """Interrupt the connection once the time is over, repeatedly until the end: a recipe may run several queries."""
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
