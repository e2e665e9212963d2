"""Long texts shared among the cores: ranges of whole lines, each with its count.

In: a text file. Out: places in the file, each at the beginning of a line, and copies of what lies between.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

# Below, a second thread costs more than it saves.
MIN_SHARE = 4 << 20
# More threads than this would wait for the disk, and each takes memory.
MAX_CORES = 4
_CHUNK = 1 << 20


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
    """Cores that nothing runs on, this process's own included: on a busy machine, more threads only cost more."""
    cores = len(os.sched_getaffinity(0))
    try:
        running = int(Path("/proc/loadavg").read_text().split()[3].partition("/")[0])
    except (OSError, ValueError, IndexError):
        return cores
    return cores - running + 1


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


def count_lines(path: Path, ranges: Sequence[Range]) -> list[int]:
    """Number of lines of each range; a last line without its break counts."""
    with ThreadPoolExecutor(cores_for(path.stat().st_size)) as pool:
        return [*pool.map(lambda each: _counted(path, each), ranges)]


def _counted(path: Path, part: Range) -> int:
    lines, last = 0, b""
    with path.open("rb", buffering=0) as source:
        left = part.end - source.seek(part.begin)
        while left > 0 and (chunk := source.read(min(_CHUNK, left))):
            lines += int(np.count_nonzero(np.frombuffer(chunk, np.uint8) == ord("\n")))
            left -= len(chunk)
            last = chunk[-1:]
    return lines + (last not in (b"", b"\n"))


def copy_range(path: Path, part: Range, target: Path) -> None:
    """Copy a range over what the target file holds: its memory is used again."""
    with path.open("rb", buffering=0) as source, target.open("r+b", buffering=0) as out:
        offset = part.begin
        while offset < part.end:
            offset += os.sendfile(out.fileno(), source.fileno(), offset, part.end - offset)
        out.truncate(part.end - part.begin)
