"""Engine compared with DuckDB: Sail by default, Spark with BEFFROI_TEST_ENGINE=spark; both read one lake."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pytest

from beffroi.lake.extracts import temporary_extract
from beffroi.lake.grants import Grant
from beffroi.lake.store import Lake
from beffroi.recipes.engines.connect import Server, serving_address
from beffroi.recipes.lake_session import open_lakes
from lake.lakes import grant, staged
from recipes.engines import meals, spark


@pytest.hookimpl(tryfirst=True)  # before the modules' own groups and before xdist reads them
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process for all of them: a server costs more than the questions that it is asked."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("engines"))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Where the other engine answers, for the whole session."""
    pytest.importorskip(
        "pyspark.sql.connect", reason="the extra `distributed` is not installed (pyspark-client)"
    )
    name = os.environ.get("BEFFROI_TEST_ENGINE", "sail")
    if name == "spark":
        with spark.cluster(tmp_path_factory.mktemp("spark")) as address:
            yield Server("spark", address)
        return
    pytest.importorskip("pysail.spark", reason="the extra `distributed` is not installed (pysail)")
    with serving_address(Server("sail")) as address:
        yield Server("sail", address)


@pytest.fixture(scope="session")
def backend(server: Server) -> Iterator[Any]:
    """A session on it, as one of Ibis's engines."""
    from beffroi.recipes.engines.connect import connect

    with connect(server) as made:
        yield made


@dataclass(frozen=True)
class Both:
    """The same sources, as DuckDB reads them in the lake and as the other engine reads their extracts."""

    here: dict[str, ir.Table]
    there: dict[str, ir.Table]


@pytest.fixture(scope="session")
def granted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Grant]:
    folder = tmp_path_factory.mktemp("engines")
    made = {}
    with Lake(folder / "lasting") as lake:
        for number, (name, table) in enumerate(meals.arrow().items()):
            columns = dict(zip(table.column_names, table.columns, strict=True))
            rows = staged(folder / name, columns, name=name)
            version = lake.write(name, rows, delivery=number + 1, act=name, mode="replace")
            made[name] = grant(folder / "lasting", name, version, tuple(table.column_names))
    return made


@pytest.fixture(scope="session")
def both(granted: dict[str, Grant], backend: Any) -> Iterator[Both]:
    from beffroi.recipes.engines.connect import read_folder

    opened = open_lakes(sorted({one.lake for one in granted.values()}), "1GB")
    with ExitStack() as stack:
        stack.callback(opened.connection.close)
        here = {name: opened.read(one) for name, one in granted.items()}
        there = {
            name: read_folder(backend, stack.enter_context(temporary_extract(one)).folder, name)
            for name, one in granted.items()
        }
        yield Both(here, there)
