"""The columns of a file that changed: what is found, and what becomes of the file once answered."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from beffroi.lake import drift, upsert_keys
from beffroi.lake.drift import Change
from beffroi.lake.drift_answers import UnansweredDrift, apply_answers
from beffroi.lake.errors import LakeError
from beffroi.lake.store import Lake
from beffroi.lake.tables import Column, StagedTable
from beffroi.lake.upserts import Effect
from lake.lakes import CATALOGUES, blank, staged

SCHOOLS = ["Jean-Moulin", "Les Tilleuls", "Les Ormes", "Pasteur", "Ferry", "Camus"]
DAYS = [date(2025, 1, n) for n in range(6, 12)]


@pytest.fixture(params=CATALOGUES)
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lake]:
    with Lake(blank(tmp_path / "lasting", str(request.param))) as opened:
        opened.write("t", staged(tmp_path / "s", BASE), delivery=1, act="a", mode="replace")
        yield opened


BASE: dict[str, Any] = {"ecole": SCHOOLS, "jour": DAYS, "repas": [112, 64, 80, 95, 70, 61]}


def found(lake: Lake, file: StagedTable, **shares: dict[str, float]) -> list[tuple[str, str]]:
    empty, now = shares.get("empty", {}), shares.get("now", {})
    return [
        (c.kind, c.column)
        for c in drift.detect_drift(lake.target_table("t"), file, empty=empty, empty_now=now)
    ]


def changes(lake: Lake, file: StagedTable) -> tuple[Change, ...]:
    return drift.detect_drift(lake.target_table("t"), file, empty={}, empty_now={})


def of(folder: Path, **columns: Any) -> StagedTable:
    return staged(folder / "s", {name: value for name, value in columns.items() if value is not None})


def test_the_same_columns_are_no_change(lake: Lake, tmp_path: Path) -> None:
    assert found(lake, of(tmp_path, **BASE)) == []


def test_a_column_more_and_a_column_less_are_found(lake: Lake, tmp_path: Path) -> None:
    file = of(tmp_path, ecole=SCHOOLS, jour=DAYS, prix_moyen=[3.4] * 6, menu=["riz"] * 6, repas=BASE["repas"])
    assert found(lake, file) == [("added", "prix_moyen"), ("added", "menu")]
    assert found(lake, of(tmp_path, ecole=SCHOOLS, repas=BASE["repas"])) == [("gone", "jour")]


@pytest.mark.parametrize(
    ("columns", "change"),
    [
        ({"etablissement": SCHOOLS, "jour": DAYS, "repas": BASE["repas"]}, ("renamed", "etablissement")),
        ({"ecole": SCHOOLS, "jour": DAYS, "repas_servis": BASE["repas"]}, ("renamed", "repas_servis")),
        ({"ecole": SCHOOLS, "jour": DAYS, "effectif": [9] * 6}, ("added", "effectif")),
    ],
)
def test_another_name_for_the_same_column_is_proposed_by_its_values_or_its_words(
    lake: Lake, tmp_path: Path, columns: dict[str, Any], change: tuple[str, str]
) -> None:
    assert change in found(lake, of(tmp_path, **columns))


def test_changed_unit_in_a_header_is_reported_as_such() -> None:
    current = [Column("montant_euros", "Montant (€)", "decimal"), Column("rue", "Rue", "text")]
    new = [Column("montant_k_euros", "Montant (k€)", "decimal"), Column("rue", "Rue", "text")]
    (change,) = drift.column_changes(current, new)
    assert (change.kind, change.held, change.before, change.after) == ("unit", "montant_euros", "€", "k€")


def test_widened_and_narrowed_types_differ_and_integers_among_decimals_are_no_change(
    lake: Lake, tmp_path: Path
) -> None:
    words = of(tmp_path, ecole=SCHOOLS, jour=DAYS, repas=["112", "fermé", "80", "95", "70", "61"])
    assert found(lake, words) == [("widened", "repas")]
    numbers = of(tmp_path, ecole=[1, 2, 3, 4, 5, 6], jour=DAYS, repas=BASE["repas"])
    assert found(lake, numbers) == [("narrowed", "ecole")]
    money = pa.array([3, 4, 5, 6, 7, 8], pa.decimal128(18, 4))
    assert found(lake, of(tmp_path, ecole=SCHOOLS, jour=DAYS, repas=money)) == []


def test_changed_column_order_is_reported_without_a_question(lake: Lake, tmp_path: Path) -> None:
    file = of(tmp_path, repas=BASE["repas"], jour=DAYS, ecole=SCHOOLS)
    (change,) = changes(lake, file)
    assert (change.kind, drift.awaiting_answer([change])) == ("order", [])
    assert apply_answers(lake.target_table("t"), file, [change], {}, replacing=False) is file


def test_suddenly_empty_column_raises_a_question(lake: Lake, tmp_path: Path) -> None:
    file = of(tmp_path, ecole=SCHOOLS * 2, jour=DAYS * 2, repas=[1] * 12)
    shares = {"empty": {"repas": 0.05}, "now": {"repas": 0.6}}
    assert found(lake, file, **shares) == [("emptier", "repas")]
    assert found(lake, file, empty={"repas": 0.5}, now={"repas": 0.6}) == []


def test_nothing_passes_without_an_answer_nor_against_one(lake: Lake, tmp_path: Path) -> None:
    file = of(tmp_path, ecole=SCHOOLS, repas=BASE["repas"], menu=["riz"] * 6)
    pending = changes(lake, file)
    with pytest.raises(UnansweredDrift, match=r"« Menu », « Jour ».*Rien n'a été versé"):
        apply_answers(
            lake.target_table("t"), file, pending, {"added:menu": "widen", "gone:jour": ""}, replacing=False
        )
    with pytest.raises(LakeError, match=r"à cause de « Jour »"):
        apply_answers(
            lake.target_table("t"),
            file,
            pending,
            {"added:menu": "accept", "gone:jour": "refuse"},
            replacing=False,
        )


def read(file: StagedTable) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if k != "_line"} for row in pq.read_table(file.parquet).to_pylist()]


def test_a_column_renamed_back_and_one_ignored_leave_the_table_as_it_was(lake: Lake, tmp_path: Path) -> None:
    file = of(tmp_path, etablissement=SCHOOLS, jour=DAYS, repas=BASE["repas"], menu=["riz"] * 6)
    answers = {"renamed:etablissement": "same", "added:menu": "ignore"}
    done = apply_answers(lake.target_table("t"), file, changes(lake, file), answers, replacing=False)
    assert [(c.name, c.label) for c in done.columns] == [
        ("ecole", "Ecole"),
        ("jour", "Jour"),
        ("repas", "Repas"),
    ]
    assert read(done)[0] == {"ecole": "Jean-Moulin", "jour": date(2025, 1, 6), "repas": 112}
    assert file.parquet.exists()
    lake.write("t", done, delivery=2, act="b", mode="append")
    assert [column.name for column in lake.tables()["t"]] == ["ecole", "jour", "repas"]


def test_columns_answered_as_different_stay_two(lake: Lake, tmp_path: Path) -> None:
    file = of(tmp_path, etablissement=SCHOOLS, jour=DAYS, repas=BASE["repas"])
    done = apply_answers(
        lake.target_table("t"), file, changes(lake, file), {"renamed:etablissement": "other"}, replacing=False
    )
    assert done is file


def test_retained_column_is_empty_after_a_full_replacement(lake: Lake, tmp_path: Path) -> None:
    file = of(tmp_path, ecole=SCHOOLS, repas=BASE["repas"])
    done = apply_answers(
        lake.target_table("t"), file, changes(lake, file), {"gone:jour": "keep"}, replacing=True
    )
    lake.write("t", done, delivery=2, act="b", mode="replace")
    assert lake.column_types("t")["jour"] == "DATE"
    assert {column.name: column.type for column in lake.tables()["t"]}["jour"] == "date"


def test_reading_as_before_quarantines_misfits_with_line_and_reason(lake: Lake, tmp_path: Path) -> None:
    file = of(tmp_path, ecole=SCHOOLS, jour=DAYS, repas=["1 112", "fermé", "80", " ", "3,5", "61"])
    (pending,) = changes(lake, file)
    done = apply_answers(lake.target_table("t"), file, [pending], {pending.key: "as_before"}, replacing=False)
    assert [row["repas"] for row in read(done)] == [1112, 80, None, 61]
    assert (done.rows_read, done.rows_kept, done.rows_quarantined) == (6, 4, 2)
    lake.write("t", done, delivery=2, act="b", mode="append")
    quarantined = lake.quarantine("t", 2)
    assert [(row["line"], row["kind"]) for row in quarantined] == [(3, "type"), (6, "type")]
    assert quarantined[0]["reason"] == "Colonne « Repas » : « fermé » n’est pas un nombre entier."
    assert quarantined[0]["raw"] == "Les Tilleuls;07/01/2025;fermé"
    assert lake.column_types("t")["repas"] == "BIGINT"


def test_french_dates_and_yes_or_no_are_read_as_before(tmp_path: Path) -> None:
    with Lake(tmp_path / "l") as lake:
        current = {"jour": DAYS[:2], "ouvert": [True, False], "prix": pa.array([1, 2], pa.decimal128(18, 4))}
        lake.write("t", staged(tmp_path / "s", current), delivery=1, act="a", mode="replace")
        file = of(tmp_path, jour=["31/12/2025", "?"], ouvert=["oui", "Non"], prix=["1\u202f234,50 ", "2"])
        answers = {change.key: "as_before" for change in changes(lake, file)}
        done = apply_answers(lake.target_table("t"), file, changes(lake, file), answers, replacing=False)
        (row,) = read(done)
        assert (row["jour"], row["ouvert"], str(row["prix"])) == (date(2025, 12, 31), True, "1234.5000")
        assert done.rows_quarantined == 1


def effect(lake: Lake, file: StagedTable) -> list[tuple[tuple[str, ...], Effect | None]]:
    found = upsert_keys.propose_keys(lake.target_table("t"), file, lambda key: lake.effect("t", file, key))
    return [(candidate.columns, candidate.effect) for candidate in found]


def test_the_key_proposed_is_unique_on_both_sides_and_named_like_one(tmp_path: Path) -> None:
    with Lake(tmp_path / "l") as lake:
        current = {"rue": ["A", "B", "C"], "num_point": ["1", "2", "3"], "id_lot": ["7", "7", "8"]}
        lake.write("t", staged(tmp_path / "s", current), delivery=1, act="a", mode="replace")
        file = of(tmp_path, rue=["A", "Z"], num_point=["1", "9"], id_lot=["7", "8"])
        assert effect(lake, file) == [(("num_point",), Effect(0, 1, 1))]


def test_composite_key_is_proposed_when_no_single_column_is_unique(lake: Lake, tmp_path: Path) -> None:
    file = of(tmp_path, ecole=SCHOOLS, jour=DAYS, repas=[0, *BASE["repas"][1:]])
    assert (("ecole", "jour"), Effect(1, 0, 5)) in effect(lake, file)


def test_the_day_is_the_key_of_a_series_that_has_one_row_a_day(tmp_path: Path) -> None:
    with Lake(tmp_path / "l") as lake:
        lake.write(
            "t",
            staged(tmp_path / "s", {"jour": DAYS[:2], "debit": [4, 5]}),
            delivery=1,
            act="a",
            mode="replace",
        )
        assert effect(lake, of(tmp_path, jour=DAYS[:2], debit=[4, 9])) == [(("jour",), Effect(1, 0, 1))]


def test_the_key_of_the_last_time_comes_back_with_its_trouble(lake: Lake, tmp_path: Path) -> None:
    file = of(tmp_path, ecole=["A", "A"], jour=DAYS[:2], repas=[1, 2])
    (again,) = upsert_keys.propose_keys(
        lake.target_table("t"), file, lambda key: lake.effect("t", file, key), known=("ecole",)
    )
    assert again.effect is None and "se répète" in again.trouble
