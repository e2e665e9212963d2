"""Page and comparison requests: the same limits, expiry, masks and disclosure control as a recipe."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from beffroi.lake.comparison import ComparisonOptions, NotAKey
from beffroi.lake.grants import Grant, GrantExpired
from beffroi.lake.row_selection import RowFilter, RowOrder
from beffroi.lake.store import Lake
from beffroi.recipes.engine import Engine, Limits
from beffroi.recipes.errors import QueryRefused, QueryTooLong
from beffroi.recipes.pool import send_request
from beffroi.recipes.requests import ComparisonRequest, PageRequest, parse_request
from beffroi.recipes.uniqueness import Uniqueness, UniquenessRequest
from lake.lakes import grant, staged
from recipes_pool import running

COLUMNS = ("cle", "aide")


@pytest.fixture
def two(tmp_path: Path) -> tuple[Grant, Grant]:
    """Aid to forty families, then one more, three changed and one gone."""
    home = tmp_path / "personal"
    with Lake(home) as lake:
        keys = [f"f{n:02}" for n in range(40)]
        first = lake.write(
            "aides",
            staged(tmp_path / "s", {"cle": keys, "aide": list(range(40))}),
            delivery=1,
            act="a",
            mode="replace",
        )
        later = [f"f{n:02}" for n in range(1, 42)]
        amounts = [n + 100 if n in (5, 6, 7) else n for n in range(1, 42)]
        second = lake.write(
            "aides",
            staged(tmp_path / "s", {"cle": later, "aide": amounts}),
            delivery=2,
            act="b",
            mode="replace",
        )
    return grant(home, "aides", first, COLUMNS), grant(home, "aides", second, COLUMNS)


def test_rows_alone_on_some_columns_are_counted_even_where_no_row_is_released(tmp_path: Path) -> None:
    home = tmp_path / "personal"
    rows = {"quartier": ["A", "A", "B", None, None, "C"], "age": [30, 30, 30, 41, 41, 30]}
    with Lake(home) as lake:
        version = lake.write("aides", staged(tmp_path / "s", rows), delivery=1, act="a", mode="replace")
    closed = replace(grant(home, "aides", version, ("quartier", "age")), aggregate_only=True)
    with Engine(Limits()) as engine:
        for columns, unique in ((("quartier", "age"), 2), (("age",), 0)):
            request = UniquenessRequest(replace(closed, columns=columns))
            assert parse_request(request.to_json()) == request
            assert UniquenessRequest.read(engine.answer(request)) == Uniqueness(6, unique)
        with pytest.raises(QueryRefused):
            engine.answer(PageRequest(closed))


def test_the_query_processes_compare_and_give_pages(tmp_path: Path, two: tuple[Grant, Grant]) -> None:
    with running(tmp_path) as (path, _):
        found = send_request(
            path, ComparisonRequest(*two, ComparisonOptions(key=None, kinds=("changed",), limit=2, offset=1))
        )
        assert (found.key, found.added, found.removed, found.changed, found.unchanged) == (
            ("cle",),
            2,
            1,
            3,
            36,
        )
        assert [(row["before_aide"], row["after_aide"]) for row in found.table.to_pylist()] == [
            (6, 106),
            (7, 107),
        ]
        rows = send_request(path, PageRequest(two[1], offset=39, limit=10))
        assert (rows.table["cle"].to_pylist(), rows.row_count) == (["f40", "f41"], 41)


def test_the_french_errors_cross_the_socket(tmp_path: Path, two: tuple[Grant, Grant]) -> None:
    before, after = two
    past = {"expires": datetime(2020, 1, 1, tzinfo=UTC)}
    with running(tmp_path) as (path, _):
        with pytest.raises(GrantExpired):
            send_request(path, ComparisonRequest(before, replace(after, **past)))
        with pytest.raises(GrantExpired):
            send_request(path, PageRequest(replace(after, **past)))
        with pytest.raises(NotAKey, match="lisible"):
            send_request(path, ComparisonRequest(before, after, ComparisonOptions(key=("quotient",))))


def test_a_dataset_that_gives_groups_only_is_compared_by_counts(two: tuple[Grant, Grant]) -> None:
    before, after = (replace(one, aggregate_only=True) for one in two)
    with Engine() as engine:
        found = engine.answer(ComparisonRequest(before, after, ComparisonOptions(key=("cle",))))
        assert found.table.num_rows == 0
        # One family left: to count it alone would point at it, and so would the other counts.
        assert (found.added, found.removed, found.changed, found.unchanged) == (None, None, None, None)
        assert (found.before, found.after) == (40, 41)
        assert "on pourrait y reconnaître quelqu'un" in found.reason
        # None is said like few: « nobody left » tells of everybody.
        assert (
            engine.answer(ComparisonRequest(before, before, ComparisonOptions(key=("cle",)))).unchanged
            is None
        )
        with pytest.raises(QueryRefused, match="ne sont pas montrées"):
            engine.answer(PageRequest(before))


def test_one_grant_with_a_floor_protects_both_sides(two: tuple[Grant, Grant]) -> None:
    before, after = two
    with Engine() as engine:
        for pair in ((replace(before, floor=11), after), (before, replace(after, floor=11))):
            found = engine.answer(ComparisonRequest(*pair, ComparisonOptions(key=("cle",))))
            assert (found.added, found.changed, found.table.num_rows) == (None, None, 0)
        small = replace(before, floor=50), replace(after, floor=50)
        found = engine.answer(ComparisonRequest(*small))
        assert (found.before, found.after) == (None, None)


def test_a_mask_on_one_side_is_a_mask_on_both(two: tuple[Grant, Grant]) -> None:
    before, after = two
    with Engine() as engine:
        found = engine.answer(
            ComparisonRequest(
                before, replace(after, masks=(("aide", "hide"),)), ComparisonOptions(key=("cle",))
            )
        )
        assert found.changed == 0
        assert not [name for name in found.table.column_names if "aide" in name]


def test_a_comparison_respects_the_limits(two: tuple[Grant, Grant]) -> None:
    with Engine(Limits(rows=1)) as engine:
        assert engine.answer(ComparisonRequest(*two, ComparisonOptions(limit=50))).table.num_rows == 1
        assert engine.answer(PageRequest(two[0], limit=50)).table.num_rows == 1
    with Engine(Limits(seconds=0.0)) as engine, pytest.raises(QueryTooLong, match="intactes"):
        engine.answer(ComparisonRequest(*two))


def test_an_engine_compares_again_after_a_refusal(two: tuple[Grant, Grant]) -> None:
    with Engine() as engine:
        with pytest.raises(NotAKey):
            engine.answer(ComparisonRequest(*two, ComparisonOptions(key=("absente",))))
        assert engine.answer(ComparisonRequest(*two)).removed == 1


def test_requests_go_to_json_and_back(two: tuple[Grant, Grant]) -> None:
    for request in (
        PageRequest(two[0], 50, 7),
        PageRequest(two[0], only=RowFilter("cle", "equals", "f01"), order=RowOrder("aide", descending=True)),
        ComparisonRequest(*two, ComparisonOptions(("cle",), ("added",), 3, 9)),
        ComparisonRequest(*two),
    ):
        assert parse_request(request.to_json()) == request


@pytest.mark.parametrize("text", ['{"page": 3}', '{"comparison": {}}', '{"page": {"grant": {}}}'])
def test_what_is_neither_is_refused(text: str) -> None:
    with pytest.raises(QueryRefused, match="mal formée"):
        parse_request(text)
