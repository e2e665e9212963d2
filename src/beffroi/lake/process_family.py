"""Measures of a process and all its descendants, read from `/proc`: who they are, memory, processor time.

`proc`: a descriptor of `/proc`, so that who closed its file system still reads it. Only the standard library is used: the
sandboxed process of a system imports this before its sandbox is closed.
"""

import contextlib
import os

_TICKS, _PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


def open_proc() -> int:
    return os.open("/proc", os.O_PATH | os.O_DIRECTORY)


def members(pid: int, proc: int) -> list[int]:
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


def resident(pid: int, proc: int) -> int:
    """KiB of a process with all that it shares, never less than its share; 0 when it has ended."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(_read(proc, f"{pid}/statm").split()[1]) * _PAGE >> 10
    return 0


def memory(pid: int, proc: int) -> int:
    """KiB of a process, its share of what it shares with others; 0 when it has ended."""
    with contextlib.suppress(OSError, StopIteration, ValueError):
        lines = _read(proc, f"{pid}/smaps_rollup").splitlines()
        return int(next(line for line in lines if line.startswith("Pss:")).split()[1])
    with contextlib.suppress(OSError, ValueError):
        whole, shared = _read(proc, f"{pid}/statm").split()[1:3]
        return (int(whole) - int(shared)) * _PAGE >> 10
    return 0


def cpu_seconds(pid: int, proc: int) -> float:
    with contextlib.suppress(OSError, ValueError, IndexError):
        fields = _read(proc, f"{pid}/stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS
    return 0.0


def has_ended(pid: int, proc: int) -> bool:
    """Whether it is gone, or waits for its parent to see its end."""
    with contextlib.suppress(OSError, IndexError):
        return _read(proc, f"{pid}/stat").rpartition(")")[2].split()[0] in "ZX"
    return True


def _read(folder: int, name: str) -> str:
    with os.fdopen(os.open(name, os.O_RDONLY, dir_fd=folder)) as file:
        return file.read()
