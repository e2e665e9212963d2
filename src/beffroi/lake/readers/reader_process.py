"""Child process that reads one delivered file: forked from a server that has imported the readers once.

Started by `isolated` only, as `python -m beffroi.lake.readers.reader_process CONTROL_FD`. A fork receives a socket:
one line of JSON is the request (file, folder, limits, corrections), one line an outcome follows, the last one gives
the cost of the process. The kernel closes the fork onto that file and that folder before it reads anything.
"""

import contextlib
import json
import os
import resource
import socket
import sys
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from beffroi.lake import forks, landlock
from beffroi.lake.engine import connect, extension_directory
from beffroi.lake.processes import Limits, set_limits
from beffroi.lake.readers import stage_parts
from beffroi.lake.readers.corrections import Corrections
from beffroi.lake.tables import Refused, StagedTable

# MB of address space that the engine reserves beyond what it uses: it takes 22 GB to write two thousand columns. The memory
# itself is watched by the caller; this only makes an absurd demand fail at once.
RESERVED = 32 << 10


def read(caller: socket.socket) -> None:
    """Answer one request, within its limits."""
    forks.die_with_parent()
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")  # before the workers, if the machine runs short
    stream = caller.makefile("rw", encoding="utf-8", newline="\n")
    request: dict[str, Any] = json.loads(stream.readline())
    limits = Limits(**request["limits"])
    set_limits(
        Limits(
            _address_space() + limits.memory_mb + RESERVED,
            limits.cpu_seconds,
            limits.wall_seconds,
            limits.disk_mb,
            limits.open_files,
        )
    )
    path, staging = Path(request["path"]), Path(request["staging"])
    restrict_to_file(path, staging)
    whole = True
    try:
        for outcome in stage_parts(
            path,
            staging,
            origin=request["origin"],
            corrections={
                key: Corrections.from_dict(correction) for key, correction in request["corrections"].items()
            },
            only=None if request["only"] is None else set(request["only"]),
        ):
            stream.write(json.dumps(_line(outcome)) + "\n")
            stream.flush()
    except MemoryError:
        whole = False
    used = resource.getrusage(resource.RUSAGE_SELF)
    cost = {"ended": whole, "cpu_s": used.ru_utime + used.ru_stime, "peak_kib": used.ru_maxrss}
    stream.write(json.dumps(cost) + "\n")
    stream.flush()


def restrict_to_file(path: Path, staging: Path) -> bool:
    """Restrict this process to reading this file and to its output folder, without network, irreversibly. False: the kernel cannot."""
    staging.mkdir(parents=True, exist_ok=True)  # a path that is missing would stay closed
    os.environ["TMPDIR"] = str(staging)
    return landlock.restrict(readable=[path, extension_directory()], scratch=[staging])


def _line(outcome: StagedTable | Refused) -> dict[str, Any]:
    """Outcome as JSON, with the examples of its guesses: they go to the caller, and not into the database."""
    if isinstance(outcome, Refused):
        return {"refused": outcome.to_dict()}
    return {"table": outcome.to_dict(), "examples": [list(guess.examples) for guess in outcome.guesses]}


def _address_space() -> int:
    """MB."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE") >> 20


def _do_once() -> None:
    """Work common to all readers, done before forking."""
    duckdb.default_connection().close()  # made by the import, with a thread
    connect(extensions=["spatial"]).close()  # the check of its signature takes as long as a file
    pa.array([""], pa.string())  # the first array made of Python's values looks for pandas, and imports it


if __name__ == "__main__":
    _do_once()
    forks.serve(socket.socket(fileno=int(sys.argv[1])), read)
