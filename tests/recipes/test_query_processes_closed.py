"""The child that answers for some lakes opens those and nothing else, whatever SQL it runs: the kernel refuses."""

import json
import socket
import sqlite3
from pathlib import Path

import duckdb
import pytest

import forks
from beffroi.lake import landlock
from beffroi.lake.store import Lake
from beffroi.recipes.pool import ask
from beffroi.recipes.requests import Request
from commands import environment
from lake.lakes import staged
from recipes_pool import TOTAL, running, some_grants

pytestmark = pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")

# As after a hole in the lock of the connection: nothing but the kernel stands before the files.
_TRY = """
import json, sys
from beffroi.lake.engine import connect
from beffroi.recipes.worker import close_onto
lake, statements = sys.argv[1], json.loads(sys.argv[2])
connection = connect(extensions=("ducklake", "sqlite_scanner", "spatial", "postgres_scanner"))
assert close_onto((lake,))
said = {}
for number, statement in enumerate(statements):
    try:
        rows = connection.execute(statement.replace("NAME", f"attached{number}")).fetchall()
        if statement.startswith("ATTACH"):  # SQLite opens its file when it is first read
            rows = connection.execute(
                f"SELECT table_name FROM duckdb_tables() WHERE database_name = 'attached{number}'"
            ).fetchall()
        said[statement] = f"opened: {len(rows)}"
    except Exception as error:
        said[statement] = str(error)
print(json.dumps(said))
"""


def tried(lake: Path, statements: list[str]) -> dict[str, str]:
    done = forks.run(_TRY, environment(), str(lake), json.dumps(statements))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two lakes of one territory, and files that a home has beside them."""
    home = tmp_path_factory.mktemp("home")
    for name in ("lasting", "personal"):
        with Lake(home / name) as lake:
            lake.write("repas", staged(home / "s", {"n": [1, 2]}), delivery=1, act="a", mode="replace")
    with sqlite3.connect(home / "db.sqlite3") as database:
        database.execute("CREATE TABLE person (name TEXT)")
    duckdb.connect(str(home / "other.duckdb")).close()
    for name in ("secret.csv", "secret.json", "secret.txt", "secret.geojson"):
        (home / name).write_text('{"a": 1}')
    return home


def test_its_own_lake_is_read(home: Path) -> None:
    lake = home / "lasting"
    said = tried(
        lake,
        [
            f"ATTACH 'ducklake:sqlite:{lake}/catalog.sqlite' AS NAME (READ_ONLY)",
            "SELECT * FROM attached0.repas",
            f"ATTACH '{lake}/catalog.sqlite' AS NAME (TYPE sqlite, READ_ONLY)",
        ],
    )
    assert [answer.partition(":")[0] for answer in said.values()] == ["opened"] * 3, said
    assert said["SELECT * FROM attached0.repas"] == "opened: 2"


def test_no_way_to_attach_or_read_opens_anything_else(home: Path) -> None:
    personal = home / "personal"
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        said = tried(
            home / "lasting",
            [
                f"ATTACH '{home}/db.sqlite3' AS NAME (TYPE sqlite)",
                f"ATTACH '{home}/db.sqlite3' AS NAME (TYPE sqlite, READ_ONLY)",
                f"ATTACH 'sqlite:{home}/db.sqlite3' AS NAME",
                f"SELECT * FROM sqlite_scan('{home}/db.sqlite3', 'person')",
                f"ATTACH '{personal}/catalog.sqlite' AS NAME (TYPE sqlite, READ_ONLY)",
                f"ATTACH 'ducklake:sqlite:{personal}/catalog.sqlite' AS NAME (READ_ONLY)",
                f"ATTACH 'ducklake:sqlite:{personal}/catalog.sqlite' AS NAME",
                f"ATTACH 'ducklake:{home}/other.duckdb' AS NAME",
                f"ATTACH '{home}/other.duckdb' AS NAME",
                f"ATTACH '{home}/other.duckdb' AS NAME (READ_ONLY)",
                f"ATTACH '{home}/new.duckdb' AS NAME",
                f"ATTACH 'host=127.0.0.1 port={port} connect_timeout=2' AS NAME (TYPE postgres)",
                f"SELECT * FROM read_parquet('{personal}/data/**/*.parquet')",
                f"SELECT * FROM glob('{personal}/*')",
                f"SELECT * FROM read_csv('{home}/secret.csv')",
                f"SELECT * FROM read_json('{home}/secret.json')",
                f"SELECT * FROM read_text('{home}/secret.txt')",
                f"SELECT * FROM read_blob('{home}/secret.txt')",
                f"SELECT * FROM ST_Read('{home}/secret.geojson')",
                f"COPY (SELECT 1) TO '{home}/written.csv'",
                f"COPY (SELECT 1) TO '{home}/written.gpkg' (FORMAT gdal, DRIVER 'GPKG')",
                f"EXPORT DATABASE '{home}/exported'",
                "SELECT * FROM read_text('/etc/passwd')",
                "SELECT * FROM read_text('/proc/1/environ')",
            ],
        )
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()
    # A folder that cannot be listed holds nothing: a pattern finds no file there, which is no opening.
    assert said.pop(f"SELECT * FROM glob('{personal}/*')") == "opened: 0"
    opened = {one: answer for one, answer in said.items() if answer.startswith("opened")}
    assert opened == {}
    assert not any(
        (home / name).exists() for name in ("written.csv", "written.gpkg", "new.duckdb", "exported")
    )


def test_each_set_of_lakes_has_a_child_of_its_own(tmp_path: Path) -> None:
    towns = [some_grants(tmp_path / name) for name in ("a", "b")]
    with running(tmp_path) as (path, pool):
        for grants in (*towns, *towns):
            assert ask(path, Request(TOTAL, grants)).row_count == 1
        (served,) = pool.children
        below = Path(f"/proc/{served}/task/{served}/children").read_text().split()
    assert len(below) == 2
