"""Disclosure control of a request on Sail or Spark: the same floors, suppression, limits and refusals as on DuckDB."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from beffroi.lake.extracts import PREFIX
from beffroi.lake.grants import Grant
from beffroi.lake.store import Lake
from beffroi.recipes.engine import Engine
from beffroi.recipes.engines import support
from beffroi.recipes.engines.connect import Server
from beffroi.recipes.engines.distributed import RemoteEngine, answer
from beffroi.recipes.errors import QueryRefused, QueryTooLong, RecipeError
from beffroi.recipes.model import Recipe
from beffroi.recipes.requests import GrantedRecipe, Request
from lake.lakes import grant, staged
from rings import representatives

# Communes with 12, 8, 6 and 2 households, each of two rows; the last is under a floor of 5.
COMMUNES = ["Belfort"] * 12 + ["Danjoutin"] * 8 + ["Bavilliers"] * 6 + ["Andelnans"] * 2
TOTAL = [{"name": "total", "operation": "sum", "column": "aide"}, {"name": "n", "operation": "count"}]


@pytest.fixture(scope="module")
def grants(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Grant]:
    folder = tmp_path_factory.mktemp("release")
    with Lake(folder / "personal") as lake, Lake(folder / "lasting") as lasting:
        people = {
            "foyer": [f"f{n}" for n in range(28)] * 2,
            "commune": COMMUNES * 2,
            "aide": [10 + n % 5 for n in range(56)],
            "an": [2023] * 28 + [2024] * 28,
            "cout": [n / 4 for n in range(56)],
            "part": [Decimal(n).scaleb(-2) for n in range(56)],
        }
        aides = lake.write("aides", staged(folder / "s", people), delivery=1, act="a", mode="replace")
        lines = {"nom": ["Belfort", "Belfort", "Andelnans"], "ligne": [1, 2, 2**62]}
        bus = lasting.write("bus", staged(folder / "s", lines), delivery=1, act="b", mode="replace")
    protection = {"floor": 5, "aggregate_only": True, "unit": "foyer", "dominance": 0.85}
    return {
        "aides": grant(
            folder / "personal", "aides", aides, ("commune", "aide", "an", "cout", "part"), **protection
        ),
        "bus": grant(folder / "lasting", "bus", bus, ("nom", "ligne")),
    }


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as made:
        yield made


def recipe(*steps: dict[str, Any], first: str = "aides") -> Recipe:
    start = {"step": "source", "source": first}
    sources = {"aides": "aides", "bus": "bus"}
    return Recipe.model_validate({"title": "Essai", "sources": sources, "steps": [start, *steps]})


def group(*by: str) -> dict[str, Any]:
    return {"step": "group", "by": list(by), "measures": TOTAL}


RECIPES = {
    "groups": recipe(group("commune")),
    "groups, then what is done with them": recipe(
        group("commune", "an"),
        {"step": "join", "source": "bus", "on": [{"left": "commune", "right": "nom"}]},
        {"step": "compute", "name": "moyenne", "formula": "ARRONDI([total] / [n] ; 1)"},
        {"step": "sort", "by": [{"column": name} for name in ("commune", "an", "ligne")]},
    ),
    "a pivot": recipe({"step": "pivot", "rows": ["commune"], "column": "an", "value": "aide"}),
    "one row for everything": recipe(
        {"step": "filter", "conditions": [{"column": "commune", "op": "=", "value": "Andelnans"}]}, group()
    ),
    "every measure": recipe(
        {
            "step": "group",
            "by": ["commune"],
            "measures": [
                {"name": f"{operation} {column}", "operation": operation, "column": column}
                for operation in ("sum", "mean", "count", "count_distinct")
                for column in ("aide", "cout", "part")
            ],
        }
    ),
    "open rows": recipe({"step": "sort", "by": [{"column": "nom"}, {"column": "ligne"}]}, first="bus"),
}


@pytest.mark.parametrize("name", representatives(RECIPES, ["groups", "open rows"]))
def test_released_results_are_the_same(
    name: str, grants: dict[str, Grant], engine: Engine, server: Server, tmp_path: Path
) -> None:
    request = Request(RECIPES[name], grants)
    here, there = engine.answer(request), answer(request, RemoteEngine(server, tmp_path))
    assert (there.suppressed, there.reason) == (here.suppressed, here.reason)
    assert (there.row_count, there.truncated) == (here.row_count, here.truncated)
    assert there.table.to_pylist() == here.table.to_pylist()
    assert list(tmp_path.glob(f"*{PREFIX}*")) == []  # the extracts are gone
    if name == "groups":
        assert "Andelnans" not in there.table["commune"].to_pylist() and there.suppressed >= 2


def test_what_was_seen_before_hides_as_much(
    grants: dict[str, Grant], engine: Engine, server: Server, tmp_path: Path
) -> None:
    fewer = {"step": "filter", "conditions": [{"column": "commune", "op": "!=", "value": "Andelnans"}]}
    before = GrantedRecipe(recipe(group()), grants)
    request = Request(recipe(fewer, group()), grants, earlier=(before,))
    here, there = engine.answer(request), answer(request, RemoteEngine(server, tmp_path))
    assert here.suppressed == there.suppressed == 1
    assert there.table.to_pylist() == here.table.to_pylist()


def test_protected_rows_do_not_leave(grants: dict[str, Grant], server: Server, tmp_path: Path) -> None:
    with pytest.raises(QueryRefused, match="ses lignes ne sont pas montrées"):
        answer(Request(recipe(), grants), RemoteEngine(server, tmp_path))


def test_no_result_exceeds_the_requested_limit(
    grants: dict[str, Grant], server: Server, tmp_path: Path
) -> None:
    found = answer(Request(RECIPES["open rows"], grants, limit=2), RemoteEngine(server, tmp_path))
    assert (found.table.num_rows, found.row_count, found.truncated) == (2, 3, True)


def test_a_number_too_large_is_refused_and_not_turned_into_another(
    grants: dict[str, Grant], server: Server, tmp_path: Path
) -> None:
    doubled = recipe({"step": "compute", "name": "trop", "formula": "[ligne] * 4"}, first="bus")
    total = recipe(
        {"step": "compute", "name": "grand", "formula": "[ligne] + [ligne] - 2"},
        {"step": "join", "source": "bus", "on": [{"left": "nom", "right": "nom"}], "columns": ["nom"]},
        {"step": "stack", "sources": ["bus"], "rename": {"bus": {"ligne": "grand"}}, "origin": None},
        {"step": "group", "measures": [{"name": "t", "operation": "sum", "column": "grand"}]},
        first="bus",
    )
    for one in (doubled, total):
        with pytest.raises(QueryRefused, match="trop grand pour être tenu exactement"):
            answer(Request(one, grants), RemoteEngine(server, tmp_path))


def test_a_step_that_does_not_run_there_is_refused_before_anything_is_read(
    grants: dict[str, Grant], server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = type(recipe(group()).steps[1])
    monkeypatch.setattr(support, "ENGINES", {**support.ENGINES, step: support.DUCKDB_ONLY})
    with pytest.raises(RecipeError) as refused:
        answer(Request(recipe(group()), grants), RemoteEngine(server, tmp_path))
    assert str(refused.value) == (
        f"Étape 2 « Regrouper » : elle ne se calcule pas sur {server.title}, mais sur DuckDB. Rien n'a été lu. "
        "Lancez l'analyse sur DuckDB, ou retirez cette étape."
    )


@pytest.mark.long
def test_a_query_past_its_time_is_stopped(server: Server, tmp_path: Path) -> None:
    with Lake(tmp_path / "lasting") as lake:
        rows = staged(tmp_path / "s", {"cle": [1] * 4000})
        version = lake.write("t", rows, delivery=1, act="a", mode="replace")
    sources = ("t", "u", "v", "w")
    read = {alias: grant(tmp_path / "lasting", "t", version, ("cle",)) for alias in sources}
    start = {"step": "source", "source": "t"}
    # 4 000 rows that each find 4 000, three times: no machine ends this.
    steps = [
        start,
        *({"step": "join", "source": s, "on": [{"left": "cle", "right": "cle"}]} for s in sources[1:]),
        {"step": "derive", "name": "s", "operation": "sum", "column": "cle", "other": "cle"},
    ]
    steps.append(
        {"step": "group", "by": ["cle"], "measures": [{"name": "t", "operation": "sum", "column": "s"}]}
    )
    made = Recipe.model_validate({"title": "Essai", "sources": dict.fromkeys(sources, "t"), "steps": steps})
    with pytest.raises(QueryTooLong, match=f"arrêtée après 2 secondes sur {server.title}"):
        # Sail is too busy to hear that it must stop: one of its own, that ends with this.
        apart = Server("sail") if server.name == "sail" else server
        answer(Request(made, read), RemoteEngine(apart, tmp_path, seconds=2))


def test_sail_is_started_here_when_it_has_no_address(
    grants: dict[str, Grant], engine: Engine, server: Server
) -> None:
    pytest.importorskip("pysail.spark", reason="the extra `distributed` is not installed (pysail)")
    request = Request(RECIPES["groups"], grants)
    found = answer(request, RemoteEngine(Server("sail")))
    assert found.table.to_pylist() == engine.answer(request).table.to_pylist()


def test_an_unreachable_server_is_reported(grants: dict[str, Grant], server: Server, tmp_path: Path) -> None:
    nobody = Server("spark", "sc://127.0.0.1:1/;token=secret")
    with pytest.raises(QueryRefused, match=r"Spark ne répond pas à l'adresse sc://127\.0\.0\.1:1") as refused:
        answer(Request(RECIPES["open rows"], grants), RemoteEngine(nobody, tmp_path))
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("text", ["", "spark", "duckdb", "sail=http://x", "spark=", "flink=sc://x:1"])
def test_an_engine_is_named_by_the_operator_in_one_way(text: str) -> None:
    with pytest.raises(QueryRefused, match="ne désigne pas un moteur"):
        Server.read(text)


def test_an_engine_is_read_from_its_setting() -> None:
    assert Server.read("sail") == Server("sail")
    assert Server.read("spark=sc://hote:15002") == Server("spark", "sc://hote:15002")
