"""A real instance for tests that need processes: its home, a fictional town, its data officer; commands run on it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import forks
from blank import blank
from commands import beffroi, free_address, python, serving, start_worker

EMAIL = "donnees@example.org"
_FOUND = """
import sys
from pathlib import Path
from beffroi.home import Home
home = Home(Path(sys.argv[1]))
from beffroi.cli.common import opened
opened(home.path)
from beffroi.web.tenancy.services import NewTerritory, admit, found_territory
town = found_territory(NewTerritory(code="99T01", name="Valbruyère", kind="commune", population=48000, is_fictional=True))
admit(town, sys.argv[2], "Dominique Données", ["data_officer"], by=None, simulated=True)
"""
_INSIDE = """
import json, sys
from pathlib import Path
from beffroi.cli.common import setup_django
from beffroi.home import Home
setup_django(Home(Path(sys.argv[1])))
from beffroi.web.catalogue.models import Dataset, Delivery, Fetch, Snapshot, Source
from beffroi.web.catalogue.sources import fetch_jobs, source_registry
from beffroi.web.operations import scheduler
from beffroi.web.platform import scope
from beffroi.web.platform.models import Job, Person, Territory
town = Territory.objects.get()
"""


@dataclass
class Instance:
    """A home and what its commands are given."""

    home: Path
    more: dict[str, str]
    url: str = ""

    def do(self, code: str, *arguments: Any) -> str:
        """Some code inside the town, in a process of its own; what it printed."""
        inside = (
            _INSIDE + "with scope.inside(town):\n" + "".join(f"    {line}\n" for line in code.splitlines())
        )
        return self._run(inside, *arguments)

    def tick(self, times: int = 1) -> None:
        """So many turns of the clock, the sources looked at without waiting for their minute."""
        self._run(_INSIDE + f"for _ in range({times}):\n    scheduler.tick()\nfetch_jobs.start_due()\n")

    def _run(self, code: str, *arguments: Any) -> str:
        done = python(code, self.home, *map(str, arguments))
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def worker(self) -> forks.Fork:
        return start_worker(self.home, **self.more)


def found(folder: Path, **more: str) -> Instance:
    home = folder / "instance"
    blank(home, demo=True)
    made = python(_FOUND, home, EMAIL)
    assert made.returncode == 0, made.stderr
    return Instance(home, more)


@contextmanager
def served(folder: Path, **more: str) -> Iterator[Instance]:
    """The same, served by the real command until the end."""
    instance = found(folder, **more)
    instance.url = free_address()
    with serving(instance.home, instance.url, **more):
        yield instance


def link_of(instance: Instance) -> str:
    done = beffroi("signin", EMAIL, "--home", instance.home, BEFFROI_URL=instance.url)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def until(probe: Any, what: str, seconds: float = 120) -> Any:
    """The first answer that is something; a state, never a duration, is what is tested."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := probe():
            return answer
        time.sleep(0.2)
    raise AssertionError(f"never happened: {what}")
