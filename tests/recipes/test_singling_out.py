"""Protection against singling out: no filter nor formula on identifying columns for readers limited to groups."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from beffroi.lake.grants import Grant
from beffroi.lake.store import Lake
from beffroi.recipes.engine import Engine
from beffroi.recipes.errors import RecipeError
from beffroi.recipes.model import Recipe
from beffroi.recipes.requests import DraftRequest, Request
from lake.lakes import grant, staged

PEOPLE = 60


@pytest.fixture(scope="module")
def grants(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Grant]:
    """Sixty persons: a name that was recognised, an address and a number that were not, an amount, a town that many share."""
    folder = tmp_path_factory.mktemp("picking")
    rows = {
        "nom": [f"Nom {n}" for n in range(PEOPLE)],
        "adresse": [f"{n} rue des Lilas" for n in range(PEOPLE)],
        "dossier": list(range(100, 100 + PEOPLE)),
        "montant": [10 * (n % 20) for n in range(PEOPLE)],
        "ville": ["Bourg" if n % 2 else "Village" for n in range(PEOPLE)],
    }
    some = {"qui": ["Nom 3"], "ou": ["3 rue des Lilas"], "combien": [30], "zone": ["Bourg"]}
    with Lake(folder / "personal") as lake, Lake(folder / "lasting") as lasting:
        version = lake.write("gens", staged(folder / "s", rows), delivery=1, act="g", mode="replace")
        listed = lasting.write("liste", staged(folder / "s", some), delivery=1, act="l", mode="replace")
    people = grant(
        folder / "personal", "gens", version, tuple(rows), floor=11, aggregate_only=True, identifying=("nom",)
    )
    return {"gens": people, "liste": grant(folder / "lasting", "liste", listed, tuple(some))}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as made:
        yield made


COUNT = {"step": "group", "measures": [{"name": "n", "operation": "count"}]}


def where(column: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"step": "filter", "conditions": [{"column": column, "op": op, "value": value}]}


def recipe(*steps: dict[str, Any]) -> Recipe:
    sources = {"gens": "gens", "liste": "liste"}
    start = {"step": "source", "source": "gens"}
    return Recipe.model_validate({"title": "Essai", "sources": sources, "steps": [start, *steps]})


def join(left: str, right: str) -> dict[str, Any]:
    return {"step": "join", "source": "liste", "on": [{"left": left, "right": right}], "keep": "matched"}


PICKS: dict[str, list[dict[str, Any]]] = {
    "a column that was recognised": [where("nom", "!=", "Nom 3"), COUNT],
    "its absence": [where("nom", "present"), COUNT],
    "a text that each bears alone": [where("adresse", "!=", "3 rue des Lilas"), COUNT],
    "a part of it": [where("adresse", "contains", "3 rue"), COUNT],
    "a number that each bears alone": [where("dossier", "<", 103), COUNT],
    "the exact value of an amount": [where("montant", "!=", 30), COUNT],
    "another name of it": [
        {"step": "choose", "columns": ["adresse", "ville"], "rename": {"adresse": "ou"}},
        where("ou", "!=", "3 rue des Lilas"),
        COUNT,
    ],
    "a formula that tells it": [
        {"step": "compute", "name": "lui", "formula": 'SI([adresse] = "3 rue des Lilas" ; "oui" ; "non")'},
        {**COUNT, "by": ["lui"]},
    ],
    "a text made of it": [
        {
            "step": "derive",
            "name": "ici",
            "operation": "concatenation",
            "column": "adresse",
            "other": "ville",
        },
        where("ici", "!=", "3 rue des Lilas Bourg"),
        COUNT,
    ],
    "a rule that it breaks": [
        {
            "step": "check",
            "keep": "passing",
            "rules": [{"column": "nom", "rule": "one_of", "values": ["Nom 3"]}],
        },
        COUNT,
    ],
    "a list of one": [join("adresse", "ou"), COUNT],
    "a list of one amount": [join("montant", "combien"), COUNT],
    "the first of them": [{"step": "top", "count": 12, "column": "montant"}, COUNT],
}


@pytest.mark.parametrize("steps", PICKS.values(), ids=PICKS)
def test_nobody_is_picked_out(engine: Engine, grants: dict[str, Grant], steps: list[dict[str, Any]]) -> None:
    made = recipe(*steps)
    for request in (Request(made, grants), DraftRequest(Request(made, grants))):
        with pytest.raises(RecipeError, match="que par groupes"):
            engine.answer(request)
    previewed = engine.answer(DraftRequest(Request(made, grants), "columns")).table.to_pylist()
    assert "que par groupes" in previewed[-1]["trouble"]


@pytest.mark.parametrize("steps", PICKS.values(), ids=PICKS)
def test_who_may_read_the_rows_may_filter_them(
    engine: Engine, grants: dict[str, Grant], steps: list[dict[str, Any]]
) -> None:
    may = {**grants, "gens": replace(grants["gens"], identifying=None)}
    engine.answer(Request(recipe(*steps), may))


def test_a_list_picks_nobody_out_from_its_own_side_either(engine: Engine, grants: dict[str, Grant]) -> None:
    for left, right in (("ou", "adresse"), ("combien", "montant")):
        on = [{"left": left, "right": right}]
        steps = [
            {"step": "source", "source": "liste"},
            {"step": "join", "source": "gens", "on": on, "keep": "matched"},
            COUNT,
        ]
        made = Recipe.model_validate(
            {"title": "E", "sources": {"gens": "gens", "liste": "liste"}, "steps": steps}
        )
        with pytest.raises(RecipeError, match="que par groupes"):
            engine.answer(Request(made, grants))


def test_what_many_share_filters_and_names_are_still_counted(
    engine: Engine, grants: dict[str, Grant]
) -> None:
    different = {"name": "n", "operation": "count_distinct", "column": "adresse"}
    made = recipe(
        where("ville", "=", "Bourg"), where("montant", "<", 200), {"step": "group", "measures": [different]}
    )
    assert engine.answer(Request(made, grants)).table.to_pylist() == [{"n": 30}]
    made = recipe(join("ville", "zone"), COUNT)
    assert engine.answer(Request(made, grants)).table.to_pylist() == [{"n": 30}]


def test_groups_of_unique_values_are_left_out(engine: Engine, grants: dict[str, Grant]) -> None:
    found = engine.answer(Request(recipe({**COUNT, "by": ["adresse"]}), grants))
    assert found.table.num_rows == 0


def test_after_the_grouping_anything_filters(engine: Engine, grants: dict[str, Grant]) -> None:
    made = recipe({**COUNT, "by": ["ville"]}, where("n", ">", 5), {"step": "top", "count": 1, "column": "n"})
    assert engine.answer(Request(made, grants)).table.num_rows == 1
