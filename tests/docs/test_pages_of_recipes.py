"""The page of the recipes: each example is a recipe that runs, each step has one, each sentence is the one that is told."""

import re
from datetime import date
from decimal import Decimal
from types import ModuleType
from typing import Any

import ibis
import pyarrow as pa

from beffroi.lake.engine import connect
from beffroi.recipes import serialization
from beffroi.recipes.compile import compile
from beffroi.recipes.sentences import sentences

EXAMPLE = re.compile(r"```yaml\n(.*?)```\n\n((?:> [^\n]*\n)+)", flags=re.DOTALL)
HEAD = """version: 1
title: Exemple
sources: {tonnages: dechets-collectes, communes: communes-du-territoire, avant: dechets-collectes-2023, quartiers: quartiers, arrets: arrets, zones: zones}
steps:
- {step: source, source: tonnages}
"""
SQUARE = '{"type":"Polygon","coordinates":[[[6.8,47.6],[6.9,47.6],[6.9,47.7],[6.8,47.7],[6.8,47.6]]]}'
COLLECTED: dict[str, list[Any]] = {
    "commune": ["Valbruyère", "Les Saules"],
    "code": ["99F01", "99F02"],
    "jour": [date(2023, 5, 2), date(2024, 5, 3)],
    "flux": ["verre", "papier"],
    "tonnes": [Decimal("3.20"), Decimal("1.05")],
    "cout": [210.5, 80.0],
    "longitude": [6.85, 6.95],
    "latitude": [47.65, 47.65],
    "geometry": [SQUARE, None],
}
TABLES = {
    "tonnages": pa.table(COLLECTED),
    "avant": pa.table(
        {"poids": [2.5], **{name: cells[:1] for name, cells in COLLECTED.items() if name != "tonnes"}}
    ),
    "communes": pa.table(
        {"code": ["99F01", "99F02"], "nom": ["a", "b"], "habitants": [900, 40], "superficie": [1.5, 2.0]}
    ),
    "quartiers": pa.table({"quartier": ["Centre"], "geometry": [SQUARE]}),
    "zones": pa.table({"zone": ["1"], "geometry": [SQUARE]}),
    "arrets": pa.table({"arret": ["Gare"], "passages": [40], "x_l93": [988_900.0], "y_l93": [6_733_000.0]}),
}


def examples(pages: dict[str, str]) -> list[tuple[str, list[str]]]:
    """The text of each recipe of the page, and the sentences that follow it."""
    found = []
    for text, told in EXAMPLE.findall(pages["docs/recettes.md"]):
        whole = text.startswith("version")
        lines = [line.removeprefix("> ") for line in told.strip().splitlines()]
        first = [] if whole else ["Prendre les données de « dechets-collectes »."]
        found.append((text if whole else HEAD + text, [*first, *lines]))
    return found


def test_each_example_is_told_as_the_page_says(pages: dict[str, str]) -> None:
    shown = pages["docs/recettes.md"].count("```yaml")
    assert len(examples(pages)) == shown >= 15
    for text, told in examples(pages):
        # The page has plain spaces where a number has a space that does not break.
        assert [one.replace("\u00a0", " ") for one in sentences(serialization.load_recipe(text))] == told


def test_each_example_runs(pages: dict[str, str]) -> None:
    engine = ibis.duckdb.from_connection(connect(extensions=["spatial"]))
    for text, _ in examples(pages):
        recipe = serialization.load_recipe(text)
        tables = {alias: ibis.memtable(table) for alias, table in TABLES.items()}
        assert engine.to_pyarrow(compile(recipe, tables)).num_columns > 0, text


def test_each_step_has_an_example(pages: dict[str, str]) -> None:
    used = {step.step for text, _ in examples(pages) for step in serialization.load_recipe(text).steps}
    mapping = serialization.recipe_schema()["properties"]["steps"]["items"]["discriminator"]["mapping"]
    assert sorted(set(mapping) - used) == []


def test_each_word_of_a_window_and_of_a_check_is_named(pages: dict[str, str]) -> None:
    kinds = serialization.recipe_schema()["$defs"]
    words = [
        *kinds["Calculation"]["properties"]["operation"]["enum"],
        *kinds["Rule"]["properties"]["rule"]["enum"],
    ]
    words += [
        *kinds["Condition"]["properties"]["op"]["enum"],
        *kinds["Derive"]["properties"]["operation"]["enum"],
    ]
    assert [word for word in words if f"`{word}`" not in pages["docs/recettes.md"]] == []


def test_the_schema_is_what_the_models_say(generate: ModuleType) -> None:
    for name, whole in generate.WHOLE.items():
        assert (generate.DOCS / name).read_text("utf-8") == whole(), "run: .venv/bin/python docs/generate.py"
