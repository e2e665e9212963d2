"""A real instance for measures and fault tests: invented towns with their people, served by the real processes.

In: an empty folder, how many towns. Out: an `Instance` that starts, is looked at process by process, and stops. Only
processes that it started are ever ended, by their number.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
type Execute = Callable[[list[str], dict[str, str], float], subprocess.CompletedProcess[str]]

_PREPARE = """
import json, sys
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
home, wanted = Home(Path(sys.argv[1])), json.loads(sys.argv[2])
if not home.exists():
    home.create(demo=True)
setup_django(home)
from beffroi.systems.contract import ProposedAct
from beffroi.web.decisions.services import propose
from beffroi.web.operations.upgrade import prepare
from beffroi.web.platform import scope
from datetime import date
from beffroi.web.tenancy.services import LegalAct, NewTerritory, admit, found_territory
ELECTED = LegalAct("Élection inventée pour la mesure", date(2026, 3, 22))
prepare(home)
slugs = []
for n in range(wanted["towns"]):
    town = found_territory(NewTerritory(code=f"99T{n:03}", name=f"Valbruyère {n + 1}", kind="commune",
                                        population=1000, is_fictional=True))
    for name, role, legal_act in (("steward", "data_officer", None), ("decider", "decider", ELECTED)):
        admit(town, f"{name}{n}@example.org", role, [role], by=None, simulated=True, legal_act=legal_act)
    acts = [ProposedAct(subject=f"Repas du site {rank}", value=100.0 + rank, low=90.0, high=200.0 + rank,
                        unit="repas", reasons=("Invitée pour la mesure.",), evidence={})
            for rank in range(wanted["proposals"])]
    with scope.inside(town):
        propose(town, system="canteen", system_version="1", run=f"run-{n}", acts=acts)
    slugs.append(town.slug)
print(json.dumps(slugs))
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(truth: Callable[[], bool], seconds: float, what: str = "") -> None:
    """Raises TimeoutError."""
    end = time.monotonic() + seconds
    while not truth():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds:g} s: {what}")
        time.sleep(0.05)


def execute(
    arguments: list[str], variables: dict[str, str], seconds: float
) -> subprocess.CompletedProcess[str]:
    """What an interpreter does with these arguments, in a process of its own."""
    return subprocess.run(
        [sys.executable, *arguments],
        env=variables,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


@dataclass
class Instance:
    """A home and the command that serves it. `more`: its environment (where its database is); `execute`: what runs its commands."""

    home: Path
    towns: list[str]
    port: int = field(default_factory=free_port)
    more: dict[str, str] = field(default_factory=dict)
    log: Any = subprocess.DEVNULL
    server: subprocess.Popen[str] | None = None
    execute: Execute = field(default=execute, repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *options: str, seconds: float = 120) -> None:
        command = [
            *("-m", "beffroi.cli.main", "serve", "--home", str(self.home)),
            *("--port", str(self.port)),
            *options,
        ]
        self.server = subprocess.Popen(
            [sys.executable, *command],
            env=environment(**self.more),
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            text=True,
        )
        until(self.answers, seconds, "the site answers")

    def stop(self) -> None:
        if self.server is not None and self.server.poll() is None:
            self.server.terminate()
            self.server.wait(60)

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/sante/", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def processes(self, *words: str) -> list[int]:
        """Those that descend from the server, whose name or command holds the last word, under one that holds the word before."""
        found = [self.server.pid] if self.server is not None else []
        for word in words:
            found = [pid for parent in found for pid, command in children(parent).items() if word in command]
        return found

    def kill(self, *words: str) -> int:
        """Kill the first of them outright; its number."""
        until(lambda: bool(self.processes(*words)), 60, " ".join(words))
        victim = self.processes(*words)[0]
        os.kill(victim, signal.SIGKILL)
        return victim

    def run(self, code: str, *arguments: str) -> str:
        """What a little code prints, run on this home in a process of its own."""
        return _printed(self.execute(["-c", code, str(self.home), *arguments], environment(**self.more), 300))

    def command(self, *arguments: str, seconds: float = 120) -> subprocess.CompletedProcess[str]:
        command = ["-m", "beffroi.cli.main", *arguments, "--home", str(self.home)]
        return self.execute(command, environment(**self.more, BEFFROI_URL=self.url), seconds)

    def link(self, email: str) -> str:
        done = self.command("signin", email)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()


def prepare(
    home: Path, *, towns: int = 2, proposals: int = 0, execute: Execute = execute, **more: str
) -> Instance:
    """A demonstration home with this many towns; in each a steward (`steward0@example.org`…) and a decider."""
    wanted = json.dumps({"towns": towns, "proposals": proposals})
    slugs = json.loads(_printed(execute(["-c", _PREPARE, str(home), wanted], environment(**more), 300)))
    # The processes that serve are never given the owner's address.
    served = {name: value for name, value in more.items() if name != "BEFFROI_DATABASE_OWNER"}
    return Instance(home, slugs, more=served, execute=execute)


def environment(**more: str) -> dict[str, str]:
    """This process's own, without what a test run put there; the code is this checkout's, its byte code kept."""
    own_prefixes = ("BEFFROI_", "DJANGO_", "PYTHONDONTWRITEBYTECODE")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(own_prefixes)}
    return inherited | {"PYTHONPATH": str(ROOT / "src")} | more


def children(pid: int) -> dict[int, str]:
    """The living children of a process, their names and command lines."""
    found = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = status.read_text().rsplit(")", 1)[1].split()[:2]
            command = (status.parent / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            name = (status.parent / "comm").read_text().strip()
        except (OSError, ValueError):
            continue
        if int(parent) == pid and state != "Z":
            found[int(status.parent.name)] = f"{name} {command}"
    return found


def _printed(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout
