"""Disclosure rules count households, persons and firms, not rows; a dominant firm is not revealed by its total."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from beffroi.lake.errors import LakeError
from beffroi.lake.grants import Grant
from beffroi.lake.store import Lake
from beffroi.recipes.engine import Engine
from beffroi.recipes.model import Recipe
from beffroi.recipes.release import Released
from beffroi.recipes.requests import GrantedRecipe, Request
from lake.lakes import grant, staged

FIRMS = {
    # Commerce: one firm makes 90 % of it. Services and industry are even. Culture: two firms only.
    "secteur": ["commerce"] * 4 + ["services"] * 5 + ["industrie"] * 4 + ["culture"] * 2,
    "siren": [f"{n:09}" for n in range(15)],
    "ventes": [900, 50, 30, 20, 100, 120, 90, 110, 80, 300, 310, 290, 305, 40, 45],
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("units")


@pytest.fixture(scope="module")
def firms(home: Path) -> Grant:
    with Lake(home / "lasting") as lake:
        version = lake.write("firms", staged(home / "s", FIRMS), delivery=1, act="firms", mode="replace")
    columns = ("secteur", "siren", "ventes")
    return grant(
        home / "lasting", "firms", version, columns, floor=3, dominance=0.85, unit="siren", protects="firms"
    )


@pytest.fixture(scope="module")
def bills(home: Path) -> Grant:
    """Twelve monthly bills a household: 14 in the town, 5 in the hamlet, 12 in the village where only two get aid."""
    rows: dict[str, list[Any]] = {"foyer": [], "lieu": [], "mois": [], "montant": [], "aide": []}
    for place, first, households in (("bourg", 0, 14), ("hameau", 20, 5), ("village", 40, 12)):
        for household in range(first, first + households):
            for month in range(1, 13):
                rows["foyer"].append(f"F{household}")
                rows["lieu"].append(place)
                rows["mois"].append(month)
                rows["montant"].append(10 + household % 3)
                rows["aide"].append(5 if place == "bourg" or household in (40, 41) else 0)
    with Lake(home / "personal") as lake:
        version = lake.write("bills", staged(home / "s", rows), delivery=1, act="bills", mode="replace")
    # The column that tells households apart is masked, and not even asked for.
    columns = ("lieu", "mois", "montant", "aide")
    return grant(
        home / "personal", "bills", version, columns,
        floor=11, unit="foyer", protects="households", aggregate_only=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as made:
        yield made


def by(key: str, *measures: tuple[str, str, str | None]) -> Recipe:
    measured = [
        {"name": name, "operation": operation, "column": column} for name, operation, column in measures
    ]
    steps = [{"step": "source", "source": "jeu"}, {"step": "group", "by": [key], "measures": measured}]
    return Recipe.model_validate({"title": "Essai", "sources": {"jeu": "jeu"}, "steps": steps})


def run(engine: Engine, opened: Grant, recipe: Recipe) -> Released:
    return engine.answer(Request(recipe, {"jeu": opened}))


COUNT = ("n", "count", None)


def test_a_household_of_many_rows_is_one_household(engine: Engine, bills: Grant) -> None:
    released = run(engine, bills, by("lieu", COUNT))
    # 60 rows for the hamlet, and five households; the village is hidden beside it.
    assert released.table["lieu"].to_pylist() == ["bourg"]
    assert "moins de 11 ménages" in released.reason
    assert "soustraction" in released.reason


def test_rows_are_counted_when_no_column_identifies_units(engine: Engine, bills: Grant) -> None:
    released = run(engine, replace(bills, unit=None), by("lieu", COUNT))
    assert released.table.num_rows == 3
    assert run(engine, replace(bills, unit=None, floor=61), by("lieu", COUNT)).reason.startswith(
        "Les groupes de moins de 61 lignes, s'il y en a, ne sont pas montrés"
    )


def test_the_unit_is_counted_even_where_the_reader_sees_it_masked(engine: Engine, bills: Grant) -> None:
    seen = replace(bills, columns=("lieu", "foyer"), masks=(("foyer", "hide"),))
    assert run(engine, seen, by("lieu", COUNT)).table["lieu"].to_pylist() == ["bourg"]
    by_household = run(engine, seen, by("foyer", COUNT))
    assert by_household.table.to_pylist() == [{"foyer": None, "n": 372}]


def test_a_total_that_few_households_bring_is_hidden(engine: Engine, bills: Grant) -> None:
    released = run(engine, bills, by("lieu", ("aide", "sum", "aide")))
    # Twelve households in the village, but two with an aid; the hamlet has five households, the town alone is no secret.
    assert "village" not in released.table["lieu"].to_pylist()
    assert "moins de 11 ménages" in released.reason


def test_a_unit_that_the_table_lacks_reads_nothing(engine: Engine, bills: Grant) -> None:
    with pytest.raises(LakeError, match="colonnes absentes"):
        run(engine, replace(bills, unit="maison"), by("lieu", COUNT))


def test_a_firm_that_makes_most_of_a_total_is_not_read_in_it(engine: Engine, firms: Grant) -> None:
    released = run(engine, firms, by("secteur", ("ventes", "sum", "ventes"), COUNT))
    visible = released.table["secteur"].to_pylist()
    assert "commerce" not in visible
    assert "culture" not in visible
    assert "une entreprise fait plus de 85 % d'un total" in released.reason
    assert "moins de 3 entreprises" in released.reason


def test_a_mean_reveals_as_much_as_a_sum(engine: Engine, firms: Grant) -> None:
    released = run(engine, firms, by("secteur", ("ventes", "mean", "ventes")))
    assert "commerce" not in released.table["secteur"].to_pylist()


def test_firms_may_be_counted_where_one_dominates(engine: Engine, firms: Grant) -> None:
    released = run(engine, firms, by("secteur", COUNT))
    # Two firms of culture are too few, and one other sector is hidden with them: no value is shown, none dominates.
    assert released.table.num_rows == 2


def test_several_rows_of_one_firm_are_weighed_together(engine: Engine, home: Path) -> None:
    parts = {
        "secteur": ["a"] * 13 + ["b"] * 6 + ["c"] * 6,
        "siren": ["x"] * 10 + ["y", "z", "t"] + [f"b{n}" for n in range(6)] + [f"c{n}" for n in range(6)],
        "ventes": [10] * 10 + [4, 4, 4] + [50] * 6 + [60] * 6,
    }
    with Lake(home / "lasting") as lake:
        version = lake.write("parts", staged(home / "s", parts), delivery=2, act="parts", mode="replace")
    opened = grant(
        home / "lasting",
        "parts",
        version,
        tuple(parts),
        floor=3,
        dominance=0.85,
        unit="siren",
        protects="firms",
    )
    released = run(engine, opened, by("secteur", ("ventes", "sum", "ventes")))
    # Ten lines of 10 make 100 of 112 in one hand; no line alone does.
    assert "a" not in released.table["secteur"].to_pylist()
    visible = run(engine, replace(opened, unit=None), by("secteur", ("ventes", "sum", "ventes")))
    assert visible.table.num_rows == 3


def test_a_later_figure_completes_none_of_the_earlier(engine: Engine, bills: Grant) -> None:
    first = by("lieu", COUNT)
    steps = [
        {"step": "source", "source": "jeu"},
        {"step": "filter", "conditions": [{"column": "lieu", "op": "!=", "value": "hameau"}]},
        {"step": "group", "measures": [{"name": "n", "operation": "count"}]},
    ]
    rest = Recipe.model_validate({"title": "Le reste", "sources": {"jeu": "jeu"}, "steps": steps})
    whole = Recipe.model_validate({"title": "Tout", "sources": {"jeu": "jeu"}, "steps": [steps[0], steps[2]]})
    grants = {"jeu": bills}
    # All bills less those of everywhere but the hamlet: the hamlet, whose five households the first figure hides.
    seen = (GrantedRecipe(first, grants), GrantedRecipe(whole, grants))
    request = Request(rest, grants, earlier=seen)
    assert engine.answer(Request(rest, grants)).table.to_pylist() == [{"n": 312}]
    released = engine.answer(Request.from_json(request.to_json()))
    assert released.table.to_pylist() == [{"n": None}]
    # What is said does not tell that it was so: the reason is that of any figure of these data.
    assert released.reason == engine.answer(Request(rest, grants)).reason


def test_rows_keep_their_number_from_one_recipe_to_the_next_whatever_their_filters(
    engine: Engine, bills: Grant
) -> None:
    months = [
        {"step": "source", "source": "jeu"},
        {"step": "filter", "conditions": [{"column": "lieu", "op": "=", "value": "bourg"}]},
        {"step": "group", "by": ["mois"], "measures": [{"name": "n", "operation": "count"}]},
    ]
    monthly = Recipe.model_validate({"title": "Par mois", "sources": {"jeu": "jeu"}, "steps": months})
    grants = {"jeu": bills}
    released = engine.answer(Request(monthly, grants, earlier=(GrantedRecipe(by("lieu", COUNT), grants),)))
    assert released.table["n"].to_pylist() == [14] * 12
