"""Programs of Debian run on a repository: no shell, closed in, with limits of time and size; no secret on their command line.

In: a command, where it may go. Out: how it ended and what it wrote. Raises Unreachable when it is missing or takes too long.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from beffroi.lake import processes

from .readable_repository import Sink, Unreachable

CONTAINED: Final = f"{__package__}.contained"
PIECE: Final = 1 << 16
PACKAGES: Final = {"restic": "restic", "borg": "borgbackup"}


@dataclass(frozen=True)
class Limits:
    """Bounds of one command: seconds of the clock and of CPU, bytes that it tells, bytes of each file that it writes."""

    seconds: float = 3600.0
    cpu_seconds: int = 1800
    output: int = 512 << 20
    file_bytes: int = 2 << 30


SHORT: Final = Limits(seconds=120.0, cpu_seconds=60, output=32 << 20)
LONG: Final = Limits()


@dataclass(frozen=True)
class Workplace:
    """Where a command goes: a scratch folder, what it reads, the ports that it calls, what its environment holds."""

    scratch: Path
    readable: tuple[Path, ...]
    ports: tuple[int, ...]
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Finished:
    """`messages`: the end of what it wrote on its error output."""

    code: int
    output: bytes
    messages: bytes


def run(
    command: Sequence[str],
    place: Workplace,
    limits: Limits = SHORT,
    *,
    at: Path | None = None,
    sink: Sink | None = None,
) -> Finished:
    """Run a command to its end. `sink`: takes what it writes piece by piece, in the place of `output`."""
    if shutil.which(command[0]) is None:
        raise Unreachable(
            f"Le programme {command[0]} manque sur le serveur de Beffroi. Demandez à l'exploitant : "
            f"apt install {PACKAGES[command[0]]}."
        )
    spec = {
        "cpu_seconds": limits.cpu_seconds,
        "file_bytes": limits.file_bytes,
        "readable": [str(path) for path in place.readable],
        "scratch": str(place.scratch),
        "ports": list(place.ports),
    }
    late = threading.Event()
    with (
        tempfile.TemporaryFile(dir=place.scratch) as messages,
        subprocess.Popen(
            [sys.executable, "-m", CONTAINED, json.dumps(spec), *command],
            env={**processes.environment(), **place.environment},
            cwd=at or place.scratch,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=messages,
            start_new_session=True,
        ) as process,
    ):

        def stop() -> None:
            late.set()
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

        timer = threading.Timer(limits.seconds, stop)
        timer.start()
        try:
            output = _drain(process.stdout, limits.output, sink) if process.stdout else b""
            process.wait()
        except BaseException:
            stop()
            raise
        finally:
            timer.cancel()
        if late.is_set() or process.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
            raise Unreachable(
                f"{command[0]} n'a pas fini dans le temps permis ({limits.seconds / 60:.0f} minutes). La lecture recommencera "
                "demain. Si cela dure, rapprochez la copie ou faites-la rapporter par la machine qui la tient."
            )
        messages.seek(max(0, messages.seek(0, os.SEEK_END) - (1 << 20)))
        return Finished(process.returncode, output, messages.read())


def _drain(stream: IO[bytes], most: int, sink: Sink | None) -> bytes:
    pieces: list[bytes] = []
    received = 0
    while piece := stream.read(PIECE):
        if sink is not None:
            sink(piece)
            continue
        received += len(piece)
        if received > most:
            raise Unreachable(
                "Ce dépôt contient trop de fichiers pour être lu ici. Faites-le rapporter par la machine qui le tient."
            )
        pieces.append(piece)
    return b"".join(pieces)
