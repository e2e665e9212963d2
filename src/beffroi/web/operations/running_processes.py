"""The processes of `beffroi serve` on this machine: their numbers and their starts, in `run/processes.json`.

The supervisor writes it each time it starts one; health reads it. Nothing here needs the database.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

from beffroi.home import Home, write_safely


@dataclass(frozen=True)
class RunningProcess:
    """One process: when it started, and the starts before this one, in seconds of the epoch."""

    name: str
    pid: int
    started: float
    earlier: list[float] = field(default_factory=list)


def declare_processes(home: Home, processes: Iterable[RunningProcess]) -> None:
    """Called by the supervisor. Raises OSError."""
    write_safely(home.run / "processes.json", json.dumps([asdict(each) for each in processes]).encode())


def processes_of(home: Home) -> list[RunningProcess]:
    """The processes of the server that runs on this machine; none where none does."""
    if not home.address_file.is_file():
        return []
    try:
        return [RunningProcess(**each) for each in json.loads((home.run / "processes.json").read_bytes())]
    except (OSError, ValueError, TypeError):
        return []


def is_serving(home: Home) -> bool:
    return bool(processes_of(home))
