"""Pool of query processes, and its client: requests never run in the web process.

`serve` runs N processes behind a Unix socket that only their user can open, and replaces one that dies; `send_request`
sends a request there and returns the released result, or raises the French error. `fair_queue` decides who is served next.
"""

import contextlib
import json
import os
import selectors
import signal
import socket
import sys
import threading
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import cast

from beffroi.lake.forks import Fork, ForkServer
from beffroi.recipes import wire
from beffroi.recipes.engine import Engine, Limits, answer
from beffroi.recipes.errors import QueryRefused, QueryTooLong
from beffroi.recipes.fair_queue import Caller, FairQueue
from beffroi.recipes.requests import Query

_QUICK_DEATH, _PAUSE, _GENTLE = 1.0, 1.0, 5.0
_BUSY, _QUIET = 0.1, 0.5  # seconds between two looks at who went away, unless something comes
PROCESSES = 3
"""Two for one territory at most, and one for the others."""


def send_request[A](socket_path: Path | None, request: Query[A], *, timeout: float = 60.0) -> A:
    """Answer of the query processes; without a socket, of this process (command line, notebook).

    Raises RecipeError, LakeError (GrantExpired among them), QueryRefused, QueryTooLong.
    """
    if socket_path is None:
        return answer(request)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        try:
            connection.connect(str(socket_path))
        except (OSError, ValueError) as error:
            raise QueryRefused(
                "Le service de calcul n'est pas démarré. Vos données sont intactes. "
                "Relancez « beffroi serve », ou prévenez votre hébergeur."
            ) from error
        try:
            wire.send(connection, wire.encode_territory(request.territory))
            with contextlib.suppress(BrokenPipeError):  # refused already: why is there to be read
                wire.send(connection, request.to_json().encode())
            return cast(A, wire.receive_answer(connection))
        except TimeoutError as error:
            raise QueryTooLong(
                f"Pas de réponse après {timeout:g} secondes : beaucoup d'analyses sont en cours. "
                "Vos données sont intactes. Recommencez dans un moment."
            ) from error
        except (EOFError, OSError) as error:
            raise QueryRefused(
                "Le calcul s'est interrompu avant sa fin. Vos données sont intactes. Recommencez ; si cela se répète, "
                "filtrez ou regroupez davantage."
            ) from error


@dataclass
class _Process:
    """Query process and the channel on which it receives its callers."""

    child: Fork
    channel: socket.socket
    started: float = field(default_factory=time.monotonic)
    ready: bool = False
    territory: str | None = None  # being served
    recent_territories: deque[str] = field(default_factory=lambda: deque(maxlen=Engine.MAX_OPEN))
    """Territories that it served last, whose lakes it likely has open: opening one costs more than a query."""

    def assign(self, territory: str) -> None:
        self.territory = territory
        if territory in self.recent_territories:
            self.recent_territories.remove(territory)
        self.recent_territories.append(territory)

    def dispatch_rank(self, territory: str) -> tuple[bool, int]:
        """Sort key, lowest first: a process that knows this territory, otherwise the one with the fewest others to evict."""
        return territory not in self.recent_territories, len(self.recent_territories)

    def close(self) -> None:
        self.channel.close()
        self.child.forget()


class QueryPool:
    """Parent of the query processes. `run` returns once `stop` was called."""

    def __init__(
        self, socket_path: Path, *, processes: int = PROCESSES, limits: Limits | None = None
    ) -> None:
        self.socket_path = Path(socket_path)
        self.processes = processes
        self.limits = limits or Limits()
        self._stopped = threading.Event()
        self._processes: list[_Process] = []
        self._queue = FairQueue(processes)
        command = [sys.executable, "-m", "beffroi.recipes.worker", json.dumps(asdict(self.limits))]
        self._forks = ForkServer(command)
        self._incoming: dict[socket.socket, Caller] = {}

    @property
    def children(self) -> list[int]:
        """Process ids of the query processes."""
        return [process.child.pid for process in self._processes]

    def stop(self) -> None:
        self._stopped.set()

    def run(self) -> None:
        """Raises QueryRefused when the socket cannot be opened or another pool answers on it."""
        listening = self._listen()
        self._selector = selectors.DefaultSelector()
        try:
            self._selector.register(listening, selectors.EVENT_READ)
            for _ in range(self.processes):
                self._start()
            while not self._stopped.is_set():
                for key, _ in self._selector.select(_BUSY if self._queue.is_waiting else _QUIET):
                    self._handle_event(key, listening)
                self._replace_dead_processes()
                self._dispatch()
                self._queue.drop_disconnected()
        finally:
            self.socket_path.unlink(missing_ok=True)
            listening.close()
            for caller in (*self._incoming.values(), *self._queue.waiting_callers()):
                caller.connection.close()
            self._end_children()
            self._selector.close()

    def _handle_event(self, key: selectors.SelectorKey, listening: socket.socket) -> None:
        if key.fileobj is listening:
            with contextlib.suppress(BlockingIOError, ConnectionError):
                connection, _ = listening.accept()
                connection.setblocking(False)
                self._incoming[connection] = Caller(connection)
                self._selector.register(connection, selectors.EVENT_READ)
        elif isinstance(key.data, _Process):
            self._handle_process(key.data)
        else:
            self._handle_caller(self._incoming[key.fileobj])  # type: ignore[index]

    def _handle_process(self, process: _Process) -> None:
        """One byte: it is free. Nothing: it ended, and `_replace_dead_processes` will see it."""
        try:
            received = process.channel.recv(1)
        except OSError:
            received = b""
        if not received:
            self._selector.unregister(process.channel)
        process.ready, process.territory = bool(received), None

    def _handle_caller(self, caller: Caller) -> None:
        """Queue a caller once its territory is known; its request is read by the process that serves it."""
        known = caller.read_territory()
        if known is None:
            return
        del self._incoming[caller.connection]
        self._selector.unregister(caller.connection)
        refused = self._queue.enqueue(caller) if known else None
        if not known:
            caller.connection.close()
        elif refused:
            caller.refuse(refused)

    def _dispatch(self) -> None:
        while ready := [process for process in self._processes if process.ready]:
            caller = self._queue.dequeue([p.territory for p in self._processes if p.territory is not None])
            if caller is None:
                return
            process = min(ready, key=lambda one: one.dispatch_rank(caller.territory))
            with caller.connection:
                try:
                    socket.send_fds(process.channel, [b"q"], [caller.connection.fileno()])
                except OSError:  # it died meanwhile: the closed connection notifies the caller
                    continue
                finally:
                    process.ready = False
            process.assign(caller.territory)

    def _replace_dead_processes(self) -> None:
        for process in list(self._processes):
            if not process.child.ended():
                continue
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(process.channel)
            process.close()
            self._processes.remove(process)
            # One that dies as soon as it starts is not started in a tight loop.
            if time.monotonic() - process.started < _QUICK_DEATH and self._stopped.wait(_PAUSE):
                return
            self._start()

    def _listen(self) -> socket.socket:
        if _is_listening(self.socket_path):
            raise QueryRefused("Le service de calcul est déjà démarré pour ce dossier.")
        self.socket_path.unlink(missing_ok=True)
        listening = socket.socket(socket.AF_UNIX)
        before = os.umask(0o177)
        try:
            listening.bind(str(self.socket_path))
        except OSError as error:
            listening.close()
            raise QueryRefused(
                f"Impossible d'ouvrir « {self.socket_path} » : le chemin est trop long, ou le dossier n'est pas accessible. "
                "Choisissez un dossier au chemin plus court."
            ) from error
        finally:
            os.umask(before)
        listening.listen(256)
        listening.setblocking(False)
        return listening

    def _start(self) -> None:
        # A process ends when its channel closes: with `run`, or with the whole parent, however it dies.
        parent_end, child_end = socket.socketpair()
        with child_end:
            child = self._forks.fork(child_end)
        process = _Process(child, parent_end)
        self._selector.register(parent_end, selectors.EVENT_READ, process)
        self._processes.append(process)

    def _end_children(self) -> None:
        for process in self._processes:
            process.child.send(signal.SIGTERM)
            process.channel.close()
        for process in self._processes:
            if not process.child.ended(_GENTLE):
                process.child.send(signal.SIGKILL)
                process.child.ended(_GENTLE)
            process.close()
        self._forks.close()


def serve(socket_path: Path, *, processes: int = PROCESSES, limits: Limits | None = None) -> None:
    """Run a pool in the main thread until SIGTERM or SIGINT."""
    pool = QueryPool(socket_path, processes=processes, limits=limits)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: pool.stop())
    pool.run()


def _is_listening(path: Path) -> bool:
    if not path.exists():
        return False
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
