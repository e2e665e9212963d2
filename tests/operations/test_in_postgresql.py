"""An instance whose rows are in PostgreSQL: made, saved, restored, carried there from SQLite; refused when it is not safe."""

import json
import shutil
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Instance:
    home: Path
    database: str
    environment: dict[str, str]


@pytest.fixture(scope="module")
def instance(server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """One that `beffroi init` made, for tests that add to it at most."""
    made = Instance(tmp_path_factory.mktemp("i") / "i", server.database(), {})
    made.environment.update(server.environment(made.database))
    done = beffroi("init", *NANTES, "--home", made.home, **made.environment)
    assert done.returncode == 0, done.stderr
    return made


def owner_only(environment: dict[str, str]) -> dict[str, str]:
    return {"BEFFROI_DATABASE": environment["BEFFROI_DATABASE"]}


def test_an_instance_made_there_holds_nothing_in_sqlite_and_protects_every_row(
    server: Cluster, instance: Instance
) -> None:
    home, database = Home(instance.home), instance.database
    assert not home.database.exists()
    assert home.identity()["database"] == "postgresql"
    assert server.sql("SELECT name FROM platform_territory", database=database) == "Nantes"
    # The application's role, without saying which territory it works for, sees none of its rows.
    seen = "SELECT count(*) FROM platform_membership"
    assert int(server.sql(seen, database=database)) >= 1
    assert server.sql(seen, database=database, role=APPLICATION) == "0"


def test_the_application_works_without_the_owner(instance: Instance) -> None:
    less = owner_only(instance.environment)
    invited = beffroi("invite", "b@example.org", "--role", "agent", "--home", instance.home, **less)
    assert invited.returncode == 0, invited.stderr
    checked = beffroi("ledger", "verify", "--home", instance.home, **less)
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


def test_a_home_is_never_opened_on_another_database(
    server: Cluster, instance: Instance, tmp_path: Path
) -> None:
    without = beffroi("ledger", "verify", "--home", instance.home)
    assert without.returncode == 1 and "PostgreSQL" in without.stderr
    assert not Home(instance.home).database.exists()
    founded(tmp_path / "here", *NANTES)
    other = beffroi("ledger", "verify", "--home", tmp_path / "here", **server.environment(server.database()))
    assert other.returncode == 1 and "database move" in other.stderr


def test_a_backup_restored_in_an_empty_database_is_identical_and_as_well_protected(
    server: Cluster, instance: Instance, tmp_path: Path
) -> None:
    environment, database = instance.environment, instance.database
    saved = beffroi("backup", tmp_path / "b.tar.gz", "--home", instance.home, **environment)
    assert saved.returncode == 0, saved.stderr
    full = beffroi("restore", tmp_path / "b.tar.gz", "--home", tmp_path / "j", **environment)
    assert full.returncode == 1 and "n'est pas vide" in full.stderr
    assert not (tmp_path / "j").exists()
    elsewhere = beffroi("restore", tmp_path / "b.tar.gz", "--home", tmp_path / "j")
    assert elsewhere.returncode == 1 and "vient d'une base PostgreSQL" in elsewhere.stderr
    second = server.database()
    done = beffroi("restore", tmp_path / "b.tar.gz", "--home", tmp_path / "j", **server.environment(second))
    assert done.returncode == 0, done.stderr
    rows = "SELECT json_agg(l ORDER BY l.id) FROM platform_ledgerline l"
    assert json.loads(server.sql(rows, database=second)) == json.loads(server.sql(rows, database=database))
    seen = "SELECT count(*) FROM platform_membership"
    assert server.sql(seen, database=second, role=APPLICATION) == "0"
    again = beffroi("ledger", "verify", "--home", tmp_path / "j", **server.environment(second))
    assert again.returncode == 0, again.stderr


@pytest.mark.long
@pytest.mark.skipif(shutil.which("restic") is None, reason="apt install restic")
def test_a_repository_takes_the_dump_and_tries_it_without_a_database(
    server: Cluster, instance: Instance, tmp_path: Path
) -> None:
    repository = {
        "BEFFROI_BACKUP_REPOSITORY": str(tmp_path / "repository"),
        "BEFFROI_BACKUP_KEY_FILE": str(tmp_path / "key"),
    }
    environment = instance.environment | repository
    made = beffroi("repository", "init", "--home", instance.home, **environment)
    assert made.returncode == 0, made.stderr
    saved = beffroi("backup", "--home", instance.home, **environment)
    assert saved.returncode == 0 and "Essai" in saved.stderr, saved.stderr
    again = beffroi("backup", "--home", instance.home, **environment)
    assert again.returncode == 0 and "Copie de nantes" not in again.stderr, again.stderr
    fresh = server.environment(server.database()) | repository
    done = beffroi("restore", "--home", tmp_path / "k", **fresh)
    assert done.returncode == 0, done.stderr
    tried = beffroi("repository", "trial", "--home", instance.home, **environment)
    assert tried.returncode == 0 and "identique" in tried.stdout, tried.stderr


@pytest.mark.long
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
