"""Rankings: explicit rate, denominator and ties."""

from decimal import Decimal
from typing import Any

import ibis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from beffroi.recipes.compile import compile
from beffroi.recipes.errors import RecipeError
from recipes import interpreter
from recipes.school_meals import compared, recipe, rows, tables


@given(
    rows,
    st.sampled_from(["repas", "cout", "montant"]),
    st.sampled_from([None, "repas", "cout", "montant"]),
    st.sampled_from([[], ["jour"]]),
    st.sampled_from([[], ["bio"]]),
    st.sampled_from(["competition", "dense"]),
    st.booleans(),
)
def test_rankings(
    repas: list[interpreter.Row], value: str, units: Any, then: Any, within: Any, ties: str, ascending: bool
) -> None:
    step = {
        "step": "ranking",
        "value": value,
        "then": then,
        "within": within,
        "ties": ties,
        "ascending": ascending,
    }
    if units:
        step |= {"denominator": units, "per": 1_000}
    compared(recipe(step), repas, ordered=True)


# Six invented clubs: medals of gold, silver and bronze, and their members.
CLUBS = {
    "Aubépine": (3, 1, 0, 4_000),
    "Bruyère": (2, 4, 4, 20_000),
    "Camomille": (3, 0, 2, 1_000),
    "Digitale": (0, 0, 1, 10),
    "Églantine": (2, 4, 4, 5_000),
    "Fougère": (1, 0, 0, 0),
}


@pytest.fixture(scope="module")
def medals() -> dict[str, Any]:
    columns = {"club": list(CLUBS)}
    columns |= dict(
        zip(
            ("or", "argent", "bronze", "licenciés"), map(list, zip(*CLUBS.values(), strict=True)), strict=True
        )
    )
    columns["total"] = [sum(won[:3]) for won in CLUBS.values()]
    return {"repas": ibis.memtable(columns)}


@pytest.mark.parametrize(
    ("rule", "ranks"),
    [
        ({"value": "or", "then": ["argent", "bronze"]},
         [("Aubépine", 1), ("Camomille", 2), ("Bruyère", 3), ("Églantine", 3), ("Fougère", 5), ("Digitale", 6)]),
        ({"value": "total", "ties": "dense"},
         [("Bruyère", 1), ("Églantine", 1), ("Camomille", 2), ("Aubépine", 3), ("Digitale", 4), ("Fougère", 4)]),
        ({"value": "total", "denominator": "licenciés", "per": 1_000},
         [("Digitale", 1), ("Camomille", 2), ("Églantine", 3), ("Aubépine", 4), ("Bruyère", 5), ("Fougère", None)]),
    ],
)  # fmt: skip
@pytest.mark.requirement("R108")
def test_the_same_medals_rank_clubs_differently_by_another_rule(
    medals: dict[str, Any], rule: dict[str, Any], ranks: list[tuple[str, int | None]]
) -> None:
    found = compile(recipe({"step": "ranking", **rule}), medals).to_pyarrow()
    assert list(zip(found["club"].to_pylist(), found["rang"].to_pylist(), strict=True)) == ranks


@pytest.mark.requirement("R108")
def test_the_result_includes_the_denominator_and_the_rate(medals: dict[str, Any]) -> None:
    rule = {"step": "ranking", "value": "total", "denominator": "licenciés", "per": 100_000}
    found = compile(recipe(rule), medals).to_pyarrow().to_pylist()
    assert found[0]["licenciés"] == 10
    assert found[0]["total pour 100 000 licenciés"] == 10_000.0
    assert found[-1]["total pour 100 000 licenciés"] is None


@pytest.mark.requirement("R108")
def test_two_rules_stand_side_by_side(medals: dict[str, Any]) -> None:
    by_total = {"step": "ranking", "value": "total", "name": "rang au total"}
    by_member = {"step": "ranking", "value": "total", "denominator": "licenciés", "name": "rang par licencié"}
    found = compile(recipe(by_total, by_member), medals).to_pyarrow().to_pylist()
    ranks = {row["club"]: (row["rang au total"], row["rang par licencié"]) for row in found}
    assert ranks["Digitale"] == (5, 1)
    assert ranks["Bruyère"] == (1, 5)


def test_decimals_that_are_equal_share_their_rank() -> None:
    repas = [
        {**dict.fromkeys(("ecole", "jour", "repas", "cout", "bio")), "montant": Decimal(c) / 100}
        for c in (30, 30, 29)
    ]
    found = compile(recipe({"step": "ranking", "value": "montant"}), tables(repas=repas)).to_pyarrow()
    assert found["rang"].to_pylist() == [1, 1, 3]


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"value": "ecole"}, "« Classer ».*mais du texte"),
        ({"value": "repas", "denominator": "jour"}, "mais des dates"),
        ({"value": "repas", "denominator": "habitants"}, "« habitants » n'existe pas"),
        ({"value": "repas", "then": ["x"]}, "« x »"),
        ({"value": "repas", "name": "Bio"}, "porte déjà le nom"),
        ({"value": "repas", "denominator": "cout", "rate": "bio"}, "porte déjà le nom"),
    ],
)
def test_a_column_that_cannot_be_ranked_is_refused(step: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        compile(recipe({"step": "ranking", **step}), tables(repas=[]))


@pytest.mark.parametrize("step", [{"per": 1_000}, {"rate": "taux"}, {"denominator": "x", "per": 7}])
def test_a_rule_that_is_not_whole_is_not_stored(step: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        recipe({"step": "ranking", "value": "repas", **step})
