"""Examples of a recipe: passed and failed ones, their messages, also through the query processes."""

import json
from typing import Any

import pytest

from beffroi.recipes import serialization
from beffroi.recipes.engine import answer
from beffroi.recipes.errors import QueryRefused, RecipeError
from beffroi.recipes.examples import ExampleResult, ExamplesRequest, run_examples
from beffroi.recipes.model import Recipe
from beffroi.recipes.model.examples import Sample
from beffroi.recipes.requests import parse_request

RECIPE = """version: 1
title: Tonnages par commune
sources: {t: dechets}
steps:
- {step: source, source: t}
- {step: filter, conditions: [{column: jour, op: this_year}]}
- step: group
  by: [commune]
  measures: [{name: total, operation: sum, column: tonnes}]
examples:
- title: Deux collectes s'ajoutent
  today: 2024-06-01
  given:
    t:
      columns: {commune: text, jour: date, tonnes: decimal}
      rows:
      - [Les Saules, 2024-01-02, 1.5]
      - [Les Saules, 2024-03-02, 2.25]
      - [Bourg, 2023-01-02, 9]
  expect:
    columns: [commune, total]
    rows:
    - [Les Saules, 3.75]
"""


def verdicts(text: str) -> list[ExampleResult]:
    return run_examples(serialization.load_recipe(text))


def mismatch(old: str, new: str) -> str:
    assert old in RECIPE
    (verdict,) = verdicts(RECIPE.replace(old, new))
    return verdict.mismatch


def test_what_is_expected_is_found() -> None:
    (verdict,) = verdicts(RECIPE)
    assert verdict.passed
    assert verdict.found is not None
    assert verdict.found.rows == (("Les Saules", 3.75),)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("3.75]", "3.7]", "« Les Saules ; 3.7 » est attendu, et n'est pas dans le résultat."),
        ("today: 2024-06-01", "today: 2022-06-01", "est attendu, et n'est pas"),
        ("2023-01-02, 9", "2024-01-02, 9", "« Bourg ; 9 » est dans le résultat, et n'est pas attendu."),
        (
            "columns: [commune, total]",
            "columns: [commune, somme]",
            "Le résultat n'a pas de colonne « somme ».",
        ),
        ("tonnes: decimal", "poids: decimal", "« tonnes »"),
        ("2024-01-02, 1.5", "hier, 1.5", "« t », ligne 1 : « hier » ne convient pas à « jour » (date)."),
        ("    t:\n      col", "    autre:\n      col", "n'est pas ouvert"),
    ],
)
def test_a_mismatch_is_described(old: str, new: str, expected: str) -> None:
    assert expected in mismatch(old, new)


def test_an_order_set_by_the_recipe_is_checked_too() -> None:
    text = RECIPE.replace("examples:", "- {step: sort, by: [{column: total, descending: true}]}\nexamples:")
    text = text.replace("2023-01-02, 9", "2024-01-02, 9")
    text = text.replace("    - [Les Saules, 3.75]\n", "    - [Les Saules, 3.75]\n    - [Bourg, 9]\n")
    (verdict,) = verdicts(text)
    assert verdict.mismatch == "Ligne 1 : « Les Saules ; 3.75 » attendu, « Bourg ; 9 » trouvé."


def test_examples_are_written_and_read_again() -> None:
    recipe = serialization.load_recipe(RECIPE)
    for form in ("yaml", "json"):
        assert serialization.load_recipe(serialization.dump_recipe(recipe, form)) == recipe  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("[Les Saules, 3.75]", "[Les Saules]", "Chaque ligne attendue a 2 cases"),
        ("jour: date,", "jour: jour,", "« jour » n'est pas prévu ici"),
    ],
)
def test_an_example_that_is_wrong_is_refused_in_its_place(old: str, new: str, expected: str) -> None:
    with pytest.raises(RecipeError) as refused:
        serialization.load_recipe(RECIPE.replace(old, new))
    assert expected in str(refused.value)
    assert "examples[0]" in str(refused.value)


def test_the_query_process_gives_the_same_results() -> None:
    request = ExamplesRequest(serialization.load_recipe(RECIPE), "ville")
    again: Any = parse_request(request.to_json())
    assert again == request
    assert ExamplesRequest.read(answer(again)) == verdicts(RECIPE)
    with pytest.raises(QueryRefused):
        parse_request('{"examples": {"recipe": {}}}')


def test_columns_keep_their_order_in_a_store_that_sorts_the_keys_of_objects() -> None:
    written = json.loads(serialization.load_recipe(RECIPE).model_dump_json())
    read = Recipe.model_validate(json.loads(json.dumps(written, sort_keys=True)))
    assert list(read.examples[0].given["t"].columns) == ["commune", "jour", "tonnes"]
    assert read == serialization.load_recipe(RECIPE)


def test_an_order_that_names_other_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="nomme chaque colonne"):
        Sample.model_validate({"columns": {"a": "text"}, "rows": [], "order": ["b"]})
