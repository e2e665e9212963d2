"""Homes whose making is not what a test looks at: each is made once a run by the real code, then copied.

`blank` is a home as it is before its first territory, with keys of its own; `with_towns` one with invented towns and their
people; `founded` one as `beffroi init` makes it; `demonstration` the one that `beffroi demo --once` made. `tests/conftest.py`
names this module as a plugin, which gives it the folder that the workers of a run share.
"""

import atexit
import fcntl
import functools
import json
import shutil
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import forks
import migrated
from beffroi.home import FORMAT, Home
from commands import beffroi, environment, python
from reference_data import require_reference
from rings import LONG

_shared: Path | None = None  # the folder of the run, where several workers have one

_INIT = """
import sys
from pathlib import Path
from beffroi.cli.common import new_territory, setup_django
from beffroi.cli.instance import _furnish
from beffroi.home import Home
from beffroi.lake.reference.places import find_place
home, given = Home(Path(sys.argv[1])), dict(zip(sys.argv[2::2], sys.argv[3::2]))
setup_django(home, base_url="http://127.0.0.1:8000")
new = new_territory(find_place(given["--territory"]), None, None, None, "", ())
print(_furnish(home, new, given["--email"], given.get("--name", ""), preset=given.get("--preset", "")))
"""


_SHOW = """
import json
import sys
from pathlib import Path
from beffroi.cli.demo import _prepare
from beffroi.home import Home
print(json.dumps(_prepare(Home(Path(sys.argv[1])), None, None, True, "http://127.0.0.1:8000")))
"""


def blank(path: Path, *, demo: bool) -> Home:
    """A new home with its database made: to prepare it changes nothing more."""
    home = Home(path)
    home.create(demo=demo)
    shutil.copyfile(migrated.database(), home.database)
    home.declare(format=FORMAT, database="sqlite")
    return home


def with_towns(path: Path, *, towns: int, proposals: int = 0) -> Any:
    """An instance to serve, as `support.served.prepare` makes it."""
    from support.served import prepare

    return prepare(blank(path, demo=True).path, towns=towns, proposals=proposals, execute=forks.execute)


def founded(path: Path, *arguments: str, url: str = "http://127.0.0.1:8000") -> str:
    """A copy of the home that `beffroi init` makes with these arguments, its tables copied; the link of its first person."""
    made, told = _founded(arguments)
    shutil.copytree(made, path)
    return told.replace("http://127.0.0.1:8000", url)


def demonstration(path: Path) -> tuple[dict[str, Any], str]:
    """A copy of the home that `beffroi demo --once --json` makes (its tables copied); its report, and what it said of its progress."""
    require_reference()
    made = made_once("demonstration", _demonstrate)
    shutil.copytree(made / "home", path)
    return json.loads((made / "report.json").read_text("utf-8")), (made / "progress.txt").read_text("utf-8")


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """A folder that `make` fills, by the first worker that asks; it is not to be written in: copy it."""
    made = _folder() / name
    unfinished = made.with_suffix(".unfinished")
    with made.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            assert not unfinished.exists(), f"« {name} » could not be made: see the first failure of this run"
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(made)
    return made


def pytest_configure(config: pytest.Config) -> None:
    global _shared
    if hasattr(config, "workerinput"):  # xdist gives each worker a folder inside the run's
        _shared = Path(config.option.basetemp).parent / "made-once"
        _shared.mkdir(parents=True, exist_ok=True)


@functools.cache
def _folder() -> Path:
    if _shared is not None:
        return _shared
    folder = tempfile.TemporaryDirectory(prefix="beffroi-made-once-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


def _demonstrate(folder: Path) -> None:
    if LONG:
        made = beffroi("demo", "--once", "--json", "--home", folder / "home", timeout=900, real=True)
    else:
        blank(folder / "home", demo=True)
        made = forks.run(_SHOW, environment(), str(folder / "home"), timeout=900)
    assert made.returncode == 0, made.stderr
    (folder / "report.json").write_text(made.stdout, "utf-8")
    (folder / "progress.txt").write_text(made.stderr, "utf-8")


def _founded(arguments: tuple[str, ...]) -> tuple[Path, str]:
    def found(folder: Path) -> None:
        blank(folder / "home", demo=False)
        made = python(_INIT, folder / "home", *arguments)
        assert made.returncode == 0, made.stderr
        (folder / "printed.txt").write_text(made.stdout, "utf-8")

    made = made_once(f"founded-{zlib.crc32(' '.join(arguments).encode())}", found)
    return made / "home", (made / "printed.txt").read_text("utf-8")
