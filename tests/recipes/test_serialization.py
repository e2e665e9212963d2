"""Recipe files: YAML and JSON round trips, and errors with their place."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from beffroi.recipes import serialization
from beffroi.recipes.errors import RecipeError
from beffroi.recipes.model import Recipe

FORMS = ["yaml", "json"]
SOURCE = {"step": "source", "source": "repas"}
FIGURE = {
    "kind": "table",
    "title": "Repas",
    "unit": "repas",
    "base": "{lignes} lignes",
    "year": "2024",
    "source": "Ville",
}

SURPRISING = [
    "01001",
    "2024-01-31",
    "oui",
    "no",
    "1_000",
    "+5",
    "1e5",
    "1.0e5",
    "0x1F",
    "1:30",
    "null",
    "~",
    "- a",
]
SURPRISING += [
    "a: b",
    "# x",
    "&a",
    "*a",
    "!x",
    "<<",
    "=",
    "12 345,6",
    " é\u0085\u2028",
    "True",
    "1.0e+5",
    "-0",
    "''",
]
texts = st.text(min_size=1, max_size=12) | st.sampled_from(SURPRISING)
values = st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    alias = draw(texts)
    bound = draw(values)
    steps: list[dict[str, Any]] = [
        {
            "step": "filter",
            "conditions": [{"column": draw(texts), "op": "in", "value": draw(st.lists(values, min_size=1))}],
        },
        {"step": "choose", "columns": [draw(texts)], "rename": {draw(texts): draw(texts)}},
        {"step": "periods", "column": draw(texts), "period": "week", "first": draw(st.dates()).isoformat()},
        {"step": "check", "rules": [{"column": "a", "rule": "between", "maximum": bound}], "keep": "passing"},
        {
            "step": "derive",
            "name": "r",
            "operation": "ratio",
            "column": "a",
            "other": "b",
            "times": draw(st.floats(0, 1e300)),
        },
        {"step": "stack", "sources": [alias], "origin": draw(st.none() | texts)},
        {"step": "ranking", "value": "a", "denominator": "b", "per": 1_000, "ascending": draw(st.booleans())},
    ]
    chosen = draw(st.lists(st.sampled_from(steps), max_size=4))
    made = {
        "title": draw(texts),
        "sources": {alias: draw(texts)},
        "steps": [{**SOURCE, "source": alias}, *chosen],
    }
    return Recipe.model_validate(made | draw(st.sampled_from([{}, {"figure": FIGURE}])))


@given(recipes(), st.sampled_from(FORMS))
def test_a_recipe_comes_back_as_it_was_written(recipe: Recipe, form: Any) -> None:
    again = serialization.load_recipe(serialization.dump_recipe(recipe, form))
    assert again == recipe
    # Equality takes 1, 1.0 and true for one another: their types count here.
    assert again.model_dump_json() == recipe.model_dump_json()


def test_a_recipe_is_written_as_a_person_would() -> None:
    group = {
        "step": "group",
        "by": ["école"],
        "measures": [{"name": "total", "operation": "sum", "column": "repas"}],
    }
    recipe = Recipe.model_validate(
        {"title": "Repas", "sources": {"repas": "cantines"}, "steps": [SOURCE, group]}
    )
    assert serialization.dump_recipe(recipe) == (
        "version: 1\ntitle: Repas\nsources:\n  repas: cantines\nsteps:\n- step: source\n  source: repas\n"
        "- step: group\n  by:\n  - école\n  measures:\n  - name: total\n    operation: sum\n    column: repas\n"
    )


def text(*steps: Any, **more: Any) -> str:
    data = {
        "version": 1,
        "title": "Essai",
        "sources": {"repas": "cantines"},
        "steps": [SOURCE, *steps],
        **more,
    }
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False)


def test_codes_dates_and_words_stay_texts() -> None:
    head = text().replace("steps:", "steps:")
    for word in ("01001", "2024-01-31", "oui", "no", "on", "0x1F", "1:30", "1_000", "2A004", ".5"):
        read = serialization.load_recipe(
            head + f"- step: filter\n  conditions:\n  - {{column: a, op: '=', value: {word}}}\n"
        )
        step = read.steps[1]
        assert step.step == "filter"
        assert step.conditions[0].value == word


@pytest.mark.parametrize(
    ("step", "places"),
    [
        ({"step": "filtre"}, ["Étape 2, steps[1] (ligne 8) : l'étape « filtre » n'existe pas. Vouliez-vous dire « filter » ?"]),
        ({"step": "choose", "columns": "a"}, ["Étape 2, steps[1].columns (ligne 9) : une liste est attendue, même d'un seul élément."]),
        ({"step": "choose", "colums": ["a"]}, [
            "Étape 2, steps[1].columns (ligne 8) : il manque cette ligne.",
            "Étape 2, steps[1].colums (ligne 9) : « colums » n'est pas connu ici. Vouliez-vous dire « columns » ?"]),
        ({"step": "filter", "conditions": [{"column": "a", "op": "=="}]},
         ["Étape 2, steps[1].conditions[0].op (ligne 11) : « == » n'est pas prévu ici. Vouliez-vous dire « = » ?"]),
        ({"step": "filter", "conditions": [{"column": "a", "op": "=", "value": {"x": 1}}]},
         ["Étape 2, steps[1].conditions[0].value (ligne 12) : cette valeur n'est d'aucune des sortes permises ici."]),
        ({"step": "top", "column": "a", "count": 20_000},
         ["Étape 2, steps[1].count (ligne 10) : ce nombre doit être au plus 10000."]),
        ({"step": "window", "columns": [{"name": "r", "operation": "rank"}]},
         ["Étape 2, steps[1] (ligne 8) : Le calcul « r » demande dans quel ordre lire les lignes."]),
        ({"step": "periods", "column": "a", "period": "day", "last": "31/12/2024"},
         ["Étape 2, steps[1].last (ligne 11) : une date est attendue, comme « 2024-01-31 »."]),
        ({"step": "source", "source": "repas"},
         ["La recette (ligne 1) : Une analyse commence par un jeu de données, et par un seul."]),
        ("trier", ["Étape 2, steps[1] (ligne 8) : une étape est attendue, avec un nom et une valeur par ligne."]),
    ],
)  # fmt: skip
def test_errors_name_their_place(step: Any, places: list[str]) -> None:
    with pytest.raises(RecipeError) as caught:
        serialization.load_recipe(text(step))
    assert str(caught.value).splitlines() == places


def test_errors_are_listed_ten_at_a_time() -> None:
    with pytest.raises(RecipeError) as caught:
        serialization.load_recipe(text(*({"step": "top", "column": "a", "count": 0} for _ in range(14))))
    lines = str(caught.value).splitlines()
    assert len(lines) == 11
    assert lines[-1] == "4 autres endroits sont à revoir."


HEAD = "version: 1\ntitle: x\nsources: {a: b}\nsteps:\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "version: 1"),
        ("bonjour", "version: 1"),
        ("- a\n- b", "version: 1"),
        ("title: x", "ne dit pas une version connue"),
        ("version: 2", "Beffroi plus récent"),
        ("version: true", "ne dit pas une version connue"),
        ("version: 1\nversion: 1", "Ligne 2 : « version » est écrit deux fois"),
        ("a: &x [1]\nb: *x", "Ligne 1 : « & » et « \\* »"),
        ("a: *x", "Ligne 1 : « & » et « \\* »"),
        ("? &x a\n: 1", "Ligne 1 : un nom simple"),
        ("? [a]\n: 1", "Ligne 1 : un nom simple"),
        ("a: !!python/object/apply:os.system ['true']", "Ligne 1 : « tag:yaml.org,2002:python/object/apply:os.system »"),
        ("a: 1\n--- \nb: 2", "Ligne 2 : un seul texte"),
        (HEAD + "- step: source\n source: a", "n'est pas du YAML : ligne 6, caractère 2"),
        ("a: 'x", "n'est pas du YAML : ligne 1"),
        ("a: \x07", "un caractère qui ne s'écrit pas"),
        ("%TAG ! tag:x,2002:\n---\na: !b 1", "Ligne 3 : « tag:x,2002:b »"),
        ("[" * 60_000, "trop imbriquées"),
        ("a: " + "{a: " * 20_000, "trop imbriquées"),
        ("- " * 3_000, "trop imbriquées"),
        ("{" * 90_000, "n'est pas du JSON"),
        ('{"a":' * 15_000, "trop imbriqué"),
        ('{"a": 1, "a": 2}', "« a » est écrit deux fois"),
        ('{"a": NaN}', "« NaN » n'est pas un nombre"),
        ('{"a": 1' + "0" * 5_000 + "}", "trop long"),
        ('{"version": 1,}', "n'est pas du JSON : ligne 1, caractère"),
        ("x" * (serialization.MAX_CHARACTERS + 1), "elle n'est pas lue"),
    ],
)  # fmt: skip
def test_what_is_no_recipe_is_refused_in_french(text: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        serialization.load_recipe(text)


anything = st.recursive(
    st.none() | values,
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(["step", "columns", "source", "conditions", "op", "value", "rules"]) | texts, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
kinds = st.sampled_from(sorted(serialization._STEPS))


@given(
    st.lists(st.dictionaries(texts, anything, max_size=3) | anything, max_size=3),
    kinds,
    anything,
    st.sampled_from(FORMS),
)
def test_whatever_is_written_is_a_recipe_or_a_french_refusal(
    steps: list[Any], kind: str, title: Any, form: str
) -> None:
    known = [{**step, "step": kind} if isinstance(step, dict) else step for step in steps]
    data = {"version": 1, "title": title, "sources": {"repas": "cantines"}, "steps": [SOURCE, *known]}
    text = json.dumps(data) if form == "json" else yaml.safe_dump(data)
    try:
        assert isinstance(serialization.load_recipe(text), Recipe)
    except RecipeError as error:
        assert str(error)
        assert "Input" not in str(error)


@given(st.text(st.sampled_from("ab:-[]{},'\"\n #&*!|>?%@`1.~")))
def test_any_text_is_read_or_refused_in_french(text: str) -> None:
    with pytest.raises(RecipeError):
        serialization.load_recipe(text)


def test_the_schema_names_each_step_and_the_version() -> None:
    made = serialization.recipe_schema()
    assert made["properties"]["version"]["const"] == 1
    assert "version" in made["required"]
    assert set(made["properties"]["steps"]["items"]["discriminator"]["mapping"]) == set(serialization._STEPS)
    assert "sql" not in json.dumps(made).casefold()
