"""Long texts shared among the cores: how many cores, and ranges of whole lines.

In: a text file. Out: places in the file, each at the beginning of a line.
"""

import os
from dataclasses import dataclass
from pathlib import Path

# Below, a second thread costs more than it saves.
MIN_SHARE = 4 << 20
# More threads than this would wait for the disk, and each takes memory.
MAX_CORES = 4


@dataclass(frozen=True)
class Range:
    """Bytes from `begin` to `end`, which are whole lines."""

    begin: int
    end: int


def cores_for(size: int) -> int:
    """Number of cores worth using for a text of that many bytes: those that nothing else occupies now."""
    if size < 2 * MIN_SHARE:
        return 1
    return max(1, min(free_cores(), MAX_CORES, size // MIN_SHARE))


def free_cores() -> int:
    """Cores that no other process runs on: on a busy machine, more threads only cost more."""
    cores = len(os.sched_getaffinity(0))
    try:
        running = int(Path("/proc/loadavg").read_text().split()[3].partition("/")[0])
        own = sum(
            task.read_text().rpartition(")")[2].split()[0] == "R"
            for task in Path("/proc/self/task").glob("*/stat")
        )
    except (OSError, ValueError, IndexError):
        return cores
    return cores - max(0, running - own)


def line_ranges(path: Path, length: int) -> list[Range]:
    """Ranges of about `length` bytes that make the file, in order; a single one when its lines do not end with « \\n »."""
    size = path.stat().st_size
    begins = [0]
    with path.open("rb") as file:
        while begins[-1] + length < size:
            file.seek(begins[-1] + length)
            line = file.readline()
            if not line.endswith(b"\n") or file.tell() == size:
                break
            begins.append(file.tell())
    return [Range(begin, end) for begin, end in zip(begins, [*begins[1:], size], strict=True)]
