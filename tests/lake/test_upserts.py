"""Updating a table by key, and undoing: against a plain model of rows, on both catalogues, whatever the deliveries."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import rings
from beffroi.lake.errors import LakeError
from beffroi.lake.store import Lake
from beffroi.lake.upserts import Effect, InvalidKey
from lake.lakes import CATALOGUES, blank, grant, staged

KEY = ("ecole",)


@pytest.fixture(params=CATALOGUES)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return blank(tmp_path / "lasting", str(request.param))


@pytest.fixture
def lake(home: Path) -> Iterator[Lake]:
    with Lake(home) as opened:
        yield opened


def rows(lake: Lake, *columns: str, version: int | None = None) -> list[tuple[Any, ...]]:
    relation = lake.relation(grant(lake.path, "t", version or lake.version(), columns))
    return sorted((tuple(row.values()) for row in relation.to_pyarrow().to_pylist()), key=repr)


def upsert(lake: Lake, folder: Path, columns: dict[str, Any], delivery: int, key=KEY, **step: Any) -> int:
    file = staged(folder, columns, **step)
    return lake.write("t", file, delivery=delivery, act=f"act-{delivery}", mode="upsert", key=key)


def test_known_rows_that_differ_are_changed_new_ones_added_and_the_others_left(
    lake: Lake, tmp_path: Path
) -> None:
    first = upsert(lake, tmp_path / "s", {"ecole": ["A", "B", "C"], "repas": [1, 2, 3]}, 1)
    file = staged(tmp_path / "s", {"ecole": ["D", "B", "C"], "repas": [4, 20, 3]})
    assert lake.effect("t", file, KEY) == Effect(changed=1, added=1, unchanged=1)
    assert lake.version() == first
    lake.write("t", file, delivery=2, act="act-2", mode="upsert", key=KEY)
    # The rows left alone keep the delivery and the line that wrote them.
    assert rows(lake, "ecole", "repas", "_delivery", "_line") == [
        ("A", 1, 1, 2),
        ("B", 20, 2, 3),
        ("C", 3, 1, 4),
        ("D", 4, 2, 2),
    ]
    assert lake.effect_of_act("act-2") == Effect(1, 1, 1)
    assert rows(lake, "ecole", "repas", version=first) == [("A", 1), ("B", 2), ("C", 3)]


def test_the_same_act_twice_takes_effect_once(lake: Lake, tmp_path: Path) -> None:
    upsert(lake, tmp_path / "s", {"ecole": ["A"], "repas": [1]}, 1)
    file = staged(tmp_path / "s", {"ecole": ["A", "B"], "repas": [5, 6]})
    first = lake.write("t", file, delivery=2, act="again", mode="upsert", key=KEY)
    assert lake.write("t", file, delivery=2, act="again", mode="upsert", key=KEY) == first
    assert rows(lake, "ecole", "repas") == [("A", 5), ("B", 6)]


def test_a_delivery_that_changes_nothing_makes_no_version(lake: Lake, tmp_path: Path) -> None:
    first = upsert(lake, tmp_path / "s", {"ecole": ["A", "B"], "repas": [1, None]}, 1)
    assert upsert(lake, tmp_path / "s", {"ecole": ["B", "A"], "repas": [None, 1]}, 2) == first
    assert rows(lake, "ecole", "_delivery") == [("A", 1), ("B", 1)]


@pytest.mark.parametrize(
    ("columns", "key", "message"),
    [
        (
            {"ecole": ["A", "B", "A", "C", "C"], "repas": [1, 2, 3, 4, 5]},
            KEY,
            r"« Ecole » se répète.*2 valeurs sont sur plusieurs lignes \(lignes 2 et 4 ; lignes 5 et 6\)",
        ),
        ({"ecole": ["A", None, " "], "repas": [1, 2, 3]}, KEY, r"est vide à 2 lignes.*\(lignes 3 et 4\)"),
        ({"ecole": ["A"], "repas": [1]}, ("ecole", "jour"), r"n'a pas la colonne « jour » de la clé"),
        ({"ecole": ["A"], "repas": [1]}, (), "Aucune clé n'est choisie"),
        ({"ecole": ["A"], "jour": ["lundi"]}, ("jour",), "n'a pas encore de colonne « Jour »"),
        ({"repas": [1], "ecole": ["Z"]}, ("repas",), r"désigne plusieurs.*1 ligne du fichier \(ligne 2\)"),
    ],
)
def test_a_key_that_does_not_name_one_row_is_refused_with_its_lines_and_nothing_changes(
    lake: Lake, tmp_path: Path, columns: dict[str, Any], key: tuple[str, ...], message: str
) -> None:
    upsert(lake, tmp_path / "s", {"ecole": ["A", "B"], "repas": [1, 1]}, 1)
    before = lake.checksums()
    with pytest.raises(InvalidKey, match=message) as refused:
        upsert(lake, tmp_path / "s", columns, 2, key)
    assert "Rien n'a été modifié" in str(refused.value)
    assert (lake.checksums(), lake.version_of_act("act-2")) == (before, None)


def test_a_first_delivery_by_key_must_already_name_one_row_each(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(InvalidKey, match="se répète"):
        upsert(lake, tmp_path / "s", {"ecole": ["A", "A"]}, 1)
    assert lake.tables() == {}


def test_existing_rows_without_a_key_are_unchanged(lake: Lake, tmp_path: Path) -> None:
    first = staged(tmp_path / "s", {"ecole": ["A", None, None], "repas": [1, 2, 3]})
    lake.write("t", first, delivery=1, act="a", mode="replace")
    upsert(lake, tmp_path / "s", {"ecole": ["A"], "repas": [9]}, 2)
    assert rows(lake, "ecole", "repas") == [("A", 9), (None, 2), (None, 3)]


def test_a_key_of_two_columns_names_a_row_by_both(lake: Lake, tmp_path: Path) -> None:
    key = ("ecole", "jour")
    upsert(lake, tmp_path / "s", {"ecole": ["A", "A"], "jour": [1, 2], "repas": [5, 6]}, 1, key)
    upsert(lake, tmp_path / "s", {"ecole": ["A", "B"], "jour": [2, 2], "repas": [7, 8]}, 2, key)
    assert rows(lake, "ecole", "jour", "repas") == [("A", 1, 5), ("A", 2, 7), ("B", 2, 8)]


def test_missing_column_keeps_its_values_and_a_new_one_is_empty_in_other_rows(
    lake: Lake, tmp_path: Path
) -> None:
    first = upsert(lake, tmp_path / "s", {"ecole": ["A", "B"], "repas": [1, 2], "chef": ["x", "y"]}, 1)
    before = lake.checksums()
    upsert(lake, tmp_path / "s", {"ecole": ["B", "C"], "repas": [20, 3], "menu": ["riz", None]}, 2)
    assert rows(lake, "ecole", "repas", "chef", "menu") == [
        ("A", 1, "x", None),
        ("B", 20, "y", "riz"),
        ("C", 3, None, None),
    ]
    assert [column.name for column in lake.tables()["t"]] == ["ecole", "repas", "chef", "menu"]
    lake.restore("t", first, act="undo")
    assert lake.checksums() == before


def test_a_wider_type_keeps_every_value_and_is_undone(lake: Lake, tmp_path: Path) -> None:
    first = upsert(lake, tmp_path / "s", {"ecole": ["A", "B", "C"], "repas": [1, 2, 3]}, 1)
    before = lake.checksums()
    upsert(lake, tmp_path / "s", {"ecole": ["B", "D", "C"], "repas": ["deux", "1", "3"]}, 2)
    assert rows(lake, "ecole", "repas", "_delivery") == [
        ("A", "1", 1),
        ("B", "deux", 2),
        ("C", "3", 1),
        ("D", "1", 2),
    ]
    lake.restore("t", first, act="undo")
    assert lake.checksums() == before


def test_a_month_of_whole_numbers_does_not_rewrite_a_column_of_decimals(lake: Lake, tmp_path: Path) -> None:
    money = pa.array([1, 2], pa.decimal128(18, 4))
    upsert(lake, tmp_path / "s", {"ecole": ["A", "B"], "prix": money}, 1)
    files = set(lake.path.rglob("*.parquet"))
    upsert(lake, tmp_path / "s", {"ecole": ["B"], "prix": [3], "vide": pa.array([None], pa.string())}, 2)
    assert [str(value) for _, value in rows(lake, "ecole", "prix")] == ["1.0000", "3.0000"]
    assert lake.column_types("t")["prix"] == "DECIMAL(18,4)"
    assert files <= set(lake.path.rglob("*.parquet"))


def test_long_numbers_do_not_join_a_column_of_floating_ones(lake: Lake, tmp_path: Path) -> None:
    upsert(lake, tmp_path / "s", {"ecole": ["A"], "n": [0.5]}, 1)
    with pytest.raises(LakeError, match="trop longs"):
        upsert(lake, tmp_path / "s", {"ecole": ["B"], "n": [2**60 + 1]}, 2)


def test_quarantined_rows_are_stored_with_their_delivery_and_removed_by_its_undo(
    lake: Lake, tmp_path: Path
) -> None:
    first = upsert(lake, tmp_path / "s", {"ecole": ["A"], "repas": [1]}, 1, quarantined=("Total;1",))
    upsert(lake, tmp_path / "s", {"ecole": ["A"], "repas": [2]}, 2, quarantined=("Total;2",))
    assert [row["raw"] for row in lake.quarantine("t", 2)] == ["Total;2"]
    lake.restore("t", first, act="undo")
    assert lake.quarantine("t", 2) == []
    assert [row["raw"] for row in lake.quarantine("t", 1)] == ["Total;1"]


def test_an_undo_of_a_few_rows_writes_a_few_rows(lake: Lake, tmp_path: Path) -> None:
    many = 50_000 if rings.LONG else 10_000
    first = upsert(lake, tmp_path / "s", {"ecole": list(range(many)), "repas": list(range(many))}, 1)
    before, files = lake.checksums(), set(lake.path.rglob("*.parquet"))
    upsert(
        lake,
        tmp_path / "s",
        {"ecole": list(range(0, many, many // 100)), "repas": [-1] * 100, "new": [1] * 100},
        2,
    )
    lake.restore("t", first, act="undo")
    written = set(lake.path.rglob("*.parquet")) - files
    assert lake.checksums() == before
    assert sum(path.stat().st_size for path in written) < 0.1 * sum(path.stat().st_size for path in files)


def test_a_full_edition_is_compared_in_passes_and_loses_no_row(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("beffroi.lake.upserts.A_PASS", 500)
    upsert(lake, tmp_path / "s", {"ecole": list(range(1000)), "repas": [0] * 1000}, 1)
    edition = {"ecole": list(range(500, 1500)), "repas": [n % 2 for n in range(1000)]}
    file = staged(tmp_path / "s", edition)
    assert lake.effect("t", file, KEY) == Effect(changed=250, added=500, unchanged=250)
    lake.write("t", file, delivery=2, act="act-2", mode="upsert", key=KEY)
    assert lake.count("t") == 1500
    with pytest.raises(InvalidKey, match="se répète"):
        upsert(lake, tmp_path / "s", {"ecole": [7, *range(1000)], "repas": [0] * 1001}, 3)


cell = st.one_of(st.none(), st.sampled_from(["", "x", "y", "l'été"]))
deliveries = st.dictionaries(st.integers(0, 25), st.tuples(cell, st.integers(0, 2)), min_size=1, max_size=20)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("upsert"), deliveries),
        st.tuples(st.just("upsert with a column"), deliveries),
        st.tuples(st.just("append"), st.integers(1, 15)),
        st.tuples(st.just("undo"), st.integers(0, 3)),
    ),
    min_size=3,
    max_size=9,
)


@pytest.mark.parametrize("catalogue", CATALOGUES)
# A lake is slow to make: no shrinking.
@settings(rings.costly, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(steps=steps)
def test_every_version_matches_the_model_after_any_deliveries_and_undos(
    tmp_path_factory: pytest.TempPathFactory, catalogue: str, steps: list[tuple[str, Any]]
) -> None:
    folder = tmp_path_factory.mktemp("model")
    with Lake(blank(folder / "lasting", catalogue)) as lake:
        model_rows: dict[int, tuple[Any, ...]] = {
            0: ("x", 0, None, 0, 2)
        }  # text, number, added column, delivery, line
        wide = False
        first = staged(folder / "s", {"k": [0], "a": ["x"], "n": [0]})
        version = lake.write("t", first, delivery=0, act="first", mode="replace")
        past = [(version, dict(model_rows), wide)]
        for delivery, (what, step) in enumerate(steps, 1):
            if what == "undo":
                version, model, wide = past[max(0, len(past) - 1 - step)]
                model_rows = dict(model)
                version = lake.restore("t", version, act=f"undo-{delivery}")
            elif what == "append":
                keys = list(range(100 * delivery, 100 * delivery + step))
                file = staged(folder / "s", {"k": keys, "a": ["z"] * step, "n": [1] * step})
                version = lake.write("t", file, delivery=delivery, act=f"act-{delivery}", mode="append")
                model_rows |= {key: ("z", 1, None, delivery, line) for line, key in enumerate(keys, 2)}
            else:
                columns = {
                    "n": [n for _, n in step.values()],
                    "a": pa.array([a for a, _ in step.values()], pa.string()),
                    "k": list(step),
                }
                with_column = what != "upsert"
                if with_column:
                    columns["w"] = [n * 10 for _, n in step.values()]
                    wide = True
                file = staged(folder / "s", columns)
                version = lake.write(
                    "t", file, delivery=delivery, act=f"act-{delivery}", mode="upsert", key=("k",)
                )
                for line, (key, (a, n)) in enumerate(step.items(), 2):
                    old = model_rows.get(key)
                    w = n * 10 if with_column else (old[2] if old else None)
                    if old is None or old[:3] != (a, n, w):
                        model_rows[key] = (a, n, w, delivery, line)
            past.append((version, dict(model_rows), wide))
        for at, model, had in past:
            columns = ("k", "a", "n", *(("w",) if had else ()), "_delivery", "_line")
            expected = [
                (key, a, n, *((w,) if had else ()), d, line) for key, (a, n, w, d, line) in model.items()
            ]
            assert rows(lake, *columns, version=at) == sorted(expected, key=repr)
            assert set(lake.column_types("t")) == set(columns) or at != version
