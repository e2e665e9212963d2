"""Older homes are upgraded in place with a copy kept; newer ones are refused; none is damaged."""

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from beffroi.home import FORMAT, IDENTITY, Home, HomeError
from blank import blank
from commands import python

PREPARE = """
import sys
from pathlib import Path
from beffroi.home import Home, HomeError
from beffroi.cli.common import wake
home = Home(Path(sys.argv[1])); wake(home)
from beffroi.web.operations.upgrade import prepare
try:
    prepare(home)
except HomeError as error:
    print(error); sys.exit(3)
"""


# The steps that the first version had, and what it held.
FIRST = """
import sys
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import wake
home = Home(Path(sys.argv[1])); wake(home)
from django.core.management import call_command
call_command("migrate", "territories", "0002_append_only", verbosity=0)
for app in ("account", "mfa", "usersessions", "sessions", "django_tasks_database"):
    call_command("migrate", app, verbosity=0)
for app in ("catalogue", "studio", "workshop"):
    call_command("migrate", app, "0001_initial", verbosity=0)
call_command("migrate", "decisions", "0002_append_only", verbosity=0)
"""
HELD = (
    "INSERT INTO territories_territory (id, code, name, kind, slug, siren, members, is_fictional, contact, created_at) "
    "VALUES (1, '44109', 'Nantes', 'commune', 'nantes', '214401093', '[]', 0, '', '2024-01-01')",
    "INSERT INTO territories_person (id, password, email, name, is_active, simulated, created_at) "
    "VALUES (1, '', 'ancien@example.org', 'Ancien', 1, 0, '2024-01-01')",
    *(
        "INSERT INTO territories_membership (territory_id, person_id, role, since) "
        f"VALUES (1, 1, '{role}', '2024-01-01')"
        for role in ("administrator", "steward", "decider")
    ),
)


def prepare(home: Home) -> subprocess.CompletedProcess[str]:
    return python(PREPARE, home.path)


def run_sql(home: Home, *statements: str) -> None:
    with closing(sqlite3.connect(home.database)) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


def content(home: Home) -> list[str]:
    """All that the database holds, however its files are laid out."""
    with closing(sqlite3.connect(home.database)) as database:
        return list(database.iterdump())


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return blank(tmp_path / "instance", demo=False)


@pytest.fixture
def first(tmp_path: Path) -> Home:
    """An instance as the first version left it."""
    made = Home(tmp_path / "premiere")
    made.create(demo=False)
    done = python(FIRST, made.path)
    assert done.returncode == 0, done.stderr
    run_sql(made, *HELD)
    return made


def test_a_prepared_home_is_left_alone(home: Home):
    before = content(home)
    assert prepare(home).returncode == 0
    assert content(home) == before
    assert list(home.backups.iterdir()) == []


@pytest.mark.requirement("R93")
def test_a_home_of_the_first_version_is_upgraded_in_place_and_a_copy_is_kept(home: Home, first: Home):
    assert _triggers(first) != _triggers(home)
    done = prepare(first)
    assert done.returncode == 0, done.stdout + done.stderr
    # Not one rule is lost on the way: remaking a table drops them silently.
    assert _triggers(first) == _triggers(home)
    with closing(sqlite3.connect(first.database)) as database:
        held = database.execute("SELECT role FROM territories_membership ORDER BY role").fetchall()
        assert held == [("administrator",), ("data_officer",), ("decider",)]
        assert database.execute("SELECT count(*) FROM territories_hostoperator").fetchone() == (1,)
        assert database.execute("SELECT count(*) FROM territories_hosting").fetchone() == (1,)
    (copy,) = first.backups.iterdir()
    with closing(sqlite3.connect(copy)) as kept:
        assert ("steward",) in kept.execute("SELECT role FROM territories_membership").fetchall()


def _triggers(home: Home) -> dict[str, str]:
    """Every rule of the database, by name."""
    with closing(sqlite3.connect(home.database)) as database:
        return dict(database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))


@pytest.mark.requirement("R93")
def test_a_failed_upgrade_puts_the_database_back(first: Home):
    # A step will fail: what it wants to make is there already.
    run_sql(first, "CREATE TABLE territories_host (id INTEGER)")
    before = content(first)
    refused = prepare(first)
    assert refused.returncode == 3, refused.stderr
    assert "remise dans son état d'avant" in refused.stdout
    assert content(first) == before


def test_a_database_of_a_newer_version_is_refused_untouched(home: Home):
    run_sql(
        home,
        "INSERT INTO django_migrations (app, name, applied) VALUES ('territories', '0099_demain', '2030-01-01')",
    )
    before = content(home)
    refused = prepare(home)
    assert refused.returncode == 3
    assert "plus récente" in refused.stdout
    assert content(home) == before


def test_a_newer_home_is_refused_with_advice(home: Home):
    home.declare(format=FORMAT + 1)
    with pytest.raises(HomeError, match="Installez la version récente"):
        home.check_format()


def test_a_folder_that_is_no_home_says_how_to_make_one(tmp_path: Path):
    with pytest.raises(HomeError, match="beffroi init"):
        Home(tmp_path).check_format()


def test_a_home_is_never_made_over_something(tmp_path: Path):
    (tmp_path / "photo.jpg").write_bytes(b"x")
    with pytest.raises(HomeError, match="n'est pas vide"):
        Home(tmp_path).create(demo=False)
    assert [p.name for p in tmp_path.iterdir()] == ["photo.jpg"]


def test_the_keys_of_a_home_are_readable_by_its_owner_only(home: Home):
    assert (home.path / "secret.key").stat().st_mode & 0o077 == 0
    assert home.path.stat().st_mode & 0o077 == 0


def test_an_unreadable_identity_is_told_and_kept(home: Home):
    (home.path / IDENTITY).write_text("{cassé")
    with pytest.raises(HomeError, match="illisible"):
        home.check_format()
    assert (home.path / IDENTITY).read_text() == "{cassé"


def test_two_homes_do_not_share_a_key(tmp_path: Path):
    keys = set()
    for name in "ab":
        made = Home(tmp_path / name)
        made.create(demo=False)
        keys.add((made.path / "secret.key").read_text())
        assert json.loads((made.path / IDENTITY).read_text())["format"] == FORMAT
    assert len(keys) == 2
