"""Query processes: a preloaded fork server forks them, and each forks a sandboxed child for the lakes of a request.

Started by `pool` only, as `python -m beffroi.recipes.worker LIMITS CONTROL_FD`. A query process receives a caller's
connection, reads the request, and passes it to the child that the kernel restricted to the lakes of that request: no query
runs in a process that could open another. A query that outlives its interruption is killed with its child.
"""

import json
import select
import signal
import socket
import sys
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import duckdb
import ibis

from beffroi.lake import catalogues, forks, landlock
from beffroi.lake.engine import connect, extension_directory
from beffroi.recipes import wire
from beffroi.recipes.engine import Engine, Limits
from beffroi.recipes.requests import parse_request
from beffroi.traces import traced

GRACE = 10.0
"""Seconds left to a query to stop by itself once interrupted."""
PATIENCE = 10.0
"""Seconds left to a client to send its request."""

type Lakes = tuple[str, ...]


@dataclass
class _SandboxedChild:
    """Child process restricted to some lakes, and our end of its channel."""

    pid: int
    channel: socket.socket

    def answer(self, connection: socket.socket, message: bytes, parent: socket.socket) -> bool:
        """Pass it a caller and wait. False when it died, or had to be abandoned because the parent went away."""
        try:
            socket.send_fds(self.channel, [b"q"], [connection.fileno()])
            wire.send(self.channel, message)
            ready, _, _ = select.select([self.channel, parent], [], [])
            return self.channel in ready and bool(self.channel.recv(1))
        except OSError:
            return False

    def end(self) -> None:
        self.channel.close()
        forks.kill(self.pid)


class QueryProcess:
    """Query process: reads requests one after the other, and has each answered by the child of its lakes."""

    def __init__(self, channel: socket.socket, limits: Limits) -> None:
        self._channel, self._limits = channel, limits
        self._children: OrderedDict[tuple[tuple[str, tuple[str, int]], ...], _SandboxedChild] = OrderedDict()

    def run(self) -> None:
        """Serve until the parent closes its end of the channel."""
        while True:
            try:
                self._channel.sendall(b".")  # free
                received, handed, _, _ = socket.recv_fds(self._channel, 1, 1)
            except OSError:
                return
            if not received:
                return
            for number in handed:
                with socket.socket(fileno=number) as connection:
                    self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(PATIENCE)
        # A client that drips its request would block this process for ever: the alarm ends it, and another is forked.
        signal.setitimer(signal.ITIMER_REAL, PATIENCE + GRACE)
        try:
            message = wire.receive(connection)
            lakes = tuple(sorted({grant.lake for grant in parse_request(message).grants_read().values()}))
        except (EOFError, OSError):
            return
        except Exception as error:
            _send_error(connection, error)
            return
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        # A lake restored in place, or moved, has another catalogue under the same name.
        key = tuple((lake, catalogues.catalogue_identity(Path(lake))) for lake in lakes)
        child = self._children.pop(key, None) or self._fork_sandboxed(lakes, connection)
        if child.answer(connection, message, self._channel):
            self._children[key] = child
        else:
            child.end()
        if len(self._children) > Engine.MAX_OPEN:
            self._children.popitem(last=False)[1].end()

    def _fork_sandboxed(self, lakes: Lakes, caller: socket.socket) -> _SandboxedChild:
        others = (child.channel for child in self._children.values())
        pid, channel = forks.fork(
            lambda channel: _answer(channel, lakes, self._limits), self._channel, caller, *others
        )
        return _SandboxedChild(pid, channel)


def _answer(channel: socket.socket, lakes: Lakes, limits: Limits) -> None:
    """Child process: sandboxed first, then one answer after the other until the query process goes away."""
    restrict_to_lakes(lakes)
    with Engine(limits) as engine:
        while True:
            received, handed, _, _ = socket.recv_fds(channel, 1, 1)
            if not received:
                return
            message = wire.receive(channel)
            with socket.socket(fileno=handed[0]) as connection:
                _answer_one(connection, message, engine)
            channel.sendall(b".")


def restrict_to_lakes(lakes: Lakes) -> bool:
    """Restrict this process to the folders of these lakes, irreversibly. False: the kernel cannot."""
    reached = [catalogues.catalogue_of(Path(lake)) for lake in lakes]
    return landlock.restrict(
        readable=[extension_directory(), *(path for one in reached for path in one.external_files())],
        writable=map(Path, lakes),
        ports=[one.port for one in reached if isinstance(one, catalogues.PostgreSQL)],
    )


def _answer_one(connection: socket.socket, message: bytes, engine: Engine) -> None:
    connection.settimeout(PATIENCE)
    # The default action of the alarm ends the process: nothing that hangs, hangs for ever.
    signal.setitimer(signal.ITIMER_REAL, PATIENCE + engine.limits.seconds + GRACE)
    try:
        try:
            found = engine.answer(parse_request(message))
        except Exception as error:
            _send_error(connection, error)
        else:
            wire.send_answer(connection, found)
    except OSError:
        # The client disconnected before its answer.
        return
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _send_error(connection: socket.socket, error: Exception) -> None:
    if not isinstance(error, wire.EXPECTED):
        print(traced(error), file=sys.stderr)  # noqa: T201 - the operator's log
    wire.send_error(connection, error)


def _import_everything() -> None:
    """Preload for every fork: the first query's imports, the extensions' code and the check of their signatures."""
    with connect(extensions=("ducklake", catalogues.SQLite.extension)) as connection:
        ibis.duckdb.from_connection(connection).sql("SELECT 1 AS n", dialect="duckdb").to_pyarrow()
    # Made by an import, with threads that no fork would have.
    duckdb.default_connection().execute("SET threads = 1")


def main() -> None:
    limits, control = Limits(**json.loads(sys.argv[1])), socket.socket(fileno=int(sys.argv[2]))
    _import_everything()
    forks.serve(control, lambda channel: QueryProcess(channel, limits).run())


if __name__ == "__main__":
    main()
