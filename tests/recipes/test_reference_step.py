"""Communes completed from the packaged reference: real codes, former ones, no row lost, none twice, in the same order."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.lake.engine import connect
from beffroi.lake.grants import Grant
from beffroi.lake.reference import find_place, place_queries, reference
from beffroi.lake.reference.divisions import divisions
from beffroi.lake.store import Lake
from beffroi.recipes.compile import compile, to_sql
from beffroi.recipes.engine import Engine
from beffroi.recipes.errors import RecipeError
from beffroi.recipes.model import DIVISIONS, Recipe
from beffroi.recipes.requests import DraftRequest, Request
from lake.lakes import grant, staged
from recipes import interpreter
from reference_data import require_reference

connection = ibis.duckdb.from_connection(connect())
ALL = {"step": "reference", "column": "code", "bring": list(DIVISIONS)}


@pytest.fixture(scope="module", autouse=True)
def _reference() -> None:
    require_reference()


def recipe(*steps: dict[str, Any]) -> Recipe:
    start = {"step": "source", "source": "jeu"}
    return Recipe.model_validate({"title": "Essai", "sources": {"jeu": "jeu"}, "steps": [start, *steps]})


def table(codes: list[str | None]) -> ir.Table:
    rows = pa.table({"n": pa.array(range(len(codes)), pa.int64()), "code": pa.array(codes, pa.string())})
    return ibis.memtable(rows)


def found(made: Recipe, codes: list[str | None]) -> list[interpreter.Row]:
    rows: list[interpreter.Row] = connection.to_pyarrow(compile(made, {"jeu": table(codes)})).to_pylist()
    return rows


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("44109", ("44109", "Nantes", "244400404", "Nantes Métropole", "44", "Loire-Atlantique", "52", "Pays de la Loire")),
        ("75056", ("75056", "Paris", "200054781", "Métropole du Grand Paris", "75", "Paris", "11", "Île-de-France")),
        ("75101", ("75056", "Paris", "200054781", "Métropole du Grand Paris", "75", "Paris", "11", "Île-de-France")),
        (" 2a004 ", ("2A004", "Ajaccio", "242010056", "CA du Pays Ajaccien", "2A", "Corse-du-Sud", "94", "Corse")),
        ("97411", ("97411", "Saint-Denis", "249740119", "CA Intercommunale du Nord de la Réunion (CINOR)", "974",
                   "La Réunion", "04", "La Réunion")),
        ("22016", ("22016", "Île-de-Bréhat", None, None, "22", "Côtes-d'Armor", "53", "Bretagne")),
        ("98735", ("98735", "Papeete", None, None, "987", "Polynésie française", "987", "Polynésie française")),
        ("1001", ("01001", "L'Abergement-Clémenciat", "200069193", "CC de la Dombes", "01", "Ain", "84", "Auvergne-Rhône-Alpes")),
        *((code, (None,) * 8) for code in ("44000", "99F01", "Nantes", "52", "R-52", "244400404", "", None)),
    ],
)  # fmt: skip
def test_a_commune_is_completed(code: str | None, expected: tuple[str | None, ...]) -> None:
    (row,) = found(recipe(ALL), [code])
    assert tuple(row.values())[2:-1] == expected
    assert row["population"] == (find_place(expected[0]).population if expected[0] else None)


def test_each_code_is_unique_and_agrees_with_the_places() -> None:
    rows = divisions().to_pylist()
    codes = [row["code"] for row in rows]
    assert len(set(codes)) == len(codes)
    communes = {row[0] for row in place_queries.every_commune()}
    assert communes < set(codes)
    assert all(row["commune_code"] == row["code"] for row in rows if row["code"] in communes)
    assert all(row["commune_code"] in communes for row in rows)
    lacking = {row["commune_code"] for row in rows if row["epci_code"] is None}
    assert {"22016", "29083", "29155", "85113"} == {code for code in lacking if code < "97"}
    for row in rows[:: len(rows) // 60]:
        step = recipe(ALL).steps[1]
        assert [row[one] for one in DIVISIONS] == list(interpreter.completed(row["code"], step).values())  # type: ignore[arg-type]


def test_a_delegated_commune_that_bears_the_code_of_its_commune_is_that_commune() -> None:
    communes = {row[0]: row[1] for row in place_queries.every_commune()}
    merged = (
        code
        for code in communes
        if any(one.kind == "commune-deleguee" for one in place_queries.formers(code, "-"))
    )
    alike = list(islice(merged, 20))
    assert len(alike) == 20
    rows = found(recipe({**ALL, "bring": ["commune_name"]}), alike)
    assert [row["nom_commune"] for row in rows] == [communes[code] for code in alike]


WRITTEN = st.none() | st.sampled_from(
    [
        "75101",
        "75056",
        "13201",
        "2A004",
        "2b033",
        "1001",
        "97411",
        "22016",
        "44109",
        "99999",
        "Nantes",
        "",
        "01033",
    ]
)


@given(
    st.lists(WRITTEN, max_size=30),
    st.lists(st.sampled_from(list(DIVISIONS)), min_size=1, unique=True),
    st.booleans(),
)
def test_rows_stay_as_many_and_where_they_were(
    codes: list[str | None], bring: list[str], backwards: bool
) -> None:
    order = {"step": "sort", "by": [{"column": "n", "descending": backwards}]}
    made = recipe(order, {**ALL, "bring": bring})
    rows = [{"n": n, "code": code} for n, code in enumerate(codes)]
    assert found(made, codes) == interpreter.follow(made, {"jeu": rows}, None)  # type: ignore[arg-type]


def test_numbers_go_through_the_step_that_recognises_communes() -> None:
    rows = pa.table({"insee": pa.array([1001, 75101, None, 12], pa.int64())})
    made = recipe(
        {"step": "place", "column": "insee"}, {**ALL, "column": "code_commune", "bring": ["commune_name"]}
    )
    completed = connection.to_pyarrow(compile(made, {"jeu": ibis.memtable(rows)})).to_pylist()
    assert [row["nom_commune"] for row in completed] == ["L'Abergement-Clémenciat", "Paris", None, None]


def test_columns_take_other_names_and_the_step_comes_twice() -> None:
    named = {**ALL, "bring": ["population", "commune_code"], "names": {"commune_code": "insee"}}
    again = {**ALL, "column": "insee", "bring": ["population"], "names": {"population": "habitants"}}
    (row,) = found(recipe(named, again), ["75101"])
    assert list(row) == ["n", "code", "population", "insee", "habitants"]
    assert (
        row["insee"] == "75056"
        and row["population"] == row["habitants"] == find_place("Paris (75)").population
    )
    with pytest.raises(RecipeError, match="porte déjà le nom « population »"):
        found(recipe(named, {**ALL, "bring": ["population"]}), ["75101"])


def test_the_query_can_be_read() -> None:
    assert "decoupage_administratif" in to_sql(recipe(ALL), {"jeu": table(["75101"])})


# Through the locked engine

COUNT = {"name": "personnes", "operation": "count"}


@pytest.fixture(scope="module")
def grants(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Grant]:
    folder = tmp_path_factory.mktemp("reference")
    communes = [row[0] for row in place_queries.every_commune()]
    codes = [communes[n * 7919 % len(communes)] for n in range(60_000)]
    with Lake(folder / "lasting") as lake:
        columns = {"n": list(range(len(codes))), "code": codes}
        version = lake.write("jeu", staged(folder / "s", columns), delivery=1, act="a", mode="replace")
    return {"jeu": grant(folder / "lasting", "jeu", version, ("n", "code"))}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as made:
        yield made


def test_many_rows_keep_their_order_behind_the_lock(engine: Engine, grants: dict[str, Grant]) -> None:
    order = {"step": "sort", "by": [{"column": "n", "descending": True}]}
    completed = engine.answer(
        Request(recipe(order, {**ALL, "bring": ["commune_code"]}), grants, limit=100_000)
    ).table
    assert completed["n"].to_pylist() == list(range(59_999, -1, -1))
    assert completed["code"].to_pylist() == completed["code_commune"].to_pylist()
    whole = [*DIVISIONS.values()]
    steps = ALL, {"step": "choose", "columns": ["n", *whole]}
    first = engine.answer(DraftRequest(Request(recipe(*steps), grants, limit=50))).table
    assert first["n"].to_pylist() == list(range(50))


def test_persons_are_grouped_by_what_it_brings_and_no_population_is_added_up(
    engine: Engine, grants: dict[str, Grant]
) -> None:
    protected = {"jeu": replace(grants["jeu"], floor=5, aggregate_only=True)}
    by_region = {"step": "group", "by": ["nom_region"], "measures": [COUNT]}
    released = engine.answer(Request(recipe(ALL, by_region), protected)).table.to_pylist()
    assert {row["nom_region"]: row["personnes"] > 4 for row in released}["Bretagne"]
    summed = {"name": "m", "operation": "sum", "column": "population"}
    hidden = {"step": "compute", "name": "double", "formula": "[population] * 2"}
    for steps in (
        ({"step": "group", "by": [], "measures": [summed]},),
        (hidden, {"step": "group", "by": [], "measures": [{**summed, "column": "double"}]}),
        ({"step": "pivot", "rows": ["nom_region"], "column": "nom_departement", "value": "population"},),
        ({"step": "group", "by": ["nom_region"], "measures": [{**summed, "operation": "count"}]},),
    ):
        with pytest.raises(RecipeError, match="pourrait faire ressortir une seule ligne"):
            engine.answer(Request(recipe(ALL, *steps), protected))
    after = {"step": "group", "by": ["code"], "measures": [COUNT]}
    completed = engine.answer(
        Request(recipe(after, {**ALL, "bring": ["population"]}), {"jeu": grants["jeu"]})
    )
    assert completed.row_count == 34_969


def test_the_reference_has_its_version_and_year() -> None:
    completed = reference()
    assert completed.version in str(completed) and f"découpage {completed.year}" in str(completed)
