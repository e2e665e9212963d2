"""An instance whose rows are in PostgreSQL: made, saved, restored, carried there from SQLite; refused when it is not safe."""

import json
from pathlib import Path

import pytest

import postgres
from beffroi.home import Home
from blank import founded
from commands import beffroi
from postgres import APPLICATION, OWNER, Cluster
from reference_data import require_reference


@pytest.fixture(scope="module")
def server() -> Cluster:
    require_reference()
    return postgres.shared()


@pytest.fixture
def database(server: Cluster) -> str:
    return server.database()


NANTES = ("--territory", "44109", "--email", "a@example.org")


def init(home: Path, **environment: str) -> None:
    done = beffroi("init", *NANTES, "--home", home, **environment)
    assert done.returncode == 0, done.stderr


def owner_only(environment: dict[str, str]) -> dict[str, str]:
    return {"BEFFROI_DATABASE": environment["BEFFROI_DATABASE"]}


def test_an_instance_made_there_holds_nothing_in_sqlite_and_protects_every_row(
    server: Cluster, database: str, tmp_path: Path
) -> None:
    init(tmp_path / "i", **server.environment(database))
    home = Home(tmp_path / "i")
    assert not home.database.exists()
    assert home.identity()["database"] == "postgresql"
    assert server.sql("SELECT name FROM territories_territory", database=database) == "Nantes"
    # The application's role, without saying which territory it works for, sees none of its rows.
    seen = "SELECT count(*) FROM territories_membership"
    assert server.sql(seen, database=database) == "1"
    assert server.sql(seen, database=database, role=APPLICATION) == "0"


def test_the_application_works_without_the_owner(server: Cluster, database: str, tmp_path: Path) -> None:
    environment = server.environment(database)
    init(tmp_path / "i", **environment)
    invited = beffroi(
        "invite", "b@example.org", "--role", "agent", "--home", tmp_path / "i", **owner_only(environment)
    )
    assert invited.returncode == 0, invited.stderr
    checked = beffroi("ledger", "verify", "--home", tmp_path / "i", **owner_only(environment))
    assert checked.returncode == 0, checked.stderr


def test_making_the_tables_without_the_owner_is_refused_and_leaves_nothing(
    server: Cluster, database: str, tmp_path: Path
) -> None:
    done = beffroi(
        *("init", "--territory", "44109", "--email", "a@example.org", "--home", tmp_path / "i"),
        **owner_only(server.environment(database)),
    )
    assert done.returncode == 1
    assert "BEFFROI_DATABASE_OWNER" in done.stderr
    assert not (tmp_path / "i").exists()


def test_a_role_that_could_see_every_territory_is_refused(
    server: Cluster, database: str, tmp_path: Path
) -> None:
    address = server.url(database, OWNER)
    done = beffroi(
        *("init", "--territory", "44109", "--email", "a@example.org", "--home", tmp_path / "i"),
        BEFFROI_DATABASE=address,
        BEFFROI_DATABASE_OWNER=address,
    )
    assert done.returncode == 1
    assert "trop de droits" in done.stderr
    assert server.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", database=database) == "0"


def test_a_server_that_does_not_answer_is_told_without_its_password(tmp_path: Path) -> None:
    address = f"postgresql://beffroi_app:tres-secret@/beffroi?host={tmp_path}"
    done = beffroi(
        *("init", "--territory", "44109", "--email", "a@example.org", "--home", tmp_path / "i"),
        BEFFROI_DATABASE=address,
        BEFFROI_DATABASE_OWNER=address,
    )
    assert done.returncode == 1
    assert "PostgreSQL" in done.stderr and "tres-secret" not in done.stderr


def test_a_home_is_never_opened_on_another_database(server: Cluster, database: str, tmp_path: Path) -> None:
    environment = server.environment(database)
    init(tmp_path / "there", **environment)
    without = beffroi("ledger", "verify", "--home", tmp_path / "there")
    assert without.returncode == 1 and "PostgreSQL" in without.stderr
    assert not Home(tmp_path / "there").database.exists()
    founded(tmp_path / "here", *NANTES)
    other = beffroi("ledger", "verify", "--home", tmp_path / "here", **server.environment(server.database()))
    assert other.returncode == 1 and "database move" in other.stderr


def test_a_backup_restored_in_an_empty_database_is_identical_and_as_well_protected(
    server: Cluster, database: str, tmp_path: Path
) -> None:
    environment = server.environment(database)
    init(tmp_path / "i", **environment)
    saved = beffroi("backup", tmp_path / "b.tar.gz", "--home", tmp_path / "i", **environment)
    assert saved.returncode == 0, saved.stderr
    full = beffroi("restore", tmp_path / "b.tar.gz", "--home", tmp_path / "j", **environment)
    assert full.returncode == 1 and "n'est pas vide" in full.stderr
    assert not (tmp_path / "j").exists()
    elsewhere = beffroi("restore", tmp_path / "b.tar.gz", "--home", tmp_path / "j")
    assert elsewhere.returncode == 1 and "vient d'une base PostgreSQL" in elsewhere.stderr
    second = server.database()
    done = beffroi("restore", tmp_path / "b.tar.gz", "--home", tmp_path / "j", **server.environment(second))
    assert done.returncode == 0, done.stderr
    rows = "SELECT json_agg(l ORDER BY l.id) FROM territories_ledgerline l"
    assert json.loads(server.sql(rows, database=second)) == json.loads(server.sql(rows, database=database))
    seen = "SELECT count(*) FROM territories_membership"
    assert server.sql(seen, database=second, role=APPLICATION) == "0"
    again = beffroi("ledger", "verify", "--home", tmp_path / "j", **server.environment(second))
    assert again.returncode == 0, again.stderr


def test_an_instance_that_outgrew_sqlite_is_carried_whole(
    server: Cluster, database: str, tmp_path: Path
) -> None:
    founded(tmp_path / "i", *NANTES)
    before = beffroi("ledger", "verify", "--home", tmp_path / "i").stdout
    environment = server.environment(database)
    done = beffroi("database", "move", "--home", tmp_path / "i", **environment)
    assert done.returncode == 0, done.stderr
    assert beffroi("ledger", "verify", "--home", tmp_path / "i", **owner_only(environment)).stdout == before
    invited = beffroi(
        "invite", "b@example.org", "--role", "agent", "--home", tmp_path / "i", **owner_only(environment)
    )
    assert invited.returncode == 0, invited.stderr  # new keys follow those that were carried
    home = Home(tmp_path / "i")
    assert not home.database.exists() and (home.backups / "avant-postgresql.sqlite3").is_file()
    twice = beffroi("database", "move", "--home", tmp_path / "i", **environment)
    assert twice.returncode == 1 and "déjà" in twice.stderr
