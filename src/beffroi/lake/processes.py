"""Resource limits and environment of child processes.

`Limits` are set by the child on itself before anything else. Only the standard library is imported: the sandboxed process of a
system imports this module before its sandbox is up.
"""

import os
import resource
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# What a child needs of its parent's environment: not its keys, nor the names of its databases.
_PASSED_ON = ("PATH", "PYTHONPATH", "HOME", "LANG", "LC_ALL", "TZ", "XDG_CACHE_HOME", "BEFFROI_EXTENSIONS")


@dataclass(frozen=True)
class Limits:
    """Resource limits of one process; beyond them it is stopped and its work is discarded.

    `memory_mb` is its address space, `disk_mb` the size of each file that it writes.
    """

    memory_mb: int = 4096
    cpu_seconds: int = 600
    wall_seconds: float = 900.0
    disk_mb: int = 512
    open_files: int = 256


def set_limits(limits: Limits, *, memory: int = resource.RLIMIT_AS) -> None:
    """Limit this process and its children, irreversibly; the parent watches the wall clock.

    When its CPU time is over it receives SIGXCPU, which ends it, and SIGKILL a second later. `memory`: `RLIMIT_DATA` for a
    program that reserves more address space than it uses, as those in Go.
    """
    for which, value, more in (
        (memory, limits.memory_mb << 20, 0),
        (resource.RLIMIT_CPU, limits.cpu_seconds, 1),
        (resource.RLIMIT_FSIZE, limits.disk_mb << 20, 0),
        (resource.RLIMIT_NOFILE, limits.open_files, 0),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        before = resource.getrlimit(which)[1]
        soft, hard = (
            wanted if before == resource.RLIM_INFINITY else min(wanted, before)
            for wanted in (value, value + more)
        )
        resource.setrlimit(which, (soft, hard))


def environment(**more: str) -> Mapping[str, str]:
    """Environment of a child that runs the same code as its parent, wherever that was imported from."""
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    here = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join([here, passed["PYTHONPATH"]] if "PYTHONPATH" in passed else [here])
    return {**passed, "PYTHONPATH": path, **more}
