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

from beffroi.lake import process_family

POLL_SECONDS = 0.2  # seconds between two looks
MAX_PROCESSES = 64


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
        family = process_family.members(worker, proc)
        if len(family) == 1:
            continue  # the kernel's own limits apply
        memory = int(limits["memory_mb"]) << 10
        taken = 0
        if measure_peak or sum(process_family.resident(pid, proc) for pid in family) > memory:
            taken = sum(process_family.memory(pid, proc) for pid in family)
            most = max(most, taken) if measure_peak else 0
        if taken > memory:
            reason = "memory"
        elif sum(process_family.cpu_seconds(pid, proc) for pid in family) > int(limits["cpu_seconds"]):
            reason = "cpu"
        elif len(family) > MAX_PROCESSES:
            reason = "processes"
        for pid in family if reason else ():  # where it is the first process of its space, all end with it
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
    os.close(ended)
    return most, reason
