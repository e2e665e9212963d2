"""French errors of recipes: which step, which column, and what to do."""

from typing import Any

import ibis
import pytest
from pydantic import ValidationError

from beffroi.recipes.compile import compile
from beffroi.recipes.errors import RecipeError
from beffroi.recipes.model import Recipe

TABLES = {
    "repas": ibis.table(
        {"ecole": "string", "jour": "date", "repas": "int64", "bio": "boolean"}, name="repas"
    ),
    "ecoles": ibis.table({"code": "string", "nom": "string"}, name="ecoles"),
}
SUM = {"name": "total", "operation": "sum", "column": "repas"}


def recipe(*steps: dict[str, Any]) -> Recipe:
    first = {"step": "source", "source": "repas"}
    sources = {"repas": "cantines", "ecoles": "ecoles"}
    return Recipe.model_validate({"title": "Essai", "sources": sources, "steps": [first, *steps]})


def filtered(column: str, op: str, value: Any) -> dict[str, Any]:
    return {"step": "filter", "conditions": [{"column": column, "op": op, "value": value}]}


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            {"step": "choose", "columns": ["ecoles"]},
            "Étape 2 « Choisir ».*« ecoles ».*Vouliez-vous dire « ecole »",
        ),
        ({"step": "choose", "columns": ["zzz"]}, "Colonnes présentes : ecole, jour, repas et bio"),
        ({"step": "choose", "columns": ["ecole", "jour"], "rename": {"ecole": "jour"}}, "le même nom"),
        ({"step": "choose", "columns": ["ecole"], "rename": {"jour": "x"}}, "seules les colonnes gardées"),
        (filtered("jour", "=", "mardi"), "« mardi » ne peut pas être comparé.*des dates"),
        (filtered("repas", ">", "beaucoup"), "des nombres"),
        (filtered("bio", "=", "peut-être"), "oui ou non"),
        (filtered("repas", "last_days", 7), "ne contient pas des dates, mais des nombres"),
        ({"step": "derive", "name": "an", "operation": "year", "column": "ecole"}, "mais du texte"),
        (
            {"step": "derive", "name": "r", "operation": "ratio", "column": "repas", "other": "ecole"},
            "« ecole »",
        ),
        (
            {"step": "derive", "name": "repas", "operation": "year", "column": "jour"},
            "porte déjà le nom « repas »",
        ),
        (
            {"step": "derive", "name": "_beffroi_5_1", "operation": "year", "column": "jour"},
            "Choisissez-en un autre",
        ),
        ({"step": "derive", "name": "REPAS", "operation": "year", "column": "jour"}, "porte déjà le nom"),
        (
            {"step": "choose", "columns": ["ecole", "jour"], "rename": {"ecole": "Jour"}},
            "aux majuscules près",
        ),
        ({"step": "group", "by": ["ecole"], "measures": [{**SUM, "name": "Ecole"}]}, "aux majuscules près"),
        ({"step": "group", "by": ["ecol"], "measures": [SUM]}, "Étape 2 « Regrouper ».*« ecole »"),
        (
            {"step": "group", "measures": [{**SUM, "column": "ecole"}]},
            "la somme de « ecole », qui contient du texte",
        ),
        (
            {"step": "pivot", "rows": ["bio"], "column": "ecole", "value": "ecole", "values": ["A"]},
            "la somme",
        ),
        (
            {"step": "pivot", "rows": ["bio"], "column": "ecole", "value": "repas", "values": ["bio"]},
            "une colonne",
        ),
        ({"step": "sort", "by": [{"column": "total"}]}, "Étape 2 « Trier »"),
        (
            {"step": "join", "source": "ecoles", "on": [{"left": "ecole", "right": "nmo"}]},
            "pas de colonne « nmo »",
        ),
        (
            {"step": "reference", "column": "ecol", "bring": ["population"]},
            "Étape 2 « Compléter par commune ».*Vouliez-vous dire « ecole »",
        ),
        (
            {"step": "reference", "column": "repas", "bring": ["population"]},
            "« repas » ne contient pas des codes INSEE, mais des nombres, qui ont perdu le zéro.*étape « Situer »",
        ),
        (
            {"step": "reference", "column": "jour", "bring": ["population"]},
            "« jour » ne contient pas des codes INSEE, mais des dates. Ajoutez avant",
        ),
        (
            {
                "step": "reference",
                "column": "ecole",
                "bring": ["population"],
                "names": {"population": "Repas"},
            },
            "porte déjà le nom « Repas »",
        ),
        (
            {"step": "join", "source": "ecoles", "on": [{"left": "x", "right": "nom"}]},
            "Étape 2 « Rapprocher »",
        ),
    ],
)
def test_the_step_and_the_column_are_named(step: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        compile(recipe(step), TABLES)


def test_a_column_dropped_by_an_earlier_step_is_unavailable() -> None:
    steps = [{"step": "group", "by": ["ecole"], "measures": [SUM]}, {"step": "choose", "columns": ["jour"]}]
    with pytest.raises(RecipeError, match=r"Étape 3.*n'existe pas, ou plus"):
        compile(recipe(*steps), TABLES)


def test_a_source_that_is_not_open_is_named() -> None:
    with pytest.raises(RecipeError, match="« repas » n'est pas ouvert"):
        compile(recipe(), {})


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [{"step": "choose", "columns": ["a"]}],
        [{"step": "source", "source": "inconnu"}],
        [{"step": "source", "source": "repas"}] * 2,
        [{"step": "source", "source": "repas"}, {"step": "sql", "text": "DROP TABLE x"}],
        [{"step": "source", "source": "repas"}, {"step": "top", "count": 0, "column": "a"}],
        [{"step": "source", "source": "repas"}, filtered("a", "in", 3)],
        [{"step": "source", "source": "repas"}, filtered("a", "between", [1])],
        [{"step": "source", "source": "repas"}, filtered("a", "missing", 3)],
        [{"step": "source", "source": "repas"}, filtered("a", "last_days", -3)],
        [{"step": "source", "source": "repas"}, filtered("a", "=", None)],
        [
            {"step": "source", "source": "repas"},
            {"step": "group", "measures": [{"name": "s", "operation": "sum"}]},
        ],
        [{"step": "source", "source": "repas"}, {"step": "group", "by": ["total"], "measures": [SUM]}],
        [
            {"step": "source", "source": "repas"},
            {"step": "derive", "name": "x", "operation": "ratio", "column": "a"},
        ],
        [{"step": "source", "source": "repas"}, {"step": "place", "column": "a", "by": "name"}],
        *(
            [{"step": "source", "source": "repas"}, {"step": "reference", "column": "a", **changes}]
            for changes in (
                {"bring": []},
                {"bring": ["mayor"]},
                {"bring": ["population", "population"]},
                {"bring": ["population"], "names": {"epci_name": "x"}},
                {"bring": ["population", "epci_name"], "names": {"epci_name": "Population"}},
            )
        ),
    ],
)
def test_what_is_not_a_recipe_is_not_stored(steps: list[dict[str, Any]]) -> None:
    with pytest.raises(ValidationError):
        Recipe.model_validate({"title": "x", "sources": {"repas": "r"}, "steps": steps})


def test_a_recipe_goes_to_json_and_back_and_has_a_schema() -> None:
    made = recipe(
        filtered("jour", "between", ["2024-01-01", "2024-02-01"]), filtered("repas", "in", [1, 2.5])
    )
    assert Recipe.model_validate_json(made.model_dump_json()) == made
    steps = Recipe.model_json_schema()["properties"]["steps"]["items"]["discriminator"]["mapping"]
    assert sorted(steps) == sorted(
        [
            "source",
            "choose",
            "filter",
            "derive",
            "join",
            "group",
            "sort",
            "top",
            "pivot",
            "place",
            "reference",
            "window",
            "periods",
            "ranking",
            "unpivot",
            "stack",
            "check",
            "compute",
            "within",
            "nearest",
            "around",
            "area_share",
        ]
    )
