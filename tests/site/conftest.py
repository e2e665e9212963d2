"""The demonstration, made by the real command and served by the real processes, once for all these tests.

It is made to be served in the long ring; in the quick one it is a copy of the one that is made once a run.
"""

import os
import re
import select
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import forks
from beffroi.demonstration.town import NAME
from beffroi.home import Home
from blank import demonstration
from browser import Visit
from commands import beffroi, environment, python, start
from endings import when_group_ends
from house import badges
from reference_data import require_reference
from rings import LONG

GUIDE = "guide@demonstration.example"
ROLES = ("guide", "supervisor", "decider", "agent")
_LINKS = """
import sys
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])))
from beffroi.web.platform.models import Person
from beffroi.web.tenancy.signin import make_link
for role in sys.argv[2:]:
    print(make_link(Person.objects.get(email=f"{role}@demonstration.example"), "signin"))
"""
_WAIT = """
import sys
import time
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])))
from beffroi.demonstration.background import KIND
from beffroi.web.platform import scope
from beffroi.web.platform.models import Job
with scope.host():
    while any(not job.finished for job in Job.objects.filter(kind=KIND)):
        time.sleep(1)
"""


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker walks the served demonstration: it is made once."""
    for item in items:
        if "tests/site/" in item.nodeid:
            item.add_marker(pytest.mark.xdist_group("site"))
            item.add_marker(pytest.mark.browser)


@dataclass
class Served:
    """A demonstration in service: its home, its address and the address of its territory."""

    home: Home
    url: str
    slug: str

    def at(self, path: str = "") -> str:
        return f"{self.url}/t/{self.slug}/{path}"

    def public(self, path: str = "") -> str:
        return f"{self.url}/p/{self.slug}/{path}"

    def wait_until_complete(self) -> None:
        """`beffroi demo` leaves most of its work to the workers."""
        done = forks.run(_WAIT, environment(), str(self.home.path), timeout=1_800)
        assert done.returncode == 0, done.stderr

    def link_for(self, email: str) -> str:
        done = beffroi("signin", email, "--home", self.home.path, BEFFROI_URL=self.url)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def _until(process: Any, pattern: str, seconds: float) -> tuple[re.Match[str], str]:
    """Read what a command prints until `pattern` is there."""
    told, end = "", time.monotonic() + seconds
    # Straight from the pipe: lines that a reader has buffered would not wake `select`.
    pipe = process.stdout.fileno()
    while time.monotonic() < end:
        if select.select([pipe], [], [], 0.5)[0]:
            read = os.read(pipe, 65536).decode()
            told += read
            if found := re.search(pattern, told):
                return found, told
            if not read:
                break
    raise AssertionError(f"never said {pattern!r}:\n{told}")


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    require_reference()
    home = Home(tmp_path_factory.mktemp("site") / "demonstration")
    if not LONG:
        demonstration(home.path)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = start("demo", "--home", home.path, "--port", str(port))

    def stop() -> None:
        process.terminate()
        process.communicate(timeout=60)
        assert process.returncode == 0

    end = when_group_ends("site", stop)
    try:
        _until(process, r"http://127\.0\.0\.1:\d+/entree/\S+", 900)
        yield Served(home, f"http://127.0.0.1:{port}", _slug())
    finally:
        end()


def _slug() -> str:
    from django.utils.text import slugify

    return slugify(NAME)[:40].strip("-")


@pytest.fixture(scope="session")
def members(served: Served) -> dict[str, list[Any]]:
    """The session cookies of members of the demonstration, who came in by single-use links: by role."""
    done = python(_LINKS, served.home.path, *ROLES)
    assert done.returncode == 0, done.stderr
    return badges(dict(zip(ROLES, done.stdout.split(), strict=True)))


@pytest.fixture(scope="session")
def badge(members: dict[str, list[Any]]) -> list[Any]:
    """The session cookies of the guide."""
    return members["guide"]


@pytest.fixture
def inside(served: Served, badge: list[Any], visit: Any) -> Any:
    """`inside("donnees/")` opens a page of the territory as the guide."""

    def open_page(path: str = "", **options: Any) -> Visit:
        return visit(served.at(path), cookies=badge, **options)

    return open_page


@pytest.fixture
def export(tmp_path: Path) -> Any:
    """A small export of a business application for a month, as a spreadsheet in French writes it."""

    def write(month: str, rows: int = 12) -> Path:
        file = tmp_path / f"Prêts médiathèque {month}.csv"
        lines = [
            f"{day:02d}/{month[5:]}/{month[:4]};Médiathèque Élise;{day * 3},5" for day in range(1, rows + 1)
        ]
        file.write_bytes(("Jour;Lieu;Prêts\r\n" + "\r\n".join(lines) + "\r\n").encode("cp1252"))
        return file

    return write
