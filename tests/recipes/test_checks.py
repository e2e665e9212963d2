"""Data quality rules: each row lists the rules that it breaks, and removed rows are counted."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from beffroi.recipes.compile import check_report, compile
from beffroi.recipes.errors import RecipeError
from recipes import interpreter
from recipes.school_meals import a_meal, compared, recipe, rows, tables

RULES: list[dict[str, Any]] = [
    *({"column": name, "rule": "present"} for name in ("ecole", "jour", "repas", "bio")),
    *({"column": name, "rule": "unique"} for name in ("ecole", "jour", "repas", "montant")),
    {"column": "ecole", "rule": "unique", "also": ["bio", "repas"]},
    {"column": "repas", "rule": "between", "minimum": 0, "maximum": 200},
    {"column": "cout", "rule": "between", "minimum": -10.5},
    {"column": "montant", "rule": "between", "maximum": 2},
    {"column": "jour", "rule": "between", "minimum": "2023-01-01", "maximum": "2023-12-31"},
    {"column": "ecole", "rule": "one_of", "values": ["A", "École"]},
    {"column": "repas", "rule": "one_of", "values": [0, 1, 2]},
    {"column": "bio", "rule": "one_of", "values": [True]},
    {"column": "ecole", "rule": "length", "minimum": 1, "maximum": 3},
    {"column": "ecole", "rule": "length", "maximum": 4},
    {"column": "ecole", "rule": "prefix", "values": ["É", "A"]},
]


@given(
    rows,
    st.lists(st.sampled_from(RULES), min_size=1, max_size=4),
    st.sampled_from(["all", "failing", "passing"]),
)
def test_checks(repas: list[interpreter.Row], rules: list[dict[str, Any]], keep: str) -> None:
    compared(recipe({"step": "check", "rules": rules, "keep": keep}), repas, ordered=True)


@given(rows, st.lists(st.sampled_from(RULES), min_size=1, max_size=4))
def test_a_report_counts_every_row_that_a_check_leaves_out(
    repas: list[interpreter.Row], rules: list[dict[str, Any]]
) -> None:
    made = recipe({"step": "check", "rules": rules, "keep": "passing"})
    (report,) = check_report(made, tables(repas=repas))
    passing = compile(made, tables(repas=repas)).count().to_pyarrow().as_py()
    assert (report.step, report.rows, report.failing) == (2, len(repas), len(repas) - passing)
    step = made.steps[1]
    assert step.step == "check"
    assert [count for _, count in report.rules] == [
        sum(interpreter.breaks(row, rule, repas) for row in repas) for rule in step.rules
    ]


def test_a_report_is_a_sentence() -> None:
    repas = [a_meal(ecole=name, repas=number) for name, number in (("A", 1), (" ", 900), ("B", 2))]
    rules = [
        RULES[0],
        {"column": "repas", "rule": "between", "maximum": 500},
        {"column": "jour", "rule": "unique"},
    ]
    made = recipe({"step": "check", "rules": rules})
    (report,) = check_report(made, tables(repas=repas))
    assert report.sentence == (
        "1 ligne manque aux règles, sur 3 (ecole non renseigné : 1 ; repas hors des bornes : 1)."
    )
    (report,) = check_report(recipe({"step": "check", "rules": rules[2:]}), tables(repas=repas))
    assert report.sentence == "Aucune des 3 lignes ne manque aux règles."
    found = compile(made, tables(repas=repas)).to_pyarrow()
    assert found["motifs"].to_pylist() == [None, "ecole : non renseigné ; repas : hors des bornes", None]


def rule(column: str, name: str, **more: Any) -> dict[str, Any]:
    return {"step": "check", "rules": [{"column": column, "rule": name, **more}]}


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (rule("ecol", "present"), "« Vérifier ».*« ecole »"),
        (rule("repas", "length", minimum=5), "lit du texte, et cette colonne contient des nombres"),
        (rule("jour", "prefix", values=["2024"]), "contient des dates"),
        (rule("jour", "between", minimum="mardi"), "« mardi » ne peut pas être comparé"),
        (rule("repas", "one_of", values=["beaucoup"]), "« beaucoup » ne peut pas être comparé"),
        (rule("ecole", "unique", also=["x"]), "« x »"),
        ({**rule("ecole", "present"), "name": "Bio"}, "porte déjà le nom"),
        ({**rule("ecole", "present"), "why": "jour"}, "porte déjà le nom"),
    ],
)
def test_a_meaningless_rule_is_refused(step: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        compile(recipe(step), tables(repas=[]))


@pytest.mark.parametrize(
    "step",
    [
        rule("a", "between"),
        rule("a", "between", values=[1]),
        rule("a", "one_of"),
        rule("a", "one_of", values=[1], minimum=1),
        rule("a", "present", minimum=1),
        rule("a", "present", also=["b"]),
        rule("a", "length", minimum=-1),
        rule("a", "length", minimum="cinq"),
        rule("a", "prefix", values=[""]),
        {**rule("a", "present"), "name": "Motifs"},
        {"step": "check", "rules": []},
    ],
)
def test_an_incomplete_rule_is_not_stored(step: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        recipe(step)
