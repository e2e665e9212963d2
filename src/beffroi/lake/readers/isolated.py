"""Isolated reading: each file is read in a child process with limits of time, memory and output.

`stage` is that of the readers. In a process that called `isolate` (workers that serve every territory), each file is
read by its own process, forked from one that has imported the readers once; otherwise (a command, a notebook, a
test), by the process itself. A reader that hangs, grows or crashes is killed: tables already read stay, with a
refusal that explains the stop.
"""

import atexit
import json
import logging
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from beffroi.lake import readers
from beffroi.lake.forks import Fork, ForkServer
from beffroi.lake.processes import Limits
from beffroi.lake.readers.corrections import Corrections
from beffroi.lake.tables import Refused, StagedTable

log = logging.getLogger(__name__)
# Of any file, and more for each MB of a large one: many times what an honest file of that size takes.
_CPU, _CPU_A_MB, _MAX_CPU = 18, 5, 1_800  # seconds
_MEMORY, _MEMORY_A_MB, _MAX_MEMORY = 896, 16, 4_096  # MB
_DISK, _DISK_A_MB, _MAX_DISK = 512, 256, 8_192  # MB, of each file written
_WATCH = 0.02  # seconds between two looks at the memory of a reader
_LONGEST_LINE = 64 << 20
_TICK, _PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
type Stopped = Literal["time", "memory", "crash"]
_ENDED_BY: dict[int, Stopped] = {signal.SIGXCPU: "time", signal.SIGKILL: "memory"}
_WHY = {
    "time": "elle demandait un temps démesuré",
    "memory": "elle demandait une mémoire démesurée",
    "crash": "son contenu, abîmé, a interrompu le lecteur",
}


def limits_of(size: int) -> Limits:
    """Limits of the reading of a file of `size` bytes."""
    mb = size >> 20
    cpu = min(_CPU + _CPU_A_MB * mb, _MAX_CPU)
    return Limits(
        memory_mb=min(_MEMORY + _MEMORY_A_MB * mb, _MAX_MEMORY),
        cpu_seconds=cpu,
        wall_seconds=60.0 + 10 * cpu,  # machines are busy
        disk_mb=min(_DISK + _DISK_A_MB * mb, _MAX_DISK),
    )


@dataclass(frozen=True)
class Reading:
    """Outcomes of a file, in order, and the cost of the reader (seconds of CPU, KiB at its peak)."""

    outcomes: tuple[StagedTable | Refused, ...]
    cpu_s: float
    peak_kib: int


class ReadingServer:
    """Server that forks the readers, started at the first reading. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forks = ForkServer(
            [sys.executable, "-m", "beffroi.lake.readers.reader_process"],
            MALLOC_ARENA_MAX="2",
            ARROW_DEFAULT_MEMORY_POOL="system",
        )
        atexit.register(self.close)

    def read(
        self,
        path: Path,
        staging: Path,
        *,
        origin: str | None = None,
        corrections: Mapping[str, Corrections] | None = None,
        only: Collection[str] | None = None,
        limits: Limits | None = None,
    ) -> Reading:
        """Read a file. Never raises for a bad file. `limits`: by default those of the file's size."""
        origin = origin or path.name
        limits = limits or limits_of(path.stat().st_size if path.is_file() else 0)
        request = {
            "path": str(path),
            "staging": str(staging),
            "origin": origin,
            "corrections": {key: correction.to_dict() for key, correction in (corrections or {}).items()},
            "only": None if only is None else sorted(only),
            "limits": asdict(limits),
        }
        parent_end, child_end = socket.socketpair()
        with child_end, self._lock:
            fork = self._forks.fork(child_end)
        with parent_end:
            child = _Child(fork, parent_end, limits)
            try:
                parent_end.sendall(json.dumps(request).encode() + b"\n")
                outcomes = [outcome for line in child.lines() if (outcome := _outcome(line, staging))]
            finally:
                child.end()
        if child.stopped:
            log.warning("the reader of a delivered file was stopped: %s", child.stopped)
            outcomes.append(Refused(origin, _interrupted(child.stopped, bool(outcomes))))
        return Reading(tuple(outcomes), child.cpu_s, child.peak_kib)

    def close(self) -> None:
        """Stop the server and its active readers."""
        with self._lock:
            self._forks.close()


class _Child:
    """Forked reader, watched while its lines are read. `stopped`: why it did not end by itself."""

    def __init__(self, fork: Fork, connection: socket.socket, limits: Limits) -> None:
        self.stopped: Literal["", Stopped] = "crash"
        self.cpu_s, self.peak_kib = 0.0, 0
        self._fork, self._connection, self._limits = fork, connection, limits
        self._deadline = time.monotonic() + limits.wall_seconds
        self._looked, self._signal = 0.0, 0

    def lines(self) -> Iterator[dict[str, Any]]:
        """Outcomes, as JSON objects; anything else that it writes is ignored."""
        pending = bytearray()
        while chunk := self._received():
            pending += chunk
            if b"\n" not in chunk:
                if len(pending) > _LONGEST_LINE:
                    return
                continue
            *whole, rest = bytes(pending).split(b"\n")
            pending = bytearray(rest)
            for text in whole:
                try:
                    line = json.loads(text)
                except (ValueError, RecursionError):
                    continue
                if isinstance(line, dict) and "ended" in line:
                    self._ended(line)
                elif isinstance(line, dict):
                    yield line

    def _received(self) -> bytes:
        """Received bytes; none when it has ended, or was stopped."""
        poll = select.poll()
        poll.register(self._connection, select.POLLIN)
        while True:
            ready = poll.poll(_WATCH * 1_000)
            if time.monotonic() - self._looked >= _WATCH and not self._keeps_within_limits():
                return b""
            if ready:
                try:
                    return self._connection.recv(1 << 16)
                except OSError:
                    return b""

    def _keeps_within_limits(self) -> bool:
        self._looked = time.monotonic()
        self._measure()
        if self.peak_kib > self._limits.memory_mb << 10:
            self.stopped = "memory"
        elif self._looked > self._deadline:
            self.stopped = "time"
        return self.stopped == "crash"

    def _measure(self) -> None:
        try:
            fields = Path(f"/proc/{self._fork.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return  # ended, and gone
        self.cpu_s = max(self.cpu_s, (int(fields[11]) + int(fields[12])) / _TICK)
        self.peak_kib = max(self.peak_kib, int(fields[21]) * _PAGE >> 10)
        self._signal = int(fields[49]) & 0x7F

    def _ended(self, line: dict[str, Any]) -> None:
        self.stopped = "" if line["ended"] is True else "memory"
        self.cpu_s = max(self.cpu_s, float(line.get("cpu_s", 0)))
        self.peak_kib = max(self.peak_kib, int(line.get("peak_kib", 0)))

    def end(self) -> None:
        """Kill the reader if it has not ended, and record the reason."""
        if self.stopped:
            self._measure()
            if self.stopped == "crash":  # or the kernel ended it
                self.stopped = _ENDED_BY.get(self._signal, "crash")
        self._fork.send(signal.SIGKILL)
        self._fork.forget()


_server: ReadingServer | None = None


def isolate() -> None:
    """From now on, read each file in a child process."""
    global _server
    _server = _server or ReadingServer()


def stage(
    path: Path,
    staging: Path,
    *,
    origin: str | None = None,
    corrections: Mapping[str, Corrections] | None = None,
    only: Collection[str] | None = None,
    limits: Limits | None = None,
) -> tuple[list[StagedTable], list[Refused]]:
    """`readers.stage`, in a child process after `isolate`; `limits` of this child: by default those of the file's size."""
    if _server is None:
        return readers.stage(path, staging, origin=origin, corrections=corrections, only=only)
    reading = _server.read(path, staging, origin=origin, corrections=corrections, only=only, limits=limits)
    return readers.partition(reading.outcomes)


def _interrupted(why: str, something: bool) -> str:
    already = ", et ce qui en avait été lu aussi : le reste ne l'a pas été" if something else ""
    return (
        f"La lecture de ce fichier a été arrêtée : {_WHY[why]}. Le fichier déposé est gardé tel quel{already}. "
        "Ouvrez-le dans le logiciel d'origine, exportez son tableau en CSV, puis déposez cet export."
    )


def _outcome(line: dict[str, Any], staging: Path) -> StagedTable | Refused | None:
    """Outcome of a line; None for one that no reader writes: a compromised reader is not trusted."""
    try:
        if "refused" in line:
            return Refused.from_dict(line["refused"])
        table = StagedTable.from_dict(line["table"])
        guesses = [
            replace(guess, examples=tuple(some))
            for guess, some in zip(table.guesses, line["examples"], strict=True)
        ]
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    inside = all(staging.resolve() in file.resolve().parents for file in (table.parquet, table.quarantine))
    return replace(table, guesses=tuple(guesses)) if inside else None
