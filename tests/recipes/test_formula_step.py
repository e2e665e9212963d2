"""Computed-column step: in a recipe, in its sentences, in its errors, and on protected rows."""

import socket
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import ibis
import pytest

from beffroi.lake.grants import Grant
from beffroi.lake.store import Lake
from beffroi.recipes import wire
from beffroi.recipes.compile import compile, to_sql
from beffroi.recipes.engine import Engine
from beffroi.recipes.errors import QueryRefused, RecipeError
from beffroi.recipes.formula import FormulaError
from beffroi.recipes.model import Recipe
from beffroi.recipes.requests import Request
from beffroi.recipes.sentences import sentences
from lake.lakes import grant, staged

NAMES = [f"agent {number:02}" for number in range(24)]
SALARIES = [Decimal(2000 + 10 * number) for number in range(24)]


@pytest.fixture(scope="module")
def grants(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Grant]:
    """Two services of twelve agents, under a floor of 5; open tonnages, and a weight for each service."""
    folder = tmp_path_factory.mktemp("computing")
    agents = {"nom": NAMES, "service": ["voirie", "école"] * 12, "salaire": SALARIES, "prime": [100] * 24}
    waste = {"flux": ["verre", "papier", "verre"], "tonnes": [Decimal("1200.5"), Decimal("3.25"), None]}
    with Lake(folder / "personal") as lake, Lake(folder / "lasting") as lasting:
        paid = lake.write("paie", staged(folder / "s", agents), delivery=1, act="a", mode="replace")
        thrown = lasting.write("tri", staged(folder / "s", waste), delivery=1, act="b", mode="replace")
        weights = {"service": ["voirie", "école"], "poids": [1, 1000]}
        weighed = lasting.write("poids", staged(folder / "s", weights), delivery=1, act="c", mode="replace")
    protected = {"floor": 5, "aggregate_only": True}
    return {
        "paie": grant(folder / "personal", "paie", paid, tuple(agents), **protected),
        "tri": grant(folder / "lasting", "tri", thrown, ("flux", "tonnes")),
        "poids": grant(folder / "lasting", "poids", weighed, ("service", "poids")),
    }


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as made:
        yield made


def recipe(first: str, *steps: dict[str, Any]) -> Recipe:
    start = {"step": "source", "source": first}
    sources = {"paie": "paie", "tri": "tri", "poids": "poids"}
    return Recipe.model_validate({"title": "Essai", "sources": sources, "steps": [start, *steps]})


def compute(name: str, formula: str) -> dict[str, Any]:
    return {"step": "compute", "name": name, "formula": formula}


def summed(column: str, *by: str) -> dict[str, Any]:
    measures = [
        {"name": "total", "operation": "sum", "column": column},
        {"name": "effectif", "operation": "count"},
    ]
    return {"step": "group", "by": by, "measures": measures}


def rows(engine: Engine, grants: dict[str, Grant], made: Recipe) -> list[dict[str, Any]]:
    return engine.answer(Request(made, grants, today=date(2024, 3, 15))).table.to_pylist()


def test_a_formula_may_read_what_another_computed(engine: Engine, grants: dict[str, Grant]) -> None:
    found = rows(
        engine,
        grants,
        recipe(
            "tri",
            compute("kilos", "[Tonnes] * 1000"),
            compute("taille", 'SI(kilos > 10 000 ; "gros" ; "petit")'),
            {"step": "choose", "columns": ["flux", "kilos", "taille"]},
        ),
    )
    assert found == [
        {"flux": "verre", "kilos": Decimal("1200500"), "taille": "gros"},
        {"flux": "papier", "kilos": Decimal("3250"), "taille": "petit"},
        {"flux": "verre", "kilos": None, "taille": None},
    ]


def test_a_formula_is_part_of_the_one_query(grants: dict[str, Grant]) -> None:
    table = ibis.table({"flux": "string", "tonnes": "decimal(10, 2)"}, name="tri")
    made = recipe("tri", compute("double", "tonnes * 2"), summed("double", "flux"))
    text = to_sql(made, {"tri": table})
    assert text.count('"tri"') == 1 and '"tonnes" *' in text


def test_the_day_of_the_analysis_is_that_of_its_request(engine: Engine, grants: dict[str, Grant]) -> None:
    made = recipe("tri", compute("jour", "AUJOURDHUI()"), {"step": "choose", "columns": ["jour"]})
    assert {row["jour"] for row in rows(engine, grants, made)} == {date(2024, 3, 15)}


def test_the_step_is_described_with_its_formula() -> None:
    made = recipe("tri", compute("taille", 'si(tonnes>1 000,5;"gros";"petit")'), compute("brouillon", "1 +"))
    assert sentences(made, {"tonnes": "Tonnage"})[1:] == [
        'Calculer « taille » : SI([Tonnage] > 1000,5 ; "gros" ; "petit").',
        "Calculer « brouillon » : 1 +.",
    ]


@pytest.mark.parametrize(
    ("step", "words", "position"),
    [
        (compute("x", "1 + [tonne] * 2"), "la colonne « tonne » n'existe pas.*\\[tonnes\\]", (4, 11)),
        (compute("x", "tonnes > "), "il manque une valeur", (7, 8)),
    ],
)
def test_a_mistake_names_its_step_and_its_characters(
    step: dict[str, Any], words: str, position: tuple[int, int]
) -> None:
    table = ibis.table({"flux": "string", "tonnes": "decimal(10, 2)"}, name="tri")
    with pytest.raises(FormulaError, match=f"Étape 2 « Calculer par une formule » : .*{words}") as caught:
        compile(recipe("tri", step), {"tri": table})
    assert caught.value.position == position


def test_a_new_column_takes_no_name_that_is_taken() -> None:
    table = ibis.table({"flux": "string", "tonnes": "decimal(10, 2)"}, name="tri")
    with pytest.raises(RecipeError, match="porte déjà le nom « Tonnes »"):
        compile(recipe("tri", compute("Tonnes", "1")), {"tri": table})


def test_a_formula_error_and_its_position_reach_the_client() -> None:
    here, there = socket.socketpair()
    with here, there:
        wire.send_error(here, FormulaError("il manque une valeur.", (3, 4), "Étape 2 : "))
        with pytest.raises(FormulaError, match="Étape 2 : caractère 4 de la formule : il manque") as caught:
            wire.receive_answer(there)
    assert caught.value.position == (3, 4) and caught.value.reason == "il manque une valeur."


PEEPING = [
    (compute("x", 'SI([nom] = "agent 03" ; [salaire] ; 0)'),),
    (compute("x", "[salaire] * [salaire]"),),
    (compute("x", "1 / ([salaire] - 2030)"),),
    (compute("x", 'SI([nom] = "agent 03" ; 1 ; 0)'), compute("y", "x + prime"), compute("x2", "-y")),
    (
        compute("a", 'SI([nom] = "agent 03" ; [salaire] ; 0)'),
        {"step": "choose", "columns": ["a", "service", "prime"], "rename": {"a": "b"}},
        {"step": "derive", "name": "x", "operation": "sum", "column": "b", "other": "prime"},
    ),
    (
        compute("a", 'SI([nom] = "agent 03" ; "01001" ; [nom])'),
        {"step": "place", "column": "a", "name": "x"},
    ),
]


@pytest.mark.parametrize("steps", PEEPING)
def test_no_formula_makes_a_sum_give_one_protected_row(
    engine: Engine, grants: dict[str, Grant], steps: tuple[dict[str, Any], ...]
) -> None:
    made = steps[-1]["name"]
    counted = {"name": "n", "operation": "count", "column": made}
    for last in (
        summed(made, "service"),
        {"step": "group", "by": ["service"], "measures": [counted]},
        {"step": "pivot", "rows": ["service"], "column": "prime", "value": made},
    ):
        with pytest.raises(
            RecipeError, match=r"Étape \d « (Regrouper|Mettre en colonnes) ».*une seule ligne"
        ):
            rows(engine, grants, recipe("paie", *steps, last))


WEIGHED = {"step": "join", "source": "poids", "on": [{"left": "service", "right": "service"}]}
"""Each service's weight is a power of a thousand: their sum spells how many agents each has."""


@pytest.mark.parametrize("columns", [None, ["poids"]])
def test_weights_joined_to_protected_rows_are_never_summed(
    engine: Engine, grants: dict[str, Grant], columns: list[str] | None
) -> None:
    joined = {**WEIGHED, "columns": columns}
    total = {"step": "group", "by": [], "measures": [{"name": "m", "operation": "sum", "column": "poids"}]}
    for steps in (
        recipe("paie", joined, total),
        recipe("paie", joined, compute("fois", "[poids] * 2"), {**total, "measures": [
            {"name": "m", "operation": "mean", "column": "fois"}]}),
        recipe("poids", {**WEIGHED, "source": "paie", "columns": columns and ["salaire"]}, total),
    ):  # fmt: skip
        with pytest.raises(RecipeError, match=r"« Regrouper » : « (poids|fois) ».*un autre jeu"):
            engine.answer(Request(steps, grants))


def test_columns_of_another_dataset_may_group_protected_rows(
    engine: Engine, grants: dict[str, Grant]
) -> None:
    group = {"step": "group", "by": ["poids"], "measures": [
        {"name": "m", "operation": "sum", "column": "salaire"}]}  # fmt: skip
    assert engine.answer(Request(recipe("paie", WEIGHED, group), grants)).table.num_rows
    turned = recipe("poids", {**WEIGHED, "source": "paie"}, group)
    assert engine.answer(Request(turned, grants)).table.num_rows


def test_a_linear_formula_reveals_no_more_than_its_sums(engine: Engine, grants: dict[str, Grant]) -> None:
    made = recipe("paie", compute("coût", "([salaire] + [prime] * 2) / 10 - 1"), summed("coût", "service"))
    found = {row["service"]: row["total"] for row in rows(engine, grants, made)}
    for service, start in (("voirie", 0), ("école", 1)):
        assert found[service] == pytest.approx(float(sum(SALARIES[start::2]) + 2400) / 10 - 12)


def test_a_formula_may_group_or_filter_protected_rows_which_are_then_counted(
    engine: Engine, grants: dict[str, Grant]
) -> None:
    band = compute("tranche", 'SI([salaire] < 2 040 ; "bas" ; "haut")')
    assert rows(engine, grants, recipe("paie", band, summed("salaire", "tranche"))) == []
    only = {"step": "filter", "conditions": [{"column": "tranche", "op": "=", "value": "haut"}]}
    (row,) = rows(engine, grants, recipe("paie", band, only, summed("prime", "tranche")))
    assert row == {"tranche": "haut", "total": 2000, "effectif": 20}


def test_after_the_groups_a_formula_computes_what_it_wants(engine: Engine, grants: dict[str, Grant]) -> None:
    made = recipe("paie", summed("salaire", "service"), compute("moyen", "ARRONDI(total / effectif ; 1)"))
    assert {row["service"]: row["moyen"] for row in rows(engine, grants, made)} == {
        "voirie": Decimal("2110.0"),
        "école": Decimal("2120.0"),
    }


@pytest.mark.parametrize(
    "formula", ["ENT(tonnes) * 9223372036854775807", "tonnes * 9223372036854775807 * 9223372036854775807"]
)
def test_a_number_too_large_to_be_exact_stops_the_analysis_with_an_explanation(
    engine: Engine, grants: dict[str, Grant], formula: str
) -> None:
    with pytest.raises(
        QueryRefused, match=r"trop grand pour être tenu exactement.*Vos données sont intactes"
    ):
        rows(engine, grants, recipe("tri", compute("x", formula)))


def test_what_the_house_counts_cannot_be_read(engine: Engine, grants: dict[str, Grant]) -> None:
    made = recipe("paie", compute("x", "[_beffroi_5_1] + 1"), summed("salaire", "service"))
    with pytest.raises(FormulaError, match="n'existe pas"):
        rows(engine, grants, made)
