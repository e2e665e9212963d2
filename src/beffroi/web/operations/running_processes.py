"""The processes of `beffroi serve` on this machine: their numbers and their starts, in `run/processes.json`.

The supervisor writes it each time it starts one; health reads it. Nothing here needs the database.
"""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from beffroi.home import Home, write_safely


@dataclass(frozen=True)
class RunningProcess:
    """One process: when it started, and the starts before this one, in seconds of the epoch. `url`: where it says how it is."""

    name: str
    pid: int
    started: float
    earlier: list[float] = field(default_factory=list)
    url: str = ""


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


def is_stopped(pid: int) -> bool:
    """Whether a process is there and does not run: a signal, or a debugger, stopped it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in ("T", "t")
    except (OSError, IndexError):
        return False


def answers(url: str, seconds: float = 2.0) -> bool:
    """Whether `/sante/` answers at this address, be it to say what is wrong. No proxy stands between."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=seconds) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as error:
        return error.code == 503  # it serves, and says what is wrong
    except (urllib.error.URLError, OSError, http.client.HTTPException):
        return False
