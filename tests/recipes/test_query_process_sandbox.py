"""Sandbox of the query processes: a child opens its lakes and nothing else, whatever SQL it runs: the kernel refuses."""

import json
import socket
import sqlite3
from pathlib import Path

import duckdb
import pytest

import forks
from beffroi.lake import catalogues, landlock
from beffroi.lake.store import Lake
from beffroi.recipes.pool import send_request
from beffroi.recipes.requests import Request
from commands import environment
from lake.lakes import blank, grant, staged
from recipes_pool import TOTAL, running, some_grants

pytestmark = pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")

# As after a hole in the lock of the connection: nothing but the kernel stands before the files.
_TRY = """
import json, sys
from beffroi.lake.engine import connect
from beffroi.recipes.worker import restrict_to_lakes
lake, statements, closed = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3] == "closed"
connection = connect(extensions=("ducklake", "sqlite_scanner", "spatial", "postgres_scanner"))
assert not closed or restrict_to_lakes((lake,))
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


def tried(lake: Path, statements: list[str], *, closed: bool = True) -> dict[str, str]:
    done = forks.run(_TRY, environment(), str(lake), json.dumps(statements), "closed" if closed else "open")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Two lakes of one territory, and files that a home has beside them."""
    home = tmp_path / "home"
    home.mkdir()
    for name in ("lasting", "personal"):
        with Lake(home / name) as lake:
            lake.write("repas", staged(home / "s", {"n": [1, 2]}), delivery=1, act="a", mode="replace")
    with sqlite3.connect(home / "db.sqlite3") as database:
        database.execute("CREATE TABLE person (name TEXT)")
    duckdb.connect(str(home / "other.duckdb")).close()
    duckdb.execute(f"COPY (SELECT 1 AS n) TO '{home}/rows.parquet'")
    for name in ("secret.csv", "secret.json", "secret.txt"):
        (home / name).write_text('{"a": 1}')
    point = '{"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [1, 2]}}'
    (home / "secret.geojson").write_text(f'{{"type": "FeatureCollection", "features": [{point}]}}')
    return home


def test_its_own_lake_is_read(home: Path) -> None:
    lake = home / "lasting"
    outcomes = tried(
        lake,
        [
            f"ATTACH 'ducklake:sqlite:{lake}/catalog.sqlite' AS NAME (READ_ONLY)",
            "SELECT * FROM attached0.repas",
            f"ATTACH '{lake}/catalog.sqlite' AS NAME (TYPE sqlite, READ_ONLY)",
        ],
    )
    assert [answer.partition(":")[0] for answer in outcomes.values()] == ["opened"] * 3, outcomes
    assert outcomes["SELECT * FROM attached0.repas"] == "opened: 2"


def ways_out(home: Path) -> list[str]:
    """Every way to attach, read or write what is beside the lake `lasting` of a home."""
    personal = home / "personal"
    return [
        f"ATTACH '{home}/db.sqlite3' AS NAME (TYPE sqlite)",
        f"ATTACH '{home}/db.sqlite3' AS NAME (TYPE sqlite, READ_ONLY)",
        f"ATTACH 'sqlite:{home}/db.sqlite3' AS NAME",
        f"SELECT * FROM sqlite_scan('{home}/db.sqlite3', 'person')",
        f"ATTACH '{personal}/catalog.sqlite' AS NAME (TYPE sqlite, READ_ONLY)",
        f"ATTACH 'ducklake:sqlite:{personal}/catalog.sqlite' AS NAME (READ_ONLY)",
        f"ATTACH 'ducklake:sqlite:{personal}/catalog.sqlite' AS NAME",
        f"ATTACH 'ducklake:{home}/lake.duckdb' AS NAME (DATA_PATH '{home}/lake-data')",
        f"ATTACH '{home}/other.duckdb' AS NAME (READ_ONLY)",
        f"ATTACH '{home}/new.duckdb' AS NAME",
        f"SELECT * FROM glob('{personal}/*')",
        f"SELECT * FROM read_parquet('{home}/rows.parquet')",
        f"SELECT * FROM read_csv('{home}/secret.csv')",
        f"SELECT * FROM read_json('{home}/secret.json')",
        f"SELECT * FROM read_text('{home}/secret.txt')",
        f"SELECT * FROM read_blob('{home}/secret.txt')",
        f"SELECT * FROM ST_Read('{home}/secret.geojson')",
        f"COPY (SELECT 1 AS n) TO '{home}/written.csv'",
        f"COPY (SELECT ST_Point(1, 2) AS geom) TO '{home}/written.geojson' (FORMAT gdal, DRIVER 'GeoJSON')",
        f"EXPORT DATABASE '{home}/exported'",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_text('/proc/1/status')",
    ]


WRITTEN = ("new.duckdb", "lake.duckdb", "written.csv", "written.geojson", "exported")


def test_no_way_to_attach_or_read_opens_anything_else(home: Path) -> None:
    outcomes = tried(home / "lasting", ways_out(home))
    # A folder that cannot be listed holds nothing: a pattern finds no file there, which is no opening.
    assert outcomes.pop(f"SELECT * FROM glob('{home}/personal/*')") == "opened: 0"
    assert {one: answer for one, answer in outcomes.items() if answer.startswith("opened")} == {}
    assert not any((home / name).exists() for name in WRITTEN)


def test_each_of_these_ways_opens_something_where_nothing_closes_it(home: Path) -> None:
    """Or the test before would pass for a statement that is only ill-written."""
    outcomes = tried(home / "lasting", ways_out(home), closed=False)
    assert {one: answer for one, answer in outcomes.items() if not answer.startswith("opened")} == {}
    assert outcomes[f"SELECT * FROM glob('{home}/personal/*')"] != "opened: 0"
    assert all((home / name).exists() for name in WRITTEN)


def test_no_port_is_reached_but_that_of_a_catalogue(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        attach = f"ATTACH 'host=127.0.0.1 port={port} connect_timeout=2' AS NAME (TYPE postgres)"
        assert "opened" not in tried(home / "lasting", [attach])[attach]
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()
        tried(home / "lasting", [attach], closed=False)
        server.settimeout(5)
        server.accept()[0].close()


_CONNECT = """
import socket, sys
from beffroi.recipes.worker import restrict_to_lakes
assert restrict_to_lakes((sys.argv[1],))
for port in sys.argv[2:]:
    try:
        socket.create_connection(("127.0.0.1", int(port)), 5).close()
        print("reached")
    except PermissionError:
        print("refused")
"""


def test_of_all_ports_only_that_of_the_catalogue_s_server_stays_open(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as own, socket.create_server(("127.0.0.1", 0)) as other:
        ports = [server.getsockname()[1] for server in (own, other)]
        catalogues.write_postgresql_address(
            tmp_path, catalogues.PostgreSQL("127.0.0.1", ports[0], "beffroi", "lac", "", "lac")
        )
        done = forks.run(_CONNECT, environment(), str(tmp_path), *map(str, ports))
    assert done.stdout.split() == ["reached", "refused"], done.stderr


def test_a_lake_whose_catalogue_is_in_postgresql_is_read_by_a_closed_process(tmp_path: Path) -> None:
    folder = blank(tmp_path / "lasting", "postgresql")
    with Lake(folder) as lake:
        file = staged(tmp_path / "s", {"n": [1, 2, 3]})
        version = lake.write("repas", file, delivery=1, act="a", mode="replace")
    request = Request(TOTAL, {"repas": grant(folder, "repas", version, ("n",))})
    with running(tmp_path) as (path, _):
        assert send_request(path, request).table.to_pylist() == [{"total": 6}]


def test_each_set_of_lakes_has_a_child_of_its_own(tmp_path: Path) -> None:
    towns = [some_grants(tmp_path / name) for name in ("a", "b")]
    with running(tmp_path) as (path, pool):
        for grants in (*towns, *towns):
            assert send_request(path, Request(TOTAL, grants)).row_count == 1
        (served,) = pool.children
        below = Path(f"/proc/{served}/task/{served}/children").read_text().split()
    assert len(below) == 2
