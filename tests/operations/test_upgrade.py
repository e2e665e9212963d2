"""Older homes are upgraded in place with a copy kept; newer ones are refused; none is damaged."""

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from beffroi.home import FORMAT, IDENTITY, Home, HomeError
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
    made = Home(tmp_path / "instance")
    made.create(demo=False)
    assert prepare(made).returncode == 0
    return made


def test_a_prepared_home_is_left_alone(home: Home):
    before = content(home)
    assert prepare(home).returncode == 0
    assert content(home) == before
    assert list(home.backups.iterdir()) == []


def test_an_older_home_is_upgraded_in_place_and_a_copy_is_kept(home: Home):
    # As an older version left it: its database lacks the last step of a room.
    last_step = _triggers(home, "decisions_")
    assert len(last_step) >= 4
    run_sql(
        home,
        *(f"DROP TRIGGER {name}" for name in last_step),
        "DELETE FROM django_migrations WHERE app = 'decisions' AND name = '0002_append_only'",
        "INSERT INTO territories_person (password, email, name, is_active, simulated, created_at) "
        "VALUES ('', 'ancien@example.org', 'Ancien', 1, 0, '2024-01-01')",
    )
    done = prepare(home)
    assert done.returncode == 0, done.stdout
    assert _triggers(home, "decisions_") == last_step
    with closing(sqlite3.connect(home.database)) as database:
        assert database.execute("SELECT name FROM territories_person").fetchall() == [("Ancien",)]
    (copy,) = home.backups.iterdir()
    with closing(sqlite3.connect(copy)) as kept:
        assert kept.execute("SELECT name FROM territories_person").fetchall() == [("Ancien",)]


def _triggers(home: Home, table: str) -> list[str]:
    with closing(sqlite3.connect(home.database)) as database:
        rows = database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE ? ORDER BY name",
            [f"{table}%"],
        )
        return [name for (name,) in rows]


def test_a_failed_upgrade_puts_the_database_back(home: Home):
    # The step will fail: what it wants to make is there already.
    run_sql(home, "DELETE FROM django_migrations WHERE app = 'decisions' AND name = '0002_append_only'")
    before = content(home)
    refused = prepare(home)
    assert refused.returncode == 3
    assert "remise dans son état d'avant" in refused.stdout
    assert content(home) == before


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
