"""Processes that begin with Beffroi imported: a server imports it once, then forks one process a command or script.

In: `start(["beffroi", …] or code, environment)`. Out: a `Fork`, which is waited for, killed and read as a `Popen` is. Each has
its own environment, home, settings and database connections, as a process typed in a terminal; only imports are shared.
"""

import atexit
import contextlib
import gc
import importlib
import io
import json
import os
import selectors
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import IO, Any, Never

_lock = threading.Lock()
_server: tuple[subprocess.Popen[bytes], socket.socket] | None = None


@dataclass
class Fork:
    """A process of the server's. Its output goes to files: read at its end, or while it runs."""

    args: list[str]
    pid: int
    _ended: socket.socket
    _out: IO[bytes]
    _err: IO[bytes]
    returncode: int | None = field(default=None)

    def wait(self, timeout: float | None = None) -> int:
        """Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            self._ended.settimeout(timeout)
            try:
                told = self._ended.recv(64)
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(self.args, timeout or 0) from None
            if not told:
                raise RuntimeError("the server of forks ended")
            self.returncode = int(told)
            self._ended.close()
        return self.returncode

    def poll(self) -> int | None:
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def terminate(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGTERM)

    def output(self) -> str:
        """What it printed so far on standard output."""
        return _text(self._out)

    def errors(self) -> str:
        return _text(self._err)

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Raises subprocess.TimeoutExpired."""
        self.wait(timeout)
        return self.output(), self.errors()


def _text(file: IO[bytes]) -> str:
    size = os.fstat(file.fileno()).st_size
    return os.pread(file.fileno(), size, 0).decode().replace("\r\n", "\n")


def start(code: list[str] | str, environment: dict[str, str], *arguments: str, merged: bool = False) -> Fork:
    """`code`: a command line, « beffroi » first, or Python code with its `arguments`. `merged`: errors go to the output."""
    # Appended to: what a fork itself starts writes to the same files.
    out = tempfile.TemporaryFile("ab+")  # noqa: SIM115
    err = out if merged else tempfile.TemporaryFile("ab+")  # noqa: SIM115
    argv = ["-c", *arguments] if isinstance(code, str) else [*code, *arguments]
    request = {
        "argv": argv,
        "code": code if isinstance(code, str) else None,
        "environment": environment,
        "folder": str(Path.cwd()),
    }
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with _lock, theirs:
        fds = [theirs.fileno(), out.fileno(), err.fileno()]
        socket.send_fds(_running(), [json.dumps(request).encode()], fds)
    ours.settimeout(120)
    pid = ours.recv(64)
    if not pid:
        raise RuntimeError("the server of forks did not start")
    return Fork(argv, int(pid), ours, out, err)


def run(
    code: list[str] | str, environment: dict[str, str], *arguments: str, timeout: float = 300
) -> subprocess.CompletedProcess[str]:
    """`start`, to its end. Raises subprocess.TimeoutExpired."""
    process = start(code, environment, *arguments)
    try:
        out, errors = process.communicate(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return subprocess.CompletedProcess(process.args, process.wait(), out, errors)


def execute(
    arguments: list[str], environment: dict[str, str], seconds: float
) -> subprocess.CompletedProcess[str]:
    """`run`, for what is given as to an interpreter: « -c code … » or « -m beffroi.cli.main … »."""
    option, what, *rest = arguments
    return run(what if option == "-c" else ["beffroi"], environment, *rest, timeout=seconds)


def _running() -> socket.socket:
    """The server of this process, started at its first use; it ends with it."""
    global _server
    if _server is None or _server[0].poll() is not None:
        from beffroi.lake.forks import ONE_THREAD
        from commands import environment

        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            process = subprocess.Popen(
                [sys.executable, str(Path(__file__).resolve()), str(theirs.fileno())],
                env=environment(**ONE_THREAD),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl+C is for the tests, which then end it
            )
        _server = process, ours
        atexit.register(_end, process, ours)
    return _server[1]


def _end(process: subprocess.Popen[bytes], control: socket.socket) -> None:
    control.close()
    process.wait(30)


# What follows runs in the server and in its forks.


class Server:
    """Forks a process a request, tells its pid at once and its exit code at its end; kills what remains when its tests end."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ)
        self._children: dict[int, tuple[int, socket.socket]] = {}  # by descriptor: pid, whom to tell

    def serve(self) -> dict[str, Any] | None:
        """None in the server, at its end; in each fork, its request."""
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is not self._control:
                    self._reap(key.fd)
                    continue
                message, fds, _, _ = socket.recv_fds(self._control, 1 << 20, 3)
                if not message:
                    self._kill_all()
                    return None
                if request := self._fork(json.loads(message), *fds):
                    return request

    def _fork(self, request: dict[str, Any], teller: int, out: int, err: int) -> dict[str, Any] | None:
        told = socket.socket(fileno=teller)
        pid = os.fork()
        if pid == 0:
            os.dup2(out, 1)
            os.dup2(err, 2)
            for file in (out, err, *self._children):
                os.close(file)
            for one in (
                told,
                self._control,
                self._selector,
                *(other for _, other in self._children.values()),
            ):
                one.close()
            return request
        os.close(out)
        os.close(err)
        told.send(str(pid).encode())
        ended = os.pidfd_open(pid)
        self._children[ended] = (pid, told)
        self._selector.register(ended, selectors.EVENT_READ)
        return None

    def _reap(self, ended: int) -> None:
        pid, told = self._children.pop(ended)
        self._selector.unregister(ended)
        os.close(ended)
        _, status = os.waitpid(pid, 0)
        with told, contextlib.suppress(OSError):  # nobody waits for it any more
            told.send(str(os.waitstatus_to_exitcode(status)).encode())

    def _kill_all(self) -> None:
        for pid, _ in self._children.values():
            os.kill(pid, signal.SIGKILL)
        for ended in list(self._children):
            self._reap(ended)


def _import_all() -> None:
    """What commands import, Django set up on a home that is not there: no connection, no engine, no thread."""
    from beffroi.cli.common import setup_django
    from beffroi.home import Home

    setup_django(Home(Path("/nonexistent/home-of-the-forks")))
    for name in (
        *(
            "beffroi.cli.main",
            "beffroi.web.urls",
            "beffroi.web.catalogue.lifecycle",
            "beffroi.web.catalogue.delivery_jobs",
        ),
        *(
            "beffroi.web.operations.backup",
            "beffroi.web.operations.upgrade",
            "beffroi.web.operations.scheduler",
        ),
        "django.core.management",
    ):
        importlib.import_module(name)
    import duckdb
    from django.urls import get_resolver

    from beffroi.lake.forks import prepare_to_fork
    from beffroi.web.guides import library
    from support import papers

    # The packaged guides and the table of addresses: a sixth of a second in each process that needs them.
    library._house()
    get_resolver()._populate()

    papers.install()

    duckdb.default_connection().close()  # made by the import, with a thread; the first who needs it makes another
    prepare_to_fork()


def _forget_settings() -> None:
    """Settings, and the connections that Django makes from them, are those of the home that the process wakes."""
    from asgiref.local import Local
    from django.conf import settings
    from django.core.cache import caches
    from django.core.files.storage import storages
    from django.db import connections
    from django.tasks import task_backends
    from django.utils.functional import empty

    settings._wrapped = empty
    del sys.modules["beffroi.web.settings"]
    for handler in (caches, connections, task_backends):
        handler.__dict__.pop("settings", None)
        handler._settings = None
        handler._connections = Local(handler.thread_critical)
    storages.__dict__.pop("backends", None)
    storages._storages = {}


def _run(request: dict[str, Any]) -> None:
    """As `python -m beffroi.cli.main …` or `python -c …` would, to its exit code."""
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    given = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    sys.path[:] = [request["folder"], *given, *(path for path in sys.path[1:] if path not in given)]
    sys.argv[:] = request["argv"]
    _forget_settings()
    if request["code"] is None:
        from beffroi.cli.main import main

        main()
    else:
        module = ModuleType("__main__")
        sys.modules["__main__"] = module
        exec(compile(request["code"], "<string>", "exec"), module.__dict__)


def _end_process(code: int) -> Never:
    """As an interpreter ends: threads are joined, handlers called, what is open is closed (a database's log goes back into its file).

    What was imported is not freed object by object: that takes a fifth of a second of CPU, ten times the fork.
    """
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for each in gc.get_objects():  # those made since the fork: the others are frozen
        if issubclass(type(each), sqlite3.Connection | io.IOBase):
            with contextlib.suppress(OSError, ValueError, sqlite3.Error):
                each.close()
    os._exit(code)


if __name__ == "__main__":
    _import_all()
    if request := Server(socket.socket(fileno=int(sys.argv[1]))).serve():
        try:
            _run(request)
        except SystemExit as end:
            if end.code is not None and not isinstance(end.code, int):
                raise
            _end_process(end.code or 0)
        _end_process(0)
