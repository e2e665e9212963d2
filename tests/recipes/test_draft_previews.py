"""Previews of a draft recipe: columns after each step, first rows, time-limited counts, join reports."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from beffroi.lake.grants import Grant
from beffroi.lake.store import Lake
from beffroi.recipes import draft_previews
from beffroi.recipes.compile import apply_steps
from beffroi.recipes.engine import Engine
from beffroi.recipes.errors import QueryRefused
from beffroi.recipes.model import Recipe
from beffroi.recipes.pool import send_request
from beffroi.recipes.requests import CaptionedRequest, DraftRequest, Request, parse_request
from lake.lakes import grant, staged
from recipes_pool import ENDLESS, recipe, running, some_grants

TOWNS = ["Belfort"] * 12 + ["Danjoutin"] * 8 + ["Andelnans"] * 2
KEEP = {"step": "filter", "conditions": [{"column": "aide", "op": ">", "value": 10}]}
BY_TOWN = {
    "step": "group",
    "by": ["commune"],
    "measures": [{"name": "total", "operation": "sum", "column": "aide"}],
}
SORTED = {"step": "sort", "by": [{"column": "aide", "descending": True}]}
DOUBLED = {"step": "derive", "name": "double", "operation": "sum", "column": "aide", "other": "aide"}
COMPLETED = {"step": "reference", "column": "commune", "bring": ["commune_name"]}
SECTORS = {"step": "join", "source": "secteurs", "on": [{"left": "commune", "right": "nom"}]}


@pytest.fixture(scope="module")
def grants(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Grant]:
    folder = tmp_path_factory.mktemp("along")
    with Lake(folder / "lasting") as lake:
        aids = {"commune": TOWNS, "aide": list(range(22))}
        first = lake.write("aides", staged(folder / "s", aids), delivery=1, act="a", mode="replace")
        # Belfort twice; Andelnans nowhere; two rows without a name, which find each other nowhere.
        sectors = {
            "nom": ["Belfort", "Belfort", "Danjoutin", None, None],
            "secteur": ["N", "S", "N", "X", "Y"],
        }
        second = lake.write("secteurs", staged(folder / "s", sectors), delivery=2, act="b", mode="replace")
    return {
        "aides": grant(folder / "lasting", "aides", first, ("commune", "aide")),
        "secteurs": grant(folder / "lasting", "secteurs", second, ("nom", "secteur")),
    }


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as made:
        yield made


def written(*steps: dict[str, Any]) -> Recipe:
    sources = {"aides": "aides", "secteurs": "secteurs"}
    start = {"step": "source", "source": "aides"}
    return Recipe.model_validate({"title": "Essai", "sources": sources, "steps": [start, *steps]})


def drafted(
    recipe: Recipe, grants: dict[str, Grant], *, limit: int = 50, wanted: Any = "rows", seconds: float = 5.0
) -> DraftRequest:
    return DraftRequest(Request(recipe, grants, limit=limit), wanted, seconds)


def protected(grants: dict[str, Grant]) -> dict[str, Grant]:
    return grants | {"aides": replace(grants["aides"], floor=5, aggregate_only=True)}


def looked(engine: Engine, request: DraftRequest) -> list[dict[str, Any]]:
    return list(engine.answer(request).table.to_pylist())


def test_columns_after_each_step_are_listed_with_their_types(
    engine: Engine, grants: dict[str, Grant]
) -> None:
    found = looked(engine, drafted(written(KEEP, BY_TOWN), grants, wanted="columns"))
    listed = [(row["step"], row["name"], row["kind"]) for row in found]
    assert listed[:2] == [(0, "commune", "text"), (0, "aide", "integer")]
    assert [name for step, name, _ in listed if step == 2] == ["commune", "total"]


def test_the_first_invalid_step_is_explained_and_ends_the_list(
    engine: Engine, grants: dict[str, Grant]
) -> None:
    lost = {"step": "sort", "by": [{"column": "aides"}]}
    found = looked(engine, drafted(written(BY_TOWN, lost, KEEP), grants, wanted="columns"))
    assert {row["step"] for row in found} == {0, 1, 2}
    assert "Étape 3 « Trier » : la colonne « aides » n'existe pas" in found[-1]["trouble"]


def test_first_rows_are_marked_truncated_without_a_full_count(
    engine: Engine, grants: dict[str, Grant]
) -> None:
    found = engine.answer(drafted(written(KEEP), grants, limit=3))
    assert (found.table.num_rows, found.truncated, found.row_count) == (3, True, 4)
    whole = engine.answer(drafted(written(BY_TOWN), grants, limit=3))
    assert (whole.table.num_rows, whole.truncated) == (3, False)
    assert whole.table == engine.answer(Request(written(BY_TOWN), grants)).table


@pytest.mark.parametrize(
    "steps",
    [
        (KEEP, SORTED, DOUBLED, COMPLETED),
        (
            DOUBLED,
            {"step": "filter", "conditions": [{"column": "double", "op": ">", "value": 20}]},
            COMPLETED,
        ),
        (BY_TOWN, {"step": "choose", "columns": ["total", "commune"]}),
    ],
)
def test_the_first_rows_are_those_of_the_whole_whatever_is_done_to_each(
    engine: Engine, grants: dict[str, Grant], steps: tuple[dict[str, Any], ...]
) -> None:
    whole = engine.answer(Request(written(*steps), grants)).table
    for limit in (1, 2, 50):
        assert engine.answer(drafted(written(*steps), grants, limit=limit)).table == whole.slice(0, limit)


def test_row_by_row_steps_run_on_the_first_rows_only(
    engine: Engine, grants: dict[str, Grant], monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[int] = []
    monkeypatch.setattr(draft_previews, "apply_steps", _counting(handed))
    found = engine.answer(drafted(written(SORTED, DOUBLED, COMPLETED), grants, limit=3))
    assert found.truncated and handed == [4]


def _counting(handed: list[int]) -> Any:
    def followed(recipe: Recipe, table: Any, tables: Any, indexes: range, **more: Any) -> Any:
        if table is not None and len(indexes) > 0:
            handed.append(table.count().to_pyarrow().as_py())
        return apply_steps(recipe, table, tables, indexes, **more)

    return followed


def test_rows_are_counted_after_each_step(engine: Engine, grants: dict[str, Grant]) -> None:
    found = looked(engine, drafted(written(KEEP, DOUBLED, SECTORS, BY_TOWN), grants, wanted="counts"))
    # 12 … 21 stay: one of Belfort (found twice), eight of Danjoutin, two of Andelnans, who find nothing.
    assert [row["rows"] for row in found] == [22, 11, 11, 12, 3]


def test_counting_stops_with_its_time_and_the_engine_still_answers(tmp_path: Path) -> None:
    found = some_grants(tmp_path)
    with Engine() as engine:
        request = drafted(recipe(*ENDLESS), found, wanted="counts", seconds=0.3)
        rows = [row["rows"] for row in looked(engine, request)]
        assert rows[:1] == [4000] and len(rows) < 5
        after = drafted(recipe(), found, wanted="counts")
        assert looked(engine, after) == [{"step": 0, "rows": 4000}]


def test_a_join_is_foreseen_without_being_made(engine: Engine, grants: dict[str, Grant]) -> None:
    (found,) = looked(engine, drafted(written(SECTORS), grants, wanted="join"))
    assert found == {"rows": 22, "matched": 20, "added": 12, "unmatched_right": 2}
    (filtered,) = looked(engine, drafted(written(KEEP, SECTORS), grants, wanted="join"))
    assert filtered == {"rows": 11, "matched": 9, "added": 1, "unmatched_right": 2}


def test_a_join_that_would_give_millions_of_rows_is_foreseen_too(tmp_path: Path) -> None:
    with Engine() as engine:
        request = drafted(recipe(ENDLESS[0]), some_grants(tmp_path), wanted="join")
        assert looked(engine, request) == [
            {"rows": 4000, "matched": 4000, "added": 4000 * 3999, "unmatched_right": 0}
        ]


def test_a_protected_source_shows_no_row_and_is_not_counted_step_by_step(
    engine: Engine, grants: dict[str, Grant]
) -> None:
    shut = protected(grants)
    with pytest.raises(QueryRefused, match="Ajoutez une étape « Regrouper »"):
        engine.answer(drafted(written(KEEP), shut))
    for wanted, steps in (("counts", (KEEP,)), ("join", (SECTORS,))):
        with pytest.raises(QueryRefused, match="ne sont pas comptées étape par étape"):
            engine.answer(drafted(written(*steps), shut, wanted=wanted))
    names = looked(engine, drafted(written(KEEP), shut, wanted="columns"))
    assert [row["name"] for row in names] == ["commune", "aide"] * 2


def test_groups_of_a_protected_source_are_previewed_as_released(
    engine: Engine, grants: dict[str, Grant]
) -> None:
    shut = protected(grants)
    found = engine.answer(drafted(written(BY_TOWN), shut, limit=50))
    assert "Andelnans" not in found.table["commune"].to_pylist()
    assert found.reason == engine.answer(Request(written(BY_TOWN), shut)).reason != ""


def test_a_step_that_protection_refuses_is_reported_at_that_step(
    engine: Engine, grants: dict[str, Grant]
) -> None:
    largest = {**BY_TOWN, "measures": [{"name": "m", "operation": "max", "column": "aide"}]}
    found = looked(engine, drafted(written(KEEP, largest), protected(grants), wanted="columns"))
    assert found[-1]["step"] == 2 and "données protégées" in found[-1]["trouble"]


def test_the_query_processes_answer_them(tmp_path: Path, grants: dict[str, Grant]) -> None:
    with running(tmp_path) as (path, _):
        for wanted in ("columns", "rows", "counts"):
            request = drafted(written(KEEP), grants, limit=4, wanted=wanted)
            assert parse_request(request.to_json()) == request
            with Engine() as engine:
                assert send_request(path, request) == engine.answer(request)
        with pytest.raises(QueryRefused, match="mal formée"):
            parse_request(request.to_json().replace('"counts"', '"everything"'))


def test_the_query_processes_give_a_result_and_the_counts_of_its_caption(
    tmp_path: Path, grants: dict[str, Grant]
) -> None:
    counting = {"step": "group", "measures": [{"name": "lignes", "operation": "count"}]}
    broken = {"step": "sort", "by": [{"column": "absente"}]}
    request = CaptionedRequest(Request(written(KEEP), grants, limit=4), (written(counting), written(broken)))
    assert parse_request(request.to_json()) == request
    with running(tmp_path) as (path, _), Engine() as engine:
        found = send_request(path, request)
        assert found == engine.answer(request)
        assert found.released == engine.answer(request.request)
    counted, absent = found.counts
    assert counted is not None and counted.to_pylist() == [{"lignes": 22}]
    assert absent is None
