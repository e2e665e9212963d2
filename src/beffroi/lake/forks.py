"""Fork server: a process that imports heavy modules once, then forks children on request.

In: the command of the server. Out: `Fork` handles, watched by pidfd since process numbers are reused. The server ends with its
parent; a fork then lives until its own channel closes.
"""

import contextlib
import ctypes
import gc
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from beffroi.lake.processes import environment
from beffroi.traces import traced

_PR_SET_PDEATHSIG = 1
# A fork copies one thread only: linear algebra and Arrow's memory must start none.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}


@dataclass
class Fork:
    """Forked process: its pid, and the pidfd by which it is watched and signalled."""

    pid: int
    _watched: int

    def ended(self, seconds: float = 0.0) -> bool:
        """Whether it has ended, waiting at most `seconds`."""
        return self._watched < 0 or bool(select.select([self._watched], [], [], seconds)[0])

    def send(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            if self._watched >= 0:
                signal.pidfd_send_signal(self._watched, number)

    def forget(self) -> None:
        if self._watched >= 0:
            os.close(self._watched)
        self._watched = -1


class ForkServer:
    """Client of the server. `command` receives the descriptor of its control socket as last argument.

    It runs the code of its parent, without the parent's keys; `more` adds to its environment.
    """

    def __init__(self, command: Sequence[str], **more: str) -> None:
        self._command, self._environment = list(command), environment(**ONE_THREAD, **more)
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def fork(self, channel: socket.socket) -> Fork:
        """New process that owns `channel`; a dead server is started again. Raises OSError."""
        for _ in range(2):
            control = self._started()
            with contextlib.suppress(OSError):
                socket.send_fds(control, [b"f"], [channel.fileno()])
                message, received, _, _ = socket.recv_fds(control, 32, 1)
                if message:
                    return Fork(int(message), received[0] if received else -1)
            self.close()
        raise OSError("the server that forks does not start")

    def close(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = self._control = None

    def _started(self) -> socket.socket:
        if self._control is None:
            self._control, server_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with server_end:
                self._process = subprocess.Popen(
                    [*self._command, str(server_end.fileno())],
                    pass_fds=(server_end.fileno(),),
                    stdin=subprocess.DEVNULL,
                    env=self._environment,
                )
        return self._control


def prepare_to_fork() -> None:
    """Freeze what was imported, so that forks share it. Raises RuntimeError where an import has started a thread."""
    threads = len(list(Path("/proc/self/task").iterdir()))
    if threads > 1:
        raise RuntimeError(f"{threads} threads before any fork: an import started them")
    gc.freeze()


def serve(control: socket.socket, work: Callable[[socket.socket], None]) -> None:
    """Fork a process that runs `work` for each channel received. Returns in the server, when its client ends."""
    prepare_to_fork()
    while True:
        try:
            message, handed, _, _ = socket.recv_fds(control, 1, 1)
        except OSError:
            return
        if not message:
            return
        pid = os.fork()
        if not pid:
            control.close()
            _run(work, socket.socket(fileno=handed[0]))
        os.close(handed[0])
        watched = os.pidfd_open(pid)
        with contextlib.suppress(OSError):
            socket.send_fds(control, [str(pid).encode()], [watched])
        os.close(watched)
        reap()


def fork(work: Callable[[socket.socket], object], *unwanted: socket.socket) -> tuple[int, socket.socket]:
    """Process forked from this one that runs `work`, and the parent's end of its channel; it dies with its parent.

    `unwanted`: sockets of this process that the child must close.
    """
    parent_end, child_end = socket.socketpair()
    pid = os.fork()
    if not pid:
        for one in (parent_end, *unwanted):
            one.close()
        die_with_parent()
        _run(work, child_end)
    child_end.close()
    return pid, parent_end


def run_in_child(work: Callable[[], object]) -> int:
    """Run `work` in a fork and wait for its end: the memory that it takes, or touches of what is shared, goes with it.

    Out: 0; otherwise how it ended, as `os.waitstatus_to_exitcode` says it.
    """
    pid, channel = fork(lambda _: work())
    with channel:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def reap() -> None:
    """Reap the children that have ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def kill(pid: int) -> None:
    """Kill a child of this process, and reap it."""
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _run(work: Callable[[socket.socket], object], channel: socket.socket) -> None:
    """Run `work` and exit: never returns, so that the parent's work is not repeated."""
    code = 1
    try:
        work(channel)
        code = 0
    except BaseException as error:
        print(traced(error), file=sys.stderr)  # noqa: T201 - the operator's log
    finally:
        os._exit(code)
