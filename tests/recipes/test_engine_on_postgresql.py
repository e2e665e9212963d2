"""Query engine on lakes whose catalogue is in PostgreSQL: same results, same lock-down, and reconnection to a lost server."""

from pathlib import Path

import duckdb
import pytest

from beffroi.lake import catalogue_migration, catalogues
from beffroi.lake.catalogues import PostgreSQL
from beffroi.lake.store import Lake
from beffroi.recipes import engine
from beffroi.recipes.engine import Engine
from beffroi.recipes.model import Recipe
from beffroi.recipes.requests import Request
from lake.lakes import blank, grant, in_postgresql, staged
from postgres import OWNER, shared

TOTAL = Recipe.model_validate(
    {
        "title": "Essai",
        "sources": {"repas": "repas"},
        "steps": [
            {"step": "source", "source": "repas"},
            {"step": "group", "measures": [{"name": "total", "operation": "sum", "column": "n"}]},
        ],
    }
)


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    home = blank(tmp_path / "lasting", "postgresql")
    with Lake(home) as lake:
        file = staged(tmp_path / "s", {"n": list(range(100))})
        version = lake.write("repas", file, delivery=1, act="a", mode="replace")
        lake.write("repas", staged(tmp_path / "s", {"n": [1000]}), delivery=2, act="b", mode="append")
    return Request(TOTAL, {"repas": grant(home, "repas", version, ("n",))})


def total(engine: Engine, request: Request) -> int:
    return int(engine.answer(request).table.to_pylist()[0]["total"])


def address(request: Request) -> PostgreSQL:
    found = catalogues.catalogue_of(Path(request.grants["repas"].lake))
    assert isinstance(found, PostgreSQL)
    return found


def test_a_recipe_is_answered_at_the_version_granted(request_: Request) -> None:
    with Engine() as engine:
        assert total(engine, request_) == 4950


@pytest.mark.long
def test_the_connection_is_locked_and_no_password_stays_in_the_process(request_: Request) -> None:
    lake = request_.grants["repas"].lake
    opened = engine.open_lakes([lake], "256MB")
    rows = opened.connection.execute
    assert rows("SELECT count(*) FROM lake0.main.repas").fetchone() == (101,)
    assert rows("FROM duckdb_secrets()").fetchall() == []
    schema = address(request_).schema
    for refused in (
        "FROM read_csv('/etc/passwd')",
        "FROM glob('/etc/*')",
        "COPY (SELECT 1) TO '/tmp/sortie.csv'",
        f"ATTACH 'host={shared().folder} dbname=beffroi user={OWNER}' AS autre (TYPE postgres)",
        "ATTACH '/tmp/autre.duckdb' AS autre",
        "INSERT INTO lake0.main.repas VALUES (1, 1, 1)",
        "DROP TABLE lake0.main.repas",
        f'DELETE FROM __ducklake_metadata_lake0."{schema}".ducklake_table',
        f"CALL postgres_execute('__ducklake_metadata_lake0', 'DELETE FROM {schema}.ducklake_table')",
        "FROM postgres_query('__ducklake_metadata_lake0', 'SELECT * FROM public.django_migrations')",
        "SET enable_external_access = true",
        "SET threads = 8",
    ):
        with pytest.raises(duckdb.Error):
            rows(refused)
    assert rows("SELECT count(*) FROM lake0.main.repas").fetchone() == (101,)
    opened.connection.close()


@pytest.mark.long
def test_an_open_engine_reconnects_after_its_connections_were_cut(request_: Request) -> None:
    with Engine() as engine:
        assert total(engine, request_) == 4950
        role = address(request_).role
        cut = shared().sql(
            f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = '{role}'",
            role="postgres",
        )
        assert int(cut) >= 1
        assert total(engine, request_) == 4950


@pytest.mark.long
def test_an_open_engine_follows_a_lake_that_moves(request_: Request) -> None:
    home = Path(request_.grants["repas"].lake)
    with Engine() as engine:
        assert total(engine, request_) == 4950
        catalogue_migration.migrate_catalogue(home, None)
        assert total(engine, request_) == 4950
        catalogue_migration.migrate_catalogue(home, in_postgresql(shared()))
        assert total(engine, request_) == 4950


@pytest.mark.long
def test_a_server_that_is_down_is_reported_without_any_password(request_: Request) -> None:
    home = Path(request_.grants["repas"].lake)
    lost = PostgreSQL(**{**vars(address(request_)), "host": "/nulle/part", "password": "s3cret"})
    catalogues.write_postgresql_address(home, lost)
    with Engine() as engine, pytest.raises(Exception, match="ne répond pas") as refused:
        engine.answer(request_)
    assert "s3cret" not in str(refused.value)
