"""Homes whose making is not what a test looks at: the tables are made once by the real code (`migrated.py`), then copied.

`blank` is a home as it is before its first territory, with keys of its own; `with_towns` one with invented towns and their
people; `founded` one as `beffroi init` makes it.
"""

import atexit
import functools
import shutil
import tempfile
from pathlib import Path
from typing import Any

import forks
import migrated
from beffroi.home import FORMAT, Home
from commands import python

_INIT = """
import sys
from pathlib import Path
from beffroi.cli.instance import _furnish
from beffroi.home import Home
from beffroi.lake.reference.places import find_place
home, given = sys.argv[1], dict(zip(sys.argv[2::2], sys.argv[3::2]))
print(_furnish(Home(Path(home)), find_place(given["--territory"]), given["--email"], given.get("--name", "")))
"""


def blank(path: Path, *, demo: bool) -> Home:
    """A new home with its database made: to prepare it changes nothing more."""
    home = Home(path)
    home.create(demo=demo)
    shutil.copyfile(migrated.database(), home.database)
    home.declare(format=FORMAT, database="sqlite")
    return home


def with_towns(path: Path, *, towns: int, proposals: int = 0) -> Any:
    """An instance to serve, as `benchmarks.served.prepare` makes it."""
    from benchmarks.served import prepare

    return prepare(blank(path, demo=True).path, towns=towns, proposals=proposals, execute=forks.execute)


def founded(path: Path, *arguments: str, url: str = "http://127.0.0.1:8000") -> str:
    """A copy of the home that `beffroi init` makes with these arguments, its tables copied; the link of its first person."""
    made, told = _founded(arguments)
    shutil.copytree(made, path)
    return told.replace("http://127.0.0.1:8000", url)


@functools.cache
def _folder() -> Path:
    folder = tempfile.TemporaryDirectory(prefix="beffroi-made-once-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


@functools.cache
def _founded(arguments: tuple[str, ...]) -> tuple[Path, str]:
    home = _folder() / f"founded-{abs(hash(arguments))}"
    blank(home, demo=False)
    made = python(_INIT, home, *arguments)
    assert made.returncode == 0, made.stderr
    return home, made.stdout
