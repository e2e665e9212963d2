"""Query engine: it reuses its connections, yet never answers from an older lake than requested."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from beffroi.lake import maintenance
from beffroi.lake.errors import LakeError
from beffroi.lake.store import Lake
from beffroi.recipes.engine import Engine, Limits, answer
from beffroi.recipes.errors import QueryRefused
from beffroi.recipes.model import Recipe
from beffroi.recipes.requests import Request
from lake.lakes import grant, staged

ROWS = Recipe.model_validate(
    {"title": "Lignes", "sources": {"t": "t"}, "steps": [{"step": "source", "source": "t"}]}
)


def written(home: Path, staging: Path, values: list[int], act: str) -> int:
    with Lake(home) as lake:
        return lake.write("t", staged(staging, {"v": values}), delivery=1, act=act, mode="replace")


def request_at(home: Path, version: int, **changes: Any) -> Request:
    return Request(ROWS, {"t": grant(home, "t", version, ("v",))}, **changes)


def values(engine: Engine, request: Request) -> list[int]:
    found: list[int] = engine.answer(request).table["v"].to_pylist()
    return found


def test_a_reused_connection_sees_later_writes(tmp_path: Path) -> None:
    home = tmp_path / "lasting"
    with Engine() as engine:
        first = written(home, tmp_path / "s", [1], "a")
        assert values(engine, request_at(home, first)) == [1]
        second = written(home, tmp_path / "s", [2], "b")
        assert values(engine, request_at(home, second)) == [2]
        assert values(engine, request_at(home, first)) == [1]


def test_without_an_engine_of_its_own_a_caller_sees_what_was_written_since(tmp_path: Path) -> None:
    home = tmp_path / "lasting"
    for number, act in enumerate(("a", "b")):
        version = written(home, tmp_path / "s", [number], act)
        assert answer(request_at(home, version)).table["v"].to_pylist() == [number]


def test_a_lake_restored_under_the_same_name_is_read_anew(tmp_path: Path) -> None:
    home, other = tmp_path / "lasting", tmp_path / "other"
    first, second = written(home, tmp_path / "s", [1], "a"), written(other, tmp_path / "s", [2], "a")
    with Engine() as engine:
        assert values(engine, request_at(home, first)) == [1]
        shutil.move(home, tmp_path / "old")
        shutil.move(other, home)
        assert values(engine, request_at(home, second)) == [2]


def test_an_expired_version_is_reported_by_an_engine_that_had_cached_it(tmp_path: Path) -> None:
    home = tmp_path / "lasting"
    with Engine() as engine:
        first = written(home, tmp_path / "s", [1], "a")
        assert values(engine, request_at(home, first)) == [1]
        second = written(home, tmp_path / "s", [2], "b")
        maintenance.run_maintenance(
            home, maintenance.RetentionPolicy(before=datetime.now(UTC), grace=timedelta(0))
        )
        with pytest.raises(LakeError, match="ne sont plus conservées à la version demandée"):
            engine.answer(request_at(home, first))
        assert values(engine, request_at(home, second)) == [2]


def test_more_lakes_than_open_connections_all_answer(tmp_path: Path) -> None:
    homes = [tmp_path / f"lake-{n}" for n in range(Engine.MAX_OPEN + 2)]
    versions = [written(home, tmp_path / "s", [n], "a") for n, home in enumerate(homes)]
    with Engine() as engine:
        for _ in range(2):
            found = [values(engine, request_at(h, v)) for h, v in zip(homes, versions, strict=True)]
            assert found == [[n] for n in range(len(homes))]


def test_no_answer_is_longer_than_the_house_allows(tmp_path: Path) -> None:
    version = written(tmp_path / "lasting", tmp_path / "s", list(range(10)), "a")
    with Engine(Limits(rows=3)) as engine:
        released = engine.answer(request_at(tmp_path / "lasting", version, limit=1000))
    assert (released.table.num_rows, released.row_count, released.truncated) == (3, 10, True)


def test_a_missing_lake_is_reported(tmp_path: Path) -> None:
    with Engine() as engine, pytest.raises(LakeError, match="Ajoutez un premier fichier"):
        engine.answer(request_at(tmp_path / "absent", 1))


def test_a_source_without_a_grant_is_refused(tmp_path: Path) -> None:
    with Engine() as engine, pytest.raises(QueryRefused, match="Aucun accès n'est ouvert à : t"):
        engine.answer(Request(ROWS, {}))
