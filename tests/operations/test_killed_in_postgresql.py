"""Restore, upgrade and way back of an instance in PostgreSQL, killed in the middle: the old state or the new one, and the next command goes on."""

import os
from pathlib import Path

import pytest
import towns_home

import postgres
from beffroi.home import Home
from commands import beffroi, python
from postgres import Cluster
from reference_data import require_reference

pytestmark = pytest.mark.long  # a server, an instance's life, commands

KILLED = """
import os, signal, sys
from pathlib import Path
from beffroi.cli.common import setup_django
from beffroi.home import Home
home, source, name = Home(Path(sys.argv[1])), Path(sys.argv[2]), sys.argv[3]
setup_django(home)
from beffroi.web.operations import backup, dumps, upgrade
from beffroi.web.platform.postgresql import lakes, owner
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
where, _, function = name.partition(".")
module = {"dumps": dumps, "upgrade": upgrade, "lakes": lakes, "owner": owner}[where]
original = getattr(module, function)
after = "after" in sys.argv
setattr(module, function, (lambda *a, **n: (original(*a, **n), die())) if after else die)
if source.name == "upgrade":
    upgrade._upgrade_postgresql(home, fresh=False)
else:
    backup.restore(source, home)
"""
# A `psql` or a `pg_dump` that does half of its work, then sees the whole command killed.
HALF = """#!/bin/sh
for each; do case $each in --file=*) file=${each#--file=}; [ -s "$file" ] || printf half >"$file";; esac; done
kill -9 $PPID
sleep 5
"""
# A database of an older version: the first step of each room, without what came since.
OLDER = """
import sys
from pathlib import Path
from beffroi.home import FORMAT, Home
from beffroi.cli.common import setup_django
home = Home(Path(sys.argv[1])); home.create(demo=False); setup_django(home)
from django.core.management import call_command
from beffroi.web.platform.postgresql import owner
from beffroi.ledger.roots import ensure_key
with owner.as_owner():
    for app in ("platform", "tenancy", "catalogue", "studio", "workshop", "decisions", "trust"):
        call_command("migrate", app, "0001_initial", verbosity=0)
    for app in ("account", "mfa", "usersessions", "sessions", "django_tasks_database"):
        call_command("migrate", app, verbosity=0)
    from django.db import connection
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"GRANT SELECT ON {table} TO {owner.application()}")
ensure_key(home.ledger_key)
home.declare(format=FORMAT, database="postgresql")
"""


@pytest.fixture(scope="module")
def server() -> Cluster:
    require_reference()
    return postgres.shared()


@pytest.fixture(scope="module")
def night(server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `home`, in PostgreSQL, whose towns have data, its backup `night.tar.gz`."""
    folder = tmp_path_factory.mktemp("night")
    home, environment = Home(folder / "home"), server.environment(server.database())
    home.create(demo=False)
    towns_home.run(towns_home.FILL, home.path, **environment)
    saved = beffroi("backup", folder / "night.tar.gz", "--home", home.path, **environment)
    assert saved.returncode == 0, saved.stderr
    return folder


def restored(night: Path, home: Path, environment: dict[str, str]) -> str:
    """Restore the night there, and look at all that came back; what the command said."""
    done = beffroi("restore", night / "night.tar.gz", "--home", home, "--json", **environment)
    assert done.returncode == 0, done.stderr
    assert '"territories/saint-mure/lasting"' in done.stdout
    for slug in towns_home.TOWNS:
        assert (Home(home).lake(slug, "lasting") / "catalog.json").is_file()
    checked = beffroi("doctor", "--full", "--home", home, **environment)
    assert "chaque octet relu, base, catalogues et registre compris" in checked.stdout, checked.stdout
    return done.stderr


def tables(server: Cluster, database: str) -> int:
    return int(server.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", database=database))


@pytest.mark.parametrize(
    "point", ["psql", "dumps.load:after", "upgrade.migrate_postgresql:after", "lakes.adopt:after"]
)
def test_a_restore_that_is_killed_is_begun_again_by_the_same_command(
    server: Cluster, night: Path, tmp_path: Path, point: str
):
    database = server.database()
    environment = server.environment(database)
    home = tmp_path / "home"
    name, _, when = point.partition(":")
    if name == "psql":
        _half(tmp_path / "bin" / "psql")
        with_half = environment | {"PATH": f"{tmp_path / 'bin'}:{_path()}"}
        killed = beffroi("restore", night / "night.tar.gz", "--home", home, real=True, **with_half)
    else:
        killed = python(KILLED, home, night / "night.tar.gz", name, when, **environment)
    assert killed.returncode in (-9, 9, 137), killed.stdout + killed.stderr
    assert not home.exists()
    assert (tables(server, database) == 0) == (name == "psql")
    said = restored(night, home, environment)
    assert ("s'était arrêtée dans cette base" in said) == (name != "psql")
    # Nothing says any more that a restore is under way: this database is that of an instance.
    again = beffroi("restore", night / "night.tar.gz", "--home", tmp_path / "other", **environment)
    assert again.returncode == 1 and "n'est pas vide" in again.stderr


def test_a_database_is_emptied_by_command_with_a_copy_then_takes_a_backup(
    server: Cluster, night: Path, tmp_path: Path
):
    database = server.database()
    environment = server.environment(database)
    restored(night, tmp_path / "first", environment)
    served = beffroi(
        "invite",
        "b@example.org",
        "--role",
        "agent",
        "--home",
        tmp_path / "first",
        "--territory",
        "saint-mure",
        **environment,
    )
    assert served.returncode == 0, served.stderr
    held = server.sql("SELECT count(*) FROM platform_membership", database=database)
    command = ("database", "empty", tmp_path / "kept.dump", "--yes", "--home", tmp_path / "first")
    _half(tmp_path / "bin" / "psql")
    killed = beffroi(*command, real=True, **environment | {"PATH": f"{tmp_path / 'bin'}:{_path()}"})
    assert killed.returncode in (-9, 9, 137), killed.stderr
    assert server.sql("SELECT count(*) FROM platform_membership", database=database) == held
    (tmp_path / "kept.dump").unlink()
    done = beffroi(*command, **environment)
    assert done.returncode == 0, done.stderr
    left = server.sql(
        "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'lake%' UNION ALL SELECT proname FROM pg_proc "
        "WHERE pronamespace = 'public'::regnamespace UNION ALL SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace",
        database=database,
    )
    assert left == "" and (tmp_path / "kept.dump").stat().st_size > 100_000
    # The folder that is left is not taken for that of a new instance.
    for more in (("upgrade",), ("upgrade", "--pending")):
        refused = beffroi(*more, "--home", tmp_path / "first", **environment)
        assert refused.returncode == 1 and "est vide" in refused.stderr
    assert tables(server, database) == 0
    restored(night, tmp_path / "second", environment)


def test_an_upgrade_that_is_killed_leaves_the_tables_as_they_were_and_no_half_copy(
    server: Cluster, tmp_path: Path
):
    database = server.database()
    environment = server.environment(database)
    home = Home(tmp_path / "older")
    made = python(OLDER, home.path, **environment)
    assert made.returncode == 0, made.stderr
    shape = "SELECT string_agg(tablename, ' ' ORDER BY tablename) FROM pg_tables WHERE schemaname = 'public'"
    before = server.sql(shape, database=database)
    _half(tmp_path / "bin" / "pg_dump")
    cut = beffroi(
        "upgrade", "--home", home.path, real=True, **environment | {"PATH": f"{tmp_path / 'bin'}:{_path()}"}
    )
    assert cut.returncode in (-9, 9, 137), cut.stderr
    assert not list(home.backups.glob("*.dump"))
    killed = python(KILLED, home.path, "upgrade", "owner.protect", **environment)
    assert killed.returncode in (-9, 9, 137), killed.stderr
    assert server.sql(shape, database=database) == before
    pending = beffroi("upgrade", "--pending", "--home", home.path, **environment)
    assert int(pending.stdout) > 1, pending.stderr

    # A backup of the older version is restored by this one, elsewhere, and this one upgraded where it is.
    saved = beffroi("backup", tmp_path / "older.tar.gz", "--home", home.path, **environment)
    assert saved.returncode == 0, saved.stderr
    other = server.environment(server.database())
    done = beffroi("restore", tmp_path / "older.tar.gz", "--home", tmp_path / "elsewhere", **other)
    assert done.returncode == 0, done.stderr
    upgraded = beffroi("upgrade", "--home", home.path, **environment)
    assert upgraded.returncode == 0, upgraded.stderr
    assert server.sql(shape, database=database) != before


def _half(program: Path) -> None:
    program.parent.mkdir(exist_ok=True)
    program.write_text(HALF)
    program.chmod(0o755)


def _path() -> str:
    return os.environ["PATH"]
