"""Process tree limits: memory, processor time and number of processes of a worker and all its descendants.

In: the pid of the worker. Out: peak memory in KiB, and the limit passed. Only the standard library is used: the
sandboxed process of a system imports this before its sandbox is closed.
"""

import contextlib
import os
import select
import signal
from collections.abc import Mapping
from typing import Any

POLL_SECONDS = 0.2  # seconds between two looks
MAX_PROCESSES = 64
_TICKS, _PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


def enforce_limits(
    worker: int, proc: int, limits: Mapping[str, Any], *, measure_peak: bool = True
) -> tuple[int, str]:
    """Enforce the limits on the worker and its descendants together until it ends: kernel limits are for each process.

    `proc`: the descriptor of `/proc`, opened before the worker shut the file system. Returns the peak KiB, and
    « memory », « cpu » or « processes » where they had to be ended. Without `measure_peak`, what pages the processes share is
    read (several milliseconds a look) only where the limit may be passed, and the peak is 0.
    """
    ended, most, reason = os.pidfd_open(worker), 0, ""
    while not reason and not select.select([ended], [], [], POLL_SECONDS)[0]:
        family = _process_family(worker, proc)
        if len(family) == 1:
            continue  # the kernel's own limits apply
        memory = int(limits["memory_mb"]) << 10
        taken = 0
        if measure_peak or sum(_resident(pid, proc) for pid in family) > memory:
            taken = sum(_memory(pid, proc) for pid in family)
            most = max(most, taken) if measure_peak else 0
        if taken > memory:
            reason = "memory"
        elif sum(_seconds(pid, proc) for pid in family) > int(limits["cpu_seconds"]):
            reason = "cpu"
        elif len(family) > MAX_PROCESSES:
            reason = "processes"
        for pid in family if reason else ():  # where it is the first process of its space, all end with it
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
    os.close(ended)
    return most, reason


def _process_family(pid: int, proc: int) -> list[int]:
    """A process and all those below it."""
    found, waiting = [], [pid]
    while waiting:
        found.append(one := waiting.pop())
        with contextlib.suppress(OSError):
            tasks = os.open(f"{one}/task", os.O_RDONLY, dir_fd=proc)
            try:
                for task in os.listdir(tasks):  # noqa: PTH208  (a descriptor)
                    waiting += map(int, _read(tasks, f"{task}/children").split())
            finally:
                os.close(tasks)
    return found


def _resident(pid: int, proc: int) -> int:
    """KiB of a process with all that it shares, never less than its share; 0 when it has ended."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(_read(proc, f"{pid}/statm").split()[1]) * _PAGE >> 10
    return 0


def _memory(pid: int, proc: int) -> int:
    """KiB of a process, its share of what it shares with others; 0 when it has ended."""
    with contextlib.suppress(OSError, StopIteration, ValueError):
        lines = _read(proc, f"{pid}/smaps_rollup").splitlines()
        return int(next(line for line in lines if line.startswith("Pss:")).split()[1])
    with contextlib.suppress(OSError, ValueError):
        resident, shared = _read(proc, f"{pid}/statm").split()[1:3]
        return (int(resident) - int(shared)) * _PAGE >> 10
    return 0


def _seconds(pid: int, proc: int) -> float:
    with contextlib.suppress(OSError, ValueError, IndexError):
        fields = _read(proc, f"{pid}/stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS
    return 0.0


def _read(folder: int, name: str) -> str:
    with os.fdopen(os.open(name, os.O_RDONLY, dir_fd=folder)) as file:
        return file.read()
