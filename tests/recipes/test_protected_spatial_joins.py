"""Spatial joins of protected rows through the locked engine: small areas stay hidden, and nobody counts persons around."""

from collections.abc import Iterator
from typing import Any

import pytest

from beffroi.lake.grants import Grant
from beffroi.lake.store import Lake
from beffroi.recipes.engine import Engine
from beffroi.recipes.errors import QueryRefused, RecipeError
from beffroi.recipes.model import Recipe
from beffroi.recipes.requests import DraftRequest, Request
from lake.lakes import grant, staged
from recipes import attacker, geometry_reference

# Persons by district: the last two have fewer than the floor.
PERSONS = {"Nord": 14, "Sud": 9, "Est": 3, "Ouest": 2}
BOX = {"Nord": (6.0, 47.1), "Sud": (6.1, 47.1), "Est": (6.2, 47.1), "Ouest": (6.3, 47.1)}
HERE, SHAPE = {"x": "lon", "y": "lat"}, {"geometry": "forme"}
WITHIN = {
    "step": "within",
    "source": "quartiers",
    "coordinates": HERE,
    "other": SHAPE,
    "columns": ["quartier"],
}
COUNT = {"step": "group", "by": ["quartier"], "measures": [{"name": "n", "operation": "count"}]}


@pytest.fixture(scope="module")
def grants(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Grant]:
    folder = tmp_path_factory.mktemp("places")
    points = [(BOX[name][0] + 0.001 * n + 0.0005, 47.15) for name, of in PERSONS.items() for n in range(of)]
    shapes = {
        "quartier": list(BOX),
        "forme": [
            geometry_reference.rectangle(west, south, west + 0.1, south + 0.1) for west, south in BOX.values()
        ],
    }
    with Lake(folder / "personal") as lake, Lake(folder / "lasting") as lasting:
        people = {"lon": [x for x, _ in points], "lat": [y for _, y in points]}
        first = lake.write("aides", staged(folder / "s", people), delivery=1, act="a", mode="replace")
        second = lasting.write("quartiers", staged(folder / "s", shapes), delivery=1, act="b", mode="replace")
    protected: dict[str, Any] = {"floor": 5, "aggregate_only": True}
    return {
        "aides": grant(folder / "personal", "aides", first, ("lon", "lat"), **protected),
        "quartiers": grant(folder / "lasting", "quartiers", second, ("quartier", "forme")),
    }


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as made:
        yield made


def recipe(first: str, *steps: dict[str, Any]) -> Recipe:
    sources = {"aides": "aides-sociales", "quartiers": "quartiers"}
    start = {"step": "source", "source": first}
    return Recipe.model_validate({"title": "Essai", "sources": sources, "steps": [start, *steps]})


def test_an_attacker_does_not_learn_the_population_of_a_small_area(
    grants: dict[str, Grant], engine: Engine
) -> None:
    released = engine.answer(Request(recipe("aides", WITHIN, COUNT), grants)).table.to_pylist()
    counts = {(row["quartier"],): row["n"] for row in released}
    assert counts[("Nord",)] == 14 and ("Est",) not in counts and ("Ouest",) not in counts
    population = [{"quartier": name} for name, of in PERSONS.items() for _ in range(of)]
    seen = attacker.Seen(("quartier",), counts)
    bounds = attacker.attacked(population, [seen], totals={0: sum(PERSONS.values())})
    assert all(high - low >= 5 for low, high in bounds.values())


def test_persons_are_not_counted_around_a_row(grants: dict[str, Grant], engine: Engine) -> None:
    around = {"step": "around", "source": "aides", "coordinates": SHAPE, "other": HERE, "metres": 50}
    with pytest.raises((RecipeError, QueryRefused), match="« aides-sociales » porte sur des personnes"):
        engine.answer(Request(recipe("quartiers", around), grants))
    with pytest.raises((RecipeError, QueryRefused), match="porte sur des personnes"):
        engine.answer(DraftRequest(Request(recipe("quartiers", around), grants), "places"))


def test_unprotected_rows_are_counted_before_the_step_is_added(
    grants: dict[str, Grant], engine: Engine
) -> None:
    own = {"quartiers": grants["quartiers"]}
    nearest = {"step": "nearest", "source": "quartiers", "coordinates": SHAPE, "other": SHAPE, "columns": []}
    (counts,) = engine.answer(
        DraftRequest(Request(recipe("quartiers", nearest), own), "places")
    ).table.to_pylist()
    assert (counts["here_rows"], counts["found"]) == (4, 4)
