"""Older homes are upgraded in place with a copy kept; newer ones and those of test versions are refused; none is damaged."""

import json
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from released_home import extract

from beffroi.home import FORMAT, IDENTITY, Home, HomeError
from beffroi.web.operations import schema_snapshot
from blank import blank, made_once
from commands import beffroi, python

PREPARE = """
import sys
from pathlib import Path
from beffroi.home import Home, HomeError
from beffroi.cli.common import setup_django
home = Home(Path(sys.argv[1])); setup_django(home)
from beffroi.web.operations.upgrade import prepare
try:
    prepare(home)
except HomeError as error:
    print(error); sys.exit(3)
"""


# The first step of each room, which makes its tables without the rules, and what an older version held.
OLDER = """
import sys
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
home = Home(Path(sys.argv[1])); setup_django(home)
from django.core.management import call_command
for app in ("platform", "tenancy", "catalogue", "studio", "workshop", "decisions", "trust"):
    call_command("migrate", app, "0001_initial", verbosity=0)
for app in ("account", "mfa", "usersessions", "sessions", "django_tasks_database"):
    call_command("migrate", app, verbosity=0)
"""
HELD = (
    "INSERT INTO platform_territory (id, code, name, kind, slug, siren, members, is_fictional, contact, created_at, "
    "seat, closed, suspended_why) VALUES (1, '44109', 'Nantes', 'commune', 'nantes', '214401093', '[]', 0, '', "
    "'2024-01-01', '', '{}', '')",
    "INSERT INTO platform_person (id, password, email, name, is_active, simulated, created_at) "
    "VALUES (1, '', 'ancien@example.org', 'Ancien', 1, 0, '2024-01-01')",
    "INSERT INTO platform_membership (territory_id, person_id, role, resource, legal_act_reference, since) "
    "VALUES (1, 1, 'administrator', '', '', '2024-01-01')",
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
def older(tmp_path: Path) -> Home:
    """An instance whose database lacks steps of this version."""
    path = tmp_path / "ancienne"
    shutil.copytree(made_once("older-database", _make_older), path)
    return Home(path)


@pytest.fixture
def released(tmp_path: Path) -> Home:
    """The home of the first release."""
    return Home(extract("0.1.0", tmp_path))


def _make_older(path: Path) -> None:
    made = Home(path)
    made.create(demo=False)
    done = python(OLDER, made.path)
    assert done.returncode == 0, done.stderr
    run_sql(made, *HELD)


def test_a_prepared_home_is_left_alone(home: Home):
    before = content(home)
    assert prepare(home).returncode == 0
    assert content(home) == before
    assert list(home.backups.iterdir()) == []


@pytest.mark.long  # from the very first steps; test_released_homes.py does it from a release
@pytest.mark.requirement("R93")
def test_a_home_older_than_any_release_is_upgraded_in_place(home: Home, older: Home):
    assert not _triggers(older)
    done = beffroi("upgrade", "--home", older.path)
    assert done.returncode == 0, done.stdout + done.stderr
    # Not one rule is lost on the way: remaking a table drops them silently.
    assert _triggers(older) == _triggers(home) != {}
    # The other one was made from the snapshot of the schema: migrated step by step, it would be the same.
    assert _schema(older) == _schema(home)
    with closing(sqlite3.connect(older.database)) as database:
        held = database.execute("SELECT person_id, role FROM platform_membership").fetchall()
        assert held == [(1, "administrator")]


def _triggers(home: Home) -> dict[str, str]:
    """Every rule of the database, by name."""
    with closing(sqlite3.connect(home.database)) as database:
        return dict(database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))


def _schema(home: Home) -> set[tuple[str, str, str]]:
    with closing(sqlite3.connect(home.database)) as database:
        return set(database.execute("SELECT type, name, sql FROM sqlite_master"))


def test_the_snapshot_of_the_schema_comes_from_the_migrations_that_it_names():
    assert schema_snapshot.read().is_current(), (
        "a migration, or what it calls, has changed: run `make schema`"
    )


@pytest.mark.requirement("R93")
def test_a_failed_upgrade_puts_the_database_back(released: Home):
    # A step will fail after others: what it wants to make is there already.
    run_sql(released, "ALTER TABLE platform_territory ADD COLUMN quota bigint")
    before = content(released)
    refused = prepare(released)
    assert refused.returncode == 3, refused.stderr
    assert "remise dans son état d'avant" in refused.stdout
    assert content(released) == before


OF_TEST_VERSIONS = (
    "INSERT INTO django_migrations (app, name, applied) VALUES ('territories', '0002_append_only', '2026-11-24')",
    "INSERT INTO django_migrations (app, name, applied) VALUES ('catalogue', '0010_corrections', '2026-11-24')",
)


def test_a_home_of_a_test_version_is_refused_untouched_and_told_to_export(home: Home):
    run_sql(home, *OF_TEST_VERSIONS)
    home.declare(format=1)
    before, said = content(home), home.identity_file.read_bytes()
    refused = prepare(home)
    assert refused.returncode == 3, refused.stderr
    assert "antérieure à la 0.1.0" in refused.stdout and "beffroi territory export" in refused.stdout
    assert "plus récente" not in refused.stdout
    assert (content(home), home.identity_file.read_bytes()) == (before, said)
    assert list(home.backups.iterdir()) == []


def test_the_database_of_a_test_version_is_refused_in_a_home_of_today_too(home: Home):
    """A database on a server outlives the folder of its instance."""
    run_sql(home, *OF_TEST_VERSIONS)
    before = content(home)
    refused = prepare(home)
    assert refused.returncode == 3, refused.stderr
    assert "antérieure à la 0.1.0" in refused.stdout and "plus récente" not in refused.stdout
    assert content(home) == before


def test_a_database_of_a_newer_version_is_refused_untouched(home: Home):
    run_sql(
        home,
        "INSERT INTO django_migrations (app, name, applied) VALUES ('platform', '0099_demain', '2030-01-01')",
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
