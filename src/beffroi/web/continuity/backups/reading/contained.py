"""Child that becomes a program of Debian, closed in: it reads the repository, writes in its scratch folder, calls one port.

Run as `python -m … '<JSON>' program arguments`. Only the standard library and the sandbox are imported. Where the kernel has no
Landlock, limits of resources remain.
"""

import json
import os
import resource
import sys
from pathlib import Path

from beffroi.lake import landlock

_SYSTEM = ("/bin", "/sbin", "/etc", "/dev/null", "/dev/zero", "/dev/random", "/proc", "/run/systemd/resolve")
"""What resolvers, certificates, accounts and the clients of ssh are read from."""


def main() -> None:
    spec, command = json.loads(sys.argv[1]), sys.argv[2:]
    for which, value in (
        (resource.RLIMIT_CPU, spec["cpu_seconds"]),
        (resource.RLIMIT_FSIZE, spec["file_bytes"]),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(which)[1]
        resource.setrlimit(
            which, (value, value) if hard == resource.RLIM_INFINITY else (min(value, hard), hard)
        )
    os.nice(10)
    landlock.restrict(
        readable=[*map(Path, _SYSTEM), *map(Path, spec["readable"])],
        scratch=[Path(spec["scratch"])],
        ports=spec["ports"],
    )
    os.execvp(command[0], command)  # noqa: S606  no shell


if __name__ == "__main__":
    main()
