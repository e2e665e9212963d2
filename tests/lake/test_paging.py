"""Pages of a table: in the order of its files, each row on one page and on one only, whatever its deliveries were."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from beffroi.lake.errors import LakeError
from beffroi.lake.paging import page
from beffroi.lake.row_selection import RowFilter, RowOrder
from beffroi.lake.store import Lake
from beffroi.lake.tables import DELIVERY, LINE
from lake.lakes import CATALOGUES, blank, grant, staged
from rings import representatives


@pytest.fixture(params=CATALOGUES)
def home(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return blank(tmp_path / "lasting", request.param)


def pages(lake: Lake, size: int, **changes: Any) -> tuple[list[int], set[int]]:
    """Values of n, page by page, and the returned totals."""
    opened = grant(lake.path, "repas", lake.version(), ("n",), **changes)
    found: list[int] = []
    totals: set[int] = set()
    while True:
        table, total = page(lake.attached, opened, len(found), size)
        totals.add(total)
        if not table.num_rows:
            return found, totals
        assert table.num_rows == min(size, total - len(found))
        assert table.column_names == ["n"]
        found += table["n"].to_pylist()


def test_pages_follow_the_deliveries_and_their_lines(home: Path, tmp_path: Path) -> None:
    with Lake(home) as lake:
        lake.write(
            "repas", staged(tmp_path / "s", {"n": list(range(90))}), delivery=3, act="a", mode="replace"
        )
        lake.write(
            "repas", staged(tmp_path / "s", {"n": list(range(90, 100))}), delivery=7, act="b", mode="append"
        )
        for delivery in range(10, 20):
            file = staged(tmp_path / "s", {"n": [90 + delivery]})
            lake.write("repas", file, delivery=delivery, act=f"c{delivery}", mode="append")
        for size in representatives((1, 7, 50, 200), (7, 50, 200)):
            assert pages(lake, size) == (list(range(110)), {110})


def test_every_row_is_paged_once_when_two_tables_share_a_delivery(home: Path, tmp_path: Path) -> None:
    with Lake(home) as lake:
        for part in range(4):
            file = staged(tmp_path / "s", {"n": list(range(part * 30, part * 30 + 30))})
            lake.write("repas", file, delivery=1, act=f"a{part}", mode="append")
        found, totals = pages(lake, 7)
        assert sorted(found) == list(range(120))
        assert totals == {120}


def test_rows_that_went_away_leave_no_hole(home: Path, tmp_path: Path) -> None:
    with Lake(home) as lake:
        lake.write(
            "repas", staged(tmp_path / "s", {"n": list(range(5000))}), delivery=1, act="a", mode="replace"
        )
        lake.execute("DELETE FROM lake.main.repas WHERE n < 4000 AND n % 2 = 0")
        lake.execute("DELETE FROM lake.main.repas WHERE n BETWEEN 100 AND 3000")
        expected = [n for n in range(5000) if not (n < 4000 and n % 2 == 0) and not 100 <= n <= 3000]
        assert pages(lake, 333) == (expected, {len(expected)})


def test_only_the_granted_rows_have_pages_and_masks_hold(home: Path, tmp_path: Path) -> None:
    with Lake(home) as lake:
        lake.write(
            "repas", staged(tmp_path / "s", {"n": list(range(60))}), delivery=1, act="a", mode="replace"
        )
        assert pages(lake, 10, predicate=(("n", ">=", "45"),)) == (list(range(45, 60)), {15})
        assert pages(lake, 50, masks=(("n", "hide"),))[0] == [None] * 60


def test_an_undone_table_has_the_pages_of_before(home: Path, tmp_path: Path) -> None:
    with Lake(home) as lake:
        first = lake.write(
            "repas", staged(tmp_path / "s", {"n": [5, 4, 3]}), delivery=1, act="a", mode="replace"
        )
        lake.write("repas", staged(tmp_path / "s", {"n": [1]}), delivery=2, act="b", mode="append")
        lake.restore("repas", first, act="u")
        assert pages(lake, 2) == ([5, 4, 3], {3})


def test_an_empty_table_has_no_page(home: Path, tmp_path: Path) -> None:
    with Lake(home) as lake:
        lake.write("repas", staged(tmp_path / "s", {"n": [1]}), delivery=1, act="a", mode="replace")
        lake.execute("DELETE FROM lake.main.repas")
        assert pages(lake, 10) == ([], {0})


def test_where_a_row_comes_from_may_be_among_what_is_granted(home: Path, tmp_path: Path) -> None:
    with Lake(home) as lake:
        version = lake.write("repas", staged(tmp_path / "s", {"n": [5]}), delivery=4, act="a", mode="replace")
        table, _ = page(lake.attached, grant(home, "repas", version, ("n", DELIVERY, LINE)), 0, 10)
        assert table.to_pylist() == [{"n": 5, DELIVERY: 4, LINE: 2}]


def test_page_of_an_expired_version_is_refused(home: Path, tmp_path: Path) -> None:
    with Lake(home) as lake:
        lake.write("repas", staged(tmp_path / "s", {"n": [5]}), delivery=1, act="a", mode="replace")
        with pytest.raises(LakeError, match="ne sont plus conservées"):
            page(lake.attached, grant(home, "repas", 99, ("n",)), 0, 10)


def test_rows_are_filtered_and_sorted_as_they_are_read_and_masked_values_do_neither(
    home: Path, tmp_path: Path
) -> None:
    rows = {
        "nom": ["École B", "ecole a", "Mairie", None],
        "prix": [3.5, 1234.25, 3.5, -2.0],
        "jour": [date(2025, 1, day) for day in (6, 7, 8, 9)],
        "secret": ["x", "y", "x", "z"],
    }
    with Lake(home) as lake:
        lake.write("repas", staged(tmp_path / "s", rows), delivery=1, act="a", mode="replace")
        opened = grant(lake.path, "repas", lake.version(), (*rows,), masks=(("secret", "hide"),))

        def found(*only: Any, order: RowOrder | None = None) -> list[int]:
            table, total = page(
                lake.attached, opened, 0, 50, only=RowFilter(*only) if only else None, order=order
            )
            days = [value.day for value in table["jour"].to_pylist()]
            assert total == len(days)
            return days

        assert found("nom", "contains", "ECOLE") == [6, 7]
        assert found("nom", "equals", "école b") == [6]
        assert found("nom", "contains", "' OR true --") == []
        assert found("prix", "equals", "1 234,25") == found("prix", "contains", "234,2") == [7]
        assert found("prix", "equals", "\u22122") == [9]
        assert found("prix", "equals", "beaucoup") == []
        assert found("jour", "equals", "08/01/2025") == [8]
        assert found("secret", "contains", "x") == []
        assert found(order=RowOrder("secret")) == [6, 7, 8, 9]
        assert found(order=RowOrder("prix", descending=True)) == [7, 6, 8, 9]
        assert found(order=RowOrder("nom")) == [7, 6, 8, 9]
        assert found("prix", "contains", "3,5", order=RowOrder("nom", descending=True)) == [8, 6]
        table, total = page(lake.attached, opened, 1, 1, order=RowOrder("prix"))
        assert (table["jour"].to_pylist(), total) == ([date(2025, 1, 6)], 4)
        for outside in ("_line", "absent", 'nom" OR true'):
            with pytest.raises(LakeError, match="ne se lit pas ici"):
                found(outside, "contains", "1")
            with pytest.raises(LakeError, match="ne se lit pas ici"):
                found(order=RowOrder(outside))
    with pytest.raises(LakeError, match="pas compris"):
        RowFilter("nom", "like", "x")  # type: ignore[arg-type]
