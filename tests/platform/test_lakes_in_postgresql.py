"""The catalogues of the lakes in PostgreSQL: each territory's role reaches its own two schemas, and nothing else.

On a server of its own that asks for passwords, prepared by the real owner's commands, in a process of its own.
"""

import os
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from beffroi.lake import catalogues
from beffroi.lake.catalogues import PostgreSQL
from beffroi.lake.errors import LakeError
from beffroi.lake.store import Lake
from lake.lakes import staged
from postgres import APPLICATION, OWNER, Cluster, cluster

pytestmark = (
    pytest.mark.long
)  # a server and a host of their own; isolation keeps rows apart in the quick ring

MADE = """
import django, os
django.setup()
from django.conf import settings
from django.core.management import call_command
from beffroi.lake import catalogues
from beffroi.lake.store import Lake
from beffroi.web.platform import scope
from beffroi.web.platform.models import Territory
from beffroi.web.platform.postgresql import lakes, owner
from beffroi.web.tenancy.services import NewTerritory, found_territory

def town(name, code):
    found = Territory.objects.filter(code=code).first()
    return found or found_territory(NewTerritory(code=code, name=name, kind="CA", population=10))
"""


@pytest.fixture(scope="module")
def server() -> Cluster:
    """Every role but the superuser needs its password; the owner's and the application's are told by their address."""
    made = cluster()
    for role in (OWNER, APPLICATION):
        made.sql(f"ALTER ROLE {role} PASSWORD 'mot-{role}'", database="postgres", role="postgres")
    rules = made.folder / "data" / "pg_hba.conf"
    rules.write_text("local all postgres trust\nlocal all all scram-sha-256\n")
    made.sql("SELECT pg_reload_conf()", database="postgres", role="postgres")
    return made


def run(server: Cluster, home: Path, body: str) -> str:
    """What the site prints when it runs this on that server, with that home."""
    url = f"postgresql://{{0}}:mot-{{0}}@/beffroi?host={server.folder}&port={server.port}"
    named = {
        "BEFFROI_HOME": str(home),
        "BEFFROI_TESTING": "1",
        "BEFFROI_DATABASE": url.format(APPLICATION),
        "BEFFROI_DATABASE_OWNER": url.format(OWNER),
        "DJANGO_SETTINGS_MODULE": "beffroi.web.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", MADE + body],
        env=os.environ | named,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def home(server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two towns whose lakes were made in PostgreSQL."""
    path = tmp_path_factory.mktemp("hote")
    body = """
with owner.as_owner():
    call_command("migrate", interactive=False, verbosity=0)
    owner.protect()
    owner.protect()
for name, code in (("Belval", "99A"), ("Clairmont", "99B")):
    lakes.make_ready(town(name, code))
    lakes.make_ready(town(name, code))
"""
    run(server, path, body)
    return path


def address(home: Path, town: str, kind: str = "lasting") -> PostgreSQL:
    found = catalogues.catalogue_of(home / "territories" / town / kind)
    assert isinstance(found, PostgreSQL)
    return found


def as_role(server: Cluster, who: PostgreSQL) -> psycopg.Connection:
    return psycopg.connect(
        host=who.host,
        port=who.port,
        dbname=who.database,
        user=who.role,
        password=who.password,
        autocommit=True,
    )


def test_a_new_town_has_one_role_for_two_schemas_and_its_folder_single_knows_the_password(home: Path) -> None:
    lasting, personal = address(home, "belval"), address(home, "belval", "personal")
    assert (lasting.role, lasting.password) == (personal.role, personal.password)
    assert {lasting.schema.split("_")[1], personal.schema.split("_")[1]} == {"lasting", "personal"}
    assert lasting.role != address(home, "clairmont").role
    assert lasting.password != address(home, "clairmont").password
    for kind in ("lasting", "personal"):
        file = home / "territories" / "belval" / kind / catalogues.POSTGRESQL
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert lasting.password not in repr(lasting)
    assert not (home / "territories" / "belval" / "staging" / catalogues.POSTGRESQL).exists()


def test_a_town_s_role_reads_and_writes_its_own_lakes(home: Path, tmp_path: Path) -> None:
    for kind in ("lasting", "personal"):
        with Lake(home / "territories" / "belval" / kind) as lake:
            lake.write("t", staged(tmp_path / kind, {"v": [1, 2]}), delivery=1, act="a", mode="replace")
            assert lake.count("t") == 2


def test_a_town_s_role_reaches_nothing_of_another_nor_of_the_site(server: Cluster, home: Path) -> None:
    own, others = address(home, "belval"), address(home, "clairmont")
    refused = [
        f"SELECT * FROM {others.schema}.ducklake_table",
        f"DELETE FROM {others.schema}.ducklake_snapshot",
        f"CREATE TABLE {others.schema}.x (a int)",
        f"GRANT USAGE ON SCHEMA {own.schema} TO {others.role}",
        f"DROP SCHEMA {own.schema} CASCADE",
        "SELECT * FROM public.platform_person",
        "SELECT * FROM public.platform_ledgerline",
        "CREATE TABLE public.x (a int)",
        "CREATE SCHEMA y",
        "CREATE ROLE z",
        f"SET ROLE {others.role}",
        f"SET ROLE {OWNER}",
        f"ALTER ROLE {others.role} PASSWORD 'x'",
        "SELECT public.beffroi_prepare_lakes(1, 'x')",
        "COPY (SELECT 1) TO PROGRAM 'id'",
        "SELECT pg_read_file('/etc/passwd')",
    ]
    with as_role(server, own) as connection:
        assert connection.execute(f"SELECT count(*) > 0 FROM {own.schema}.ducklake_snapshot").fetchone() == (
            True,
        )
        for statement in refused:
            # A GRANT that gives nothing is a warning for PostgreSQL: what counts is that nothing was given.
            if statement.startswith("GRANT"):
                connection.execute(statement)
                continue
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
    with as_role(server, others) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(f"SELECT * FROM {own.schema}.ducklake_table")


def test_the_application_s_role_reaches_no_lake_makes_no_role_and_opens_none_in_use(
    server: Cluster, home: Path
) -> None:
    town = address(home, "belval")
    number = int(town.schema.rpartition("_")[2])
    site = psycopg.connect(
        host=str(server.folder),
        dbname="beffroi",
        user=APPLICATION,
        password=f"mot-{APPLICATION}",
        autocommit=True,
    )
    verifier = site.pgconn.encrypt_password(b"x", b"", b"scram-sha-256").decode()
    with site:
        for statement in (f"SELECT * FROM {town.schema}.ducklake_table", "CREATE ROLE z", "CREATE SCHEMA z"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                site.execute(statement)
        with pytest.raises(psycopg.errors.ObjectInUse):
            site.execute("SELECT beffroi_prepare_lakes(%s, %s)", [number, verifier])
        for bad in ("x", "SCRAM-SHA-256$4096:a$b:c' SUPERUSER --", None):
            with pytest.raises(psycopg.errors.RaiseException, match="verifier"):
                site.execute("SELECT beffroi_prepare_lakes(%s, %s)", [999_999, bad])
        with pytest.raises(psycopg.errors.RaiseException, match="no role"):
            site.execute("SELECT beffroi_prepare_lakes(%s, %s)", [-1, verifier])
    with Lake(home / "territories" / "belval" / "lasting", read_only=True) as lake:
        assert lake.version() >= 0


def test_a_wrong_password_is_stated_without_being_repeated(
    home: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    right = address(home, "belval")
    folder = tmp_path / "lasting"
    wrong = PostgreSQL(**{**vars(right), "password": "Tr0p-secret'\\"})
    catalogues.write_postgresql_address(folder, wrong)
    with pytest.raises(LakeError, match="ne répond pas, ou refuse") as refused:
        Lake(folder, read_only=True)
    import traceback

    message = "".join(traceback.format_exception(refused.value)) + caplog.text + "".join(capfd.readouterr())
    assert "Tr0p" not in message and "password=" not in message
    catalogues.write_postgresql_address(folder, PostgreSQL(**{**vars(right), "host": "/nowhere"}))
    with pytest.raises(LakeError, match="/nowhere") as refused:
        Lake(folder)
    assert right.password not in "".join(traceback.format_exception(refused.value))


def test_lakes_of_sqlite_are_adopted_once_and_a_database_in_use_is_not_written_over(
    server: Cluster, home: Path, tmp_path: Path
) -> None:
    folder = home / "territories" / "duval" / "lasting"
    run(server, home, 'town("Duval", "99D")')
    with Lake(folder) as lake:
        lake.write("t", staged(tmp_path / "s", {"v": [1, 2]}), delivery=1, act="a", mode="replace")
        before = lake.checksums()
    for _ in range(2):
        run(server, home, 'town("Duval", "99D"); lakes.adopt(settings.HOME)')
        assert address(home, "duval").schema.startswith("lake_lasting_")
        with Lake(folder, read_only=True) as lake:
            assert lake.checksums() == before
    # Another home on the same database, as a trial restore would be: the lakes that serve keep their password and rows.
    other = tmp_path / "autre"
    with Lake(other / "territories" / "duval" / "lasting") as lake:
        lake.write("t", staged(tmp_path / "s", {"v": [9]}), delivery=1, act="a", mode="replace")
    text = run(
        server,
        other,
        """
try:
    lakes.adopt(settings.HOME)
except Exception as error:
    print(error)
""",
    )
    assert "contient déjà un catalogue pour « Duval »" in text
    assert not (other / "territories" / "duval" / "lasting" / catalogues.POSTGRESQL).exists()
    with Lake(folder, read_only=True) as lake:
        assert lake.checksums() == before


def test_no_password_is_written_in_the_server_s_journal(server: Cluster, home: Path) -> None:
    journal = (server.folder / "log").read_text(errors="replace")
    assert "beffroi_prepare_lakes" in journal  # the refusals above are in it
    for town in ("belval", "clairmont"):
        assert address(home, town).password not in journal
