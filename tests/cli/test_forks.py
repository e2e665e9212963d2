"""The processes that the tests' commands run in: what a new interpreter gives, with an environment and a home of their own."""

import subprocess
from pathlib import Path

import pytest

import forks
from blank import blank
from commands import beffroi, environment, python

SETTINGS = """
import os, sys
from pathlib import Path
from beffroi.cli.common import setup_django
from beffroi.home import Home
setup_django(Home(Path(sys.argv[1])))
from django.conf import settings
from django.db import connection
from beffroi.web.platform.models import Territory
from beffroi.web.tenancy.services import NewTerritory, found_territory
found_territory(NewTerritory(code="99T01", name=sys.argv[2], kind="CA", population=None, is_fictional=True))
print(settings.HOME.path, connection.settings_dict["NAME"], settings.SECRET_KEY, settings.BASE_URL, os.environ.get("X"))
print(*Territory.objects.values_list("name", flat=True))
"""


@pytest.mark.long
def test_a_command_gives_what_it_gives_in_a_new_interpreter(tmp_path: Path) -> None:
    home = blank(tmp_path / "home", demo=False).path
    for arguments in (("ledger", "verify", "--home", home), ("serve", "--prot", "1")):
        fork, real = (beffroi(*arguments, real=real) for real in (False, True))
        assert (fork.returncode, fork.stdout, fork.stderr) == (real.returncode, real.stdout, real.stderr)


def test_each_has_its_own_environment_settings_and_database(tmp_path: Path) -> None:
    homes = [blank(tmp_path / name, demo=True).path for name in ("a", "b")]
    one = python(SETTINGS, homes[0], "Ville", X="1", BEFFROI_URL="https://un.example")
    other = python(SETTINGS, homes[1], "Bourg")
    for done, home, url, name, x in (
        (one, homes[0], "https://un.example", "Ville", "1"),
        (other, homes[1], "http://127.0.0.1:8000", "Bourg", "None"),
    ):
        assert done.returncode == 0, done.stderr
        said, towns = done.stdout.splitlines()
        assert said.split() == [
            str(home),
            str(home / "db.sqlite3"),
            (home / "secret.key").read_text(),
            url,
            x,
        ]
        assert towns == name


def test_a_process_is_waited_for_read_and_killed() -> None:
    slow = forks.start("import time; print('begun', flush=True); time.sleep(60)", environment())
    with pytest.raises(subprocess.TimeoutExpired):
        slow.wait(0.2)
    assert slow.poll() is None
    slow.kill()
    assert slow.communicate(timeout=30) == ("begun\n", "")
    assert slow.returncode == -9


@pytest.mark.parametrize(
    ("code", "returncode", "errors"),
    [
        ("raise SystemExit(3)", 3, ""),
        ("raise SystemExit('non')", 1, "non\n"),
        ("1 / 0", 1, "ZeroDivisionError"),
    ],
)
def test_its_exit_code_is_that_of_an_interpreter(code: str, returncode: int, errors: str) -> None:
    done = python(code)
    assert done.returncode == returncode
    assert errors in done.stderr
