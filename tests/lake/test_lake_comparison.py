"""Two versions of a table compared: the counts and the rows are those that plain Python finds, whatever happened between."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rings
from beffroi.lake import comparison
from beffroi.lake.comparison import ComparisonOptions, ComparisonResult, NotAKey, compare
from beffroi.lake.errors import LakeError
from beffroi.lake.grants import Grant
from beffroi.lake.store import Lake
from beffroi.lake.tables import DELIVERY, LINE
from lake.lakes import CATALOGUES, blank, grant, staged

type Row = dict[str, Any]
EVERYTHING = 1_000


@pytest.fixture(params=CATALOGUES)
def home(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return blank(tmp_path / "lasting", request.param)


def opened(lake: Lake, version: int, **changes: Any) -> Grant:
    """A grant on every column that the table has at this version."""
    there = lake.connection.execute(f"DESCRIBE FROM lake.main.repas AT (VERSION => {version})").fetchall()
    return grant(lake.path, "repas", version, tuple(row[0] for row in there), **changes)


def compared(
    lake: Lake, before: int, after: int, key: tuple[str, ...] | None = (), **options: Any
) -> ComparisonResult:
    options = {"limit": EVERYTHING, **options}
    return compare(
        lake.attached, opened(lake, before), opened(lake, after), ComparisonOptions(key=key, **options)
    )


def counts(found: ComparisonResult) -> tuple[int | None, ...]:
    return found.added, found.removed, found.changed, found.unchanged


@pytest.fixture
def meals(home: Path, tmp_path: Path) -> tuple[Lake, int, int]:
    """A canteen's meals, then their corrected edition: one day changed, one left, two came."""
    with Lake(home) as lake:
        first = lake.write(
            "repas",
            staged(
                tmp_path / "s",
                {"ecole": ["A", "A", "B", "B"], "jour": [1, 2, 1, 2], "repas": [10, 20, 10, 40]},
            ),
            delivery=1,
            act="a",
            mode="replace",
        )
        second = lake.write(
            "repas",
            staged(
                tmp_path / "s",
                {"ecole": ["A", "A", "B", "C", "C"], "jour": [1, 2, 1, 1, 2], "repas": [10, 21, 10, 5, 6]},
            ),
            delivery=2,
            act="b",
            mode="replace",
        )
    return Lake(home, read_only=True), first, second


def test_added_removed_and_changed_rows_are_matched_by_key(
    meals: tuple[Lake, int, int],
) -> None:
    found = compared(*meals, key=("ecole", "jour"))
    assert counts(found) == (2, 1, 1, 2)
    assert (found.before, found.after) == (4, 5)
    changed = [row for row in found.table.to_pylist() if row["kind"] == "changed"]
    assert [(row["before_repas"], row["after_repas"], row["differs_repas"]) for row in changed] == [
        (20, 21, True)
    ]
    assert not changed[0]["differs_ecole"]
    assert [(row["kind"], row["before_ecole"], row["after_ecole"]) for row in found.table.to_pylist()] == [
        ("added", None, "C"),
        ("added", None, "C"),
        ("removed", "B", None),
        ("changed", "A", "A"),
    ]


def test_the_key_is_proposed_from_the_content(meals: tuple[Lake, int, int]) -> None:
    found = compared(*meals, key=None)
    assert found.key == ("ecole", "jour")
    assert counts(found) == (2, 1, 1, 2)


def test_without_a_key_a_changed_row_left_and_another_came(meals: tuple[Lake, int, int]) -> None:
    found = compared(*meals, key=())
    assert counts(found) == (3, 2, 0, 2)


def test_compared_backwards_what_came_has_left(meals: tuple[Lake, int, int]) -> None:
    lake, first, second = meals
    assert counts(compared(lake, second, first, key=("ecole", "jour"))) == (1, 2, 1, 2)


def test_a_key_that_several_rows_share_is_refused_by_its_name(meals: tuple[Lake, int, int]) -> None:
    with pytest.raises(NotAKey, match="« ecole »"):
        compared(*meals, key=("ecole",))
    with pytest.raises(NotAKey, match="n'est pas lisible"):
        compared(*meals, key=("inconnue",))


def test_pages_of_differences_neither_skip_nor_repeat(meals: tuple[Lake, int, int]) -> None:
    whole = compared(*meals, key=("ecole", "jour")).table.to_pylist()
    pages = [compared(*meals, key=("ecole", "jour"), offset=n, limit=1).table.to_pylist() for n in range(5)]
    assert [row for page in pages for row in page] == whole


def test_only_the_requested_kinds_are_returned(meals: tuple[Lake, int, int]) -> None:
    found = compared(*meals, key=("ecole", "jour"), kinds=("removed",))
    assert found.table["kind"].to_pylist() == ["removed"]
    assert counts(found) == (2, 1, 1, 2)


def test_two_equal_versions_have_no_difference(meals: tuple[Lake, int, int]) -> None:
    lake, first, _ = meals
    assert counts(compared(lake, first, first, key=None)) == (0, 0, 0, 4)


def test_a_row_that_is_there_twice_counts_twice(home: Path, tmp_path: Path) -> None:
    with Lake(home) as lake:
        first = lake.write(
            "repas", staged(tmp_path / "s", {"n": [1, 1, 2]}), delivery=1, act="a", mode="replace"
        )
        second = lake.write(
            "repas", staged(tmp_path / "s", {"n": [1, 2, 2, 2]}), delivery=2, act="b", mode="replace"
        )
        found = compared(lake, first, second)
        assert counts(found) == (2, 1, 0, 2)
        assert found.table["after_n"].to_pylist() == [2, 2, None]


def test_a_large_table_is_weighed_in_turns(
    meals: tuple[Lake, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "ROWS_AT_ONCE", 2)
    assert counts(compared(*meals, key=None)) == (2, 1, 1, 2)
    assert counts(compared(*meals, key=())) == (3, 2, 0, 2)


def test_columns_of_one_side_and_changed_types_are_reported(home: Path, tmp_path: Path) -> None:
    with Lake(home) as lake:
        first = lake.write(
            "repas",
            staged(tmp_path / "s", {"cle": ["a", "b"], "n": [1, 2], "vieux": ["x", "y"]}),
            delivery=1,
            act="a",
            mode="replace",
        )
        second = lake.write(
            "repas",
            staged(tmp_path / "s", {"cle": ["a", "b"], "n": [1.0, 2.5], "neuf": [True, False]}),
            delivery=2,
            act="b",
            mode="replace",
        )
        found = compared(lake, first, second, key=("cle",))
        assert (found.drift.only_before, found.drift.only_after) == (("vieux",), ("neuf",))
        assert found.drift.retyped == (("n", "BIGINT", "DOUBLE"),)
        assert counts(found) == (0, 0, 1, 1)


def test_versions_without_common_column_are_refused(home: Path, tmp_path: Path) -> None:
    with Lake(home) as lake:
        first = lake.write("repas", staged(tmp_path / "s", {"a": [1]}), delivery=1, act="a", mode="replace")
        second = lake.write("repas", staged(tmp_path / "s", {"b": [1]}), delivery=2, act="b", mode="replace")
        with pytest.raises(LakeError, match="aucune colonne en commun"):
            compared(lake, first, second)


def test_column_masked_by_one_grant_is_neither_compared_nor_returned(meals: tuple[Lake, int, int]) -> None:
    lake, first, second = meals
    masked = opened(lake, second, masks=(("repas", "hide"),))
    found = compare(
        lake.attached, opened(lake, first), masked, ComparisonOptions(key=("ecole", "jour"), limit=EVERYTHING)
    )
    assert found.drift.hidden == ("repas",)
    assert counts(found) == (2, 1, 0, 3)
    assert not [name for name in found.table.column_names if name.endswith("repas")]
    with pytest.raises(NotAKey):
        compare(lake.attached, opened(lake, first), masked, ComparisonOptions(key=("repas",)))


def test_only_the_rows_of_the_grants_are_compared(meals: tuple[Lake, int, int]) -> None:
    lake, first, second = meals
    seen = (("ecole", "=", "A"),)
    found = compare(
        lake.attached,
        opened(lake, first, predicate=seen),
        opened(lake, second, predicate=seen),
        ComparisonOptions(key=("ecole", "jour"), limit=EVERYTHING),
    )
    assert counts(found) == (0, 0, 1, 1)


def test_two_datasets_are_not_compared(meals: tuple[Lake, int, int]) -> None:
    lake, first, second = meals
    with pytest.raises(LakeError, match="pas deux jeux différents"):
        compare(
            lake.attached,
            opened(lake, first),
            replace(opened(lake, second), table="autre"),
            ComparisonOptions(),
        )


def test_comparison_with_an_expired_version_is_refused(meals: tuple[Lake, int, int]) -> None:
    lake, first, _ = meals
    with pytest.raises(LakeError, match="ne sont plus conservées"):
        compare(
            lake.attached, opened(lake, first), replace(opened(lake, first), version=999), ComparisonOptions()
        )


def test_an_appended_delivery_is_compared_without_reading_what_was_there(home: Path, tmp_path: Path) -> None:
    """The file of the first delivery is taken away: what DuckLake noted since is enough."""
    rows = list(range(200))
    with Lake(home) as lake:
        first = lake.write("repas", staged(tmp_path / "s", {"n": rows}), delivery=1, act="a", mode="replace")
        middle = lake.write("repas", staged(tmp_path / "s", {"n": [500]}), delivery=2, act="b", mode="append")
        last = lake.write(
            "repas", staged(tmp_path / "s", {"n": [501, 502]}), delivery=3, act="c", mode="append"
        )
        assert counts(compared(lake, middle, last)) == (2, 0, 0, 201)
        for file in sorted((home / "data").rglob("*.parquet")):
            table = pa.parquet.read_table(file)
            if table.num_rows == len(rows):
                file.rename(tmp_path / "away.parquet")
        assert counts(compared(lake, first, last)) == (3, 0, 0, 200)


# Against a model in plain Python

VALUES = st.one_of(st.none(), st.integers(-3, 3))
COLUMNS = st.sampled_from([("cle", "n"), ("cle", "n", "m"), ("cle", "m"), ("cle",)])


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[str, dict[str, list[Any]]]:
    act = draw(st.sampled_from(["replace", "append", "undo", "change"]))
    names = draw(COLUMNS)
    size = draw(st.integers(0, 6))
    texts = draw(st.booleans())
    columns: dict[str, list[Any]] = {}
    for name in names:
        values = draw(st.lists(VALUES, min_size=size, max_size=size))
        as_text = texts and name == "m"
        columns[name] = [None if v is None else f"t{v}" for v in values] if as_text else values
    return act, columns


def arrow(columns: dict[str, list[Any]]) -> dict[str, Any]:
    texts = {name: any(isinstance(v, str) for v in values) for name, values in columns.items()}
    return {n: pa.array(values, pa.string() if texts[n] else pa.int64()) for n, values in columns.items()}


class Model:
    """The versions of the table as lists of rows, with the type of each column."""

    def __init__(self) -> None:
        self.versions: dict[int, list[Row]] = {}

    def of(self, lake: Lake, version: int) -> list[Row]:
        """Read once, plainly, just after it was made: nothing of the comparison is trusted."""
        if version not in self.versions:
            there = lake.connection.execute(
                f"FROM lake.main.repas AT (VERSION => {version})"
            ).to_arrow_table()
            self.versions[version] = [
                {name: value for name, value in row.items() if name not in (DELIVERY, LINE)}
                for row in there.to_pylist()
            ]
        return self.versions[version]


def as_texts(rows: list[Row], shared: list[str]) -> Counter[tuple[Any, ...]]:
    """Numbers met with texts are compared as texts; here every value is, since integers have one writing only."""
    return Counter(tuple(None if row[n] is None else str(row[n]) for n in shared) for row in rows)


def expected_whole(old: list[Row], new: list[Row], shared: list[str]) -> tuple[int, int, int, int]:
    before, after = as_texts(old, shared), as_texts(new, shared)
    return (after - before).total(), (before - after).total(), 0, (before & after).total()


def expected_keyed(old: list[Row], new: list[Row], shared: list[str], key: str) -> tuple[int, ...]:
    place = shared.index(key)
    before = {row[place]: row for row in as_texts(old, shared)}
    after = {row[place]: row for row in as_texts(new, shared)}
    both = set(before) & set(after)
    changed = sum(before[k] != after[k] for k in both)
    return len(set(after) - both), len(set(before) - both), changed, len(both) - changed


def is_key(rows: list[Row], key: str) -> bool:
    return len({row[key] for row in rows}) == len(rows)


@rings.costly
@given(st.lists(deliveries(), min_size=2, max_size=4))
def test_differences_of_any_two_versions_match_plain_python(
    history: list[tuple[str, dict[str, list[Any]]]],
) -> None:
    with TemporaryDirectory() as folder, Lake(Path(folder) / "lasting") as lake:
        model, made = Model(), []
        for number, (act, columns) in enumerate(history, start=1):
            version = _happens(lake, Path(folder), act, columns, number, made)
            made.append(version)
            model.of(lake, version)
        # Each with the one before and with the first; and the whole way back.
        for old, new in {
            *pairwise(made),
            *((made[0], one) for one in made),
            (made[-1], made[0]),
        }:
            _agree(lake, model, old, new)


def _happens(
    lake: Lake, folder: Path, act: str, columns: dict[str, list[Any]], number: int, made: list[int]
) -> int:
    if act == "undo" and len(made) > 1:
        return lake.restore("repas", made[-2], act=f"undo{number}")
    if act == "change" and made:
        # As an upsert does: rows deleted and written again in place, within one version.
        for sql in (
            "BEGIN",
            "DELETE FROM lake.main.repas WHERE cle = 1",
            "UPDATE lake.main.repas SET cle = cle + 1 WHERE cle < 0",
            "COMMIT",
        ):
            lake.execute(sql)
        return lake.version()
    mode = "append" if act == "append" and made else "replace"
    file = staged(folder / "s", arrow(columns))
    return lake.write("repas", file, delivery=number, act=f"a{number}", mode=mode)  # type: ignore[arg-type]


def _agree(lake: Lake, model: Model, old: int, new: int) -> None:
    before, after = model.of(lake, old), model.of(lake, new)
    one, other = opened(lake, old), opened(lake, new)
    shared = [name for name in one.columns if name in other.columns and name not in (DELIVERY, LINE)]
    found = compare(lake.attached, one, other, ComparisonOptions(key=(), limit=EVERYTHING))
    assert counts(found) == expected_whole(before, after, shared)
    assert found.table.num_rows == (found.added or 0) + (found.removed or 0)
    listed = Counter(
        tuple(None if row[f"after_{n}"] is None else str(row[f"after_{n}"]) for n in shared)
        for row in found.table.to_pylist()
        if row["kind"] == "added"
    )
    assert listed == as_texts(after, shared) - as_texts(before, shared)
    if is_key(before, "cle") and is_key(after, "cle"):
        keyed = compare(lake.attached, one, other, ComparisonOptions(key=("cle",), limit=EVERYTHING))
        assert counts(keyed) == expected_keyed(before, after, shared, "cle")
        assert keyed.table.num_rows == sum(counts(keyed)[:3])  # type: ignore[arg-type]
