"""The child process of a run: started in its private folder, followed line by line, measured, and ended for good.

In comes a folder that holds a job; out goes a `ChildResult`: how it ended, what it answered and its footprint.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from beffroi.lake.processes import Limits
from beffroi.systems import footprint as cost
from beffroi.systems.failures import ChildResult
from beffroi.systems.replies import read_peak, read_reply

type OnProgress = Callable[[float | None, str], None]

_PROGRAM = Path(__file__).with_name("child.py")
_HEARTBEAT = 10.0  # seconds without a line before the caller gets an empty progress message
_MAX_LINE_BYTES = 64 * 1024


def run_child(work: Path, limits: Limits, on_progress: OnProgress | None) -> ChildResult:
    """Run the job of this folder to its end, or to its time limit."""
    meter = Meter()
    child, peak = start_child(work, subprocess.DEVNULL)
    output = child.stdout.fileno() if child.stdout is not None else -1
    timed_out = False
    isolation = ""
    try:
        for line in read_json_lines(output, meter.start + limits.wall_seconds):
            # The first line is written before any code of the system runs: the system cannot forge it.
            if not isolation and "isolation" in line:
                isolation = str(line["isolation"])
            elif on_progress is not None and ("progress" in line or "message" in line):
                share = line.get("progress")
                on_progress(
                    min(1.0, max(0.0, float(share))) if isinstance(share, int | float) else None,
                    str(line.get("message", ""))[:200],
                )
    except TimeoutError:
        timed_out = True
    finally:
        end_child(child.pid)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.stdout is not None:
            child.stdout.close()
        peak_kib, reason = read_peak(peak)
    spent = usage.ru_utime + usage.ru_stime
    footprint = meter.footprint(work, spent, peak_kib or usage.ru_maxrss, isolation)
    reply = {"status": reason} if reason else read_reply(work)
    return ChildResult(child.returncode, timed_out, isolation, reply, read_errors(work / "stderr"), footprint)


def start_child(work: Path, stdin: int) -> tuple["subprocess.Popen[bytes]", int]:
    """Start the sandboxed process on this folder; the descriptor reads its peak of memory."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(work / "tmp"),
        "TMPDIR": str(work / "tmp"),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    peak_reader, peak_writer = os.pipe()
    with (work / "stderr").open("wb") as errors:
        child = subprocess.Popen(
            [sys.executable, "-I", "-B", str(_PROGRAM), str(work), str(peak_writer)],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
            cwd=work / "tmp",
            start_new_session=True,
            pass_fds=(peak_writer,),
        )
    os.close(peak_writer)
    return child, peak_reader


class Meter:
    """Measures duration, energy and machine time from its creation on, for the footprint of one process."""

    def __init__(self) -> None:
        self.start = time.monotonic()
        self._counter = cost.EnergyCounter()
        self._machine = cost.machine_cpu_seconds()

    def footprint(self, work: Path, cpu_s: float, peak_kib: int, isolation: str) -> cost.Footprint:
        machine = cost.machine_cpu_seconds()
        return cost.measure(
            duration_s=time.monotonic() - self.start,
            cpu_s=cpu_s,
            peak_mb=peak_kib / 1024,
            joules=self._counter.joules(),
            machine_cpu_s=machine - self._machine
            if self._machine is not None and machine is not None
            else None,
            stored_bytes=_folder_size(work / "out"),
            # Without network it exchanged nothing; otherwise nobody counted.
            sent_bytes=0 if isolation == "complète" else None,
        )


def read_errors(path: Path) -> str:
    """The last 8,000 bytes of the error output; empty where the system spoiled its folder."""
    try:
        with path.open("rb") as errors:
            return errors.read()[-8000:].decode("utf-8", "replace")
    except OSError:
        return ""


def _folder_size(folder: Path) -> int | None:
    """Bytes of the answer; None where the system spoiled its folder."""
    try:
        return sum(path.lstat().st_size for path in folder.iterdir()) if not folder.is_symlink() else None
    except OSError:
        return None


def read_json_lines(descriptor: int, deadline: float) -> Iterator[dict[str, Any]]:
    """JSON objects written by the child, one a line; anything else that a system prints is ignored.

    Raises `TimeoutError` past the deadline.
    """
    pending = b""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if not selector.select(min(left, _HEARTBEAT)):
                yield {"message": ""}  # still at work: whoever follows a long run must not believe it dead
                continue
            chunk = os.read(descriptor, 65536)
            if not chunk:
                return
            *complete, pending = (pending + chunk).split(b"\n")
            pending = pending[-_MAX_LINE_BYTES:]
            for text in complete:
                try:
                    value = json.loads(text)
                except ValueError:
                    continue
                if isinstance(value, dict):
                    yield value


def end_child(pid: int) -> None:
    """Let the child stop its worker and report its peak; kill its process group after one second."""
    try:
        # Ended well, the child is a zombie that only we can reap: its number cannot have been reused.
        for turn in range(20):
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
                break
            if turn == 1:  # its standard output is closed: it was left a moment to end by itself
                os.kill(pid, signal.SIGTERM)
            time.sleep(0.05)
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, ChildProcessError, PermissionError):
        return
