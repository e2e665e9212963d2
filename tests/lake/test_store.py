"""The lake: what is written can be counted, undone, copied and found again; what fails leaves nothing behind."""

import os
import signal
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from beffroi.lake import open_lake
from beffroi.lake.errors import LakeError
from beffroi.lake.store import Lake
from lake.lakes import APART, CATALOGUES, blank, grant, staged


@pytest.fixture(params=CATALOGUES)
def catalogue(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def home(tmp_path: Path, catalogue: str) -> Path:
    return blank(tmp_path / "L'été à « nous »" / "lasting", catalogue)


def rows(lake: Lake, table: str, *columns: str, version: int | None = None) -> list[tuple[object, ...]]:
    relation = lake.relation(grant(lake.path, table, version or lake.version(), columns))
    return sorted(tuple(row.values()) for row in relation.to_pyarrow().to_pylist())


def test_written_table_has_its_columns_labels_and_quarantine(home: Path, tmp_path: Path) -> None:
    with Lake(home) as lake:
        file = staged(
            tmp_path / "s",
            {"ecole": ["A", "B"], "repas": [12, 30]},
            quarantined=("Total;42",),
            types={"ecole": "code"},
        )
        version = lake.write("repas", file, delivery=7, act="act-1", mode="replace")
        assert lake.count("repas") == 2
        assert lake.tables() == {"repas": list(file.columns)}
        assert [row["raw"] for row in lake.quarantine("repas", 7)] == ["Total;42"]
        assert lake.quarantine("repas", 8) == []
        assert lake.version_of_act("act-1") == version
        assert lake.version_of_act("act-2") is None
        assert rows(lake, "repas", "ecole", "_delivery", "_line") == [("A", 7, 2), ("B", 7, 3)]


def test_repeated_act_is_written_once(home: Path, tmp_path: Path) -> None:
    with Lake(home) as lake:
        file = staged(tmp_path / "s", {"ecole": ["A"]})
        first = lake.write("repas", file, delivery=1, act="act-1", mode="append")
        assert lake.write("repas", file, delivery=1, act="act-1", mode="append") == first
        assert lake.count("repas") == 1


def test_next_month_s_file_adds_its_rows_and_its_new_columns(home: Path, tmp_path: Path) -> None:
    with Lake(home) as lake:
        lake.write(
            "repas", staged(tmp_path / "s", {"ecole": ["A"], "n": [1]}), delivery=1, act="a", mode="replace"
        )
        lake.write(
            "repas",
            staged(tmp_path / "s", {"menu": ["riz"], "ecole": ["B"]}),
            delivery=2,
            act="b",
            mode="append",
        )
        found = (
            lake.relation(grant(home, "repas", lake.version(), ("ecole", "n", "menu")))
            .to_pyarrow()
            .to_pylist()
        )
        assert sorted(found, key=lambda row: row["ecole"]) == [
            {"ecole": "A", "n": 1, "menu": None},
            {"ecole": "B", "n": None, "menu": "riz"},
        ]
        assert [column.name for column in lake.tables()["repas"]] == ["ecole", "n", "menu"]


@pytest.mark.parametrize("rows_each", [1, 40])
def test_every_kind_of_value_comes_back_as_it_went_in_small_deliveries_and_large(
    home: Path, tmp_path: Path, rows_each: int
) -> None:
    values = {
        "texte": ["L'été \\ « à »\x00\n;"],
        "long": [2**62],
        "montant": pa.array([Decimal("12345678901234567890123456.78")], pa.decimal128(38, 2)),
        "mesure": [0.1 + 0.2],
        "absent": [float("nan")],
        "sans_fin": [float("-inf")],
        "vrai": [True],
        "jour": [date(1, 1, 1)],
        "instant": [datetime(2024, 2, 29, 23, 59, 59, 123456)],
        "heure": [time(12, 0, 1, 500)],
        "rien": pa.array([None], pa.string()),
        "vide": [""],
    }
    sent = pa.concat_tables([pa.table(values)] * rows_each)
    with Lake(home) as lake:
        version = lake.write(
            "t",
            staged(tmp_path / "s", dict(zip(values, sent, strict=True))),
            delivery=1,
            act="a",
            mode="replace",
        )
        read = lake.relation(grant(home, "t", version, tuple(values))).to_pyarrow()
        assert [str(row) for row in read.to_pylist()] == [str(row) for row in sent.to_pylist()]
        lake.snapshot_to(tmp_path / "copie")
        with Lake(tmp_path / "copie", read_only=True) as copy:
            assert copy.checksums() == lake.checksums()


@pytest.mark.parametrize(
    ("existing", "arriving", "expected", "kind"),
    [
        ([1], [2.5], [1.0, 2.5], "number"),
        (
            [1],
            pa.array([Decimal("2.50")], pa.decimal128(9, 2)),
            [Decimal("1.00"), Decimal("2.50")],
            "decimal",
        ),
        ([1], ["x"], ["1", "x"], "text"),
        (["01000"], [1], ["01000", "1"], "text"),
        (
            [date(2024, 1, 2)],
            [datetime(2024, 1, 3, 8)],
            [datetime(2024, 1, 2), datetime(2024, 1, 3, 8)],
            "datetime",
        ),
        ([True], [3], ["3", "oui"], "text"),
        (["x"], [date(2024, 1, 2)], ["02/01/2024", "x"], "text"),
    ],
)
def test_types_that_differ_meet_in_the_one_that_keeps_every_value(
    home: Path, tmp_path: Path, existing: object, arriving: object, expected: list[object], kind: str
) -> None:
    with Lake(home) as lake:
        lake.write("t", staged(tmp_path / "s", {"v": existing}), delivery=1, act="a", mode="replace")
        lake.write("t", staged(tmp_path / "s", {"v": arriving}), delivery=2, act="b", mode="append")
        assert [value for (value,) in rows(lake, "t", "v")] == expected
        assert lake.tables()["t"][0].type == kind


def test_a_type_that_would_lose_digits_is_refused_and_nothing_changes(home: Path, tmp_path: Path) -> None:
    with Lake(home) as lake:
        lake.write("t", staged(tmp_path / "s", {"v": [2**60 + 1]}), delivery=1, act="a", mode="replace")
        before = lake.checksums()
        with pytest.raises(LakeError, match=r"nombres trop longs.*Rien n'a été modifié"):
            lake.write("t", staged(tmp_path / "s", {"v": [0.5]}), delivery=2, act="b", mode="append")
        assert lake.checksums() == before
        assert lake.version_of_act("b") is None


def test_shapes_and_texts_do_not_meet(home: Path, tmp_path: Path) -> None:
    with Lake(home) as lake:
        shape = staged(tmp_path / "s", {"v": ['{"type":"Point"}']}, types={"v": "geometry"})
        lake.write("t", shape, delivery=1, act="a", mode="replace")
        with pytest.raises(LakeError, match="formes géographiques"):
            lake.write("t", staged(tmp_path / "s", {"v": ["rue"]}), delivery=2, act="b", mode="append")


def test_a_file_without_any_shared_column_does_not_join(home: Path, tmp_path: Path) -> None:
    with Lake(home) as lake:
        lake.write("t", staged(tmp_path / "s", {"v": [1]}), delivery=1, act="a", mode="replace")
        with pytest.raises(LakeError, match="aucune colonne en commun"):
            lake.write("t", staged(tmp_path / "s", {"w": [1]}), delivery=2, act="b", mode="append")


def test_a_write_is_undone_to_the_very_content_that_was(home: Path, tmp_path: Path) -> None:
    with Lake(home) as lake:
        file = staged(tmp_path / "s", {"ecole": ["A"], "n": [1]}, quarantined=("x",))
        first = lake.write("repas", file, delivery=1, act="a", mode="replace")
        before, columns = lake.checksums(), lake.tables()
        lake.write(
            "repas",
            staged(tmp_path / "s", {"ecole": ["B"], "n": ["deux"], "z": [1]}, quarantined=("y",)),
            delivery=2,
            act="b",
            mode="append",
        )
        assert lake.checksums() != before
        lake.restore("repas", first, act="undo-b")
        assert lake.checksums() == before
        assert lake.tables() == columns
        assert lake.quarantine("repas", 2) == []
        lake.restore("repas", None, act="undo-a")
        assert lake.tables() == {}
        assert lake.quarantine("repas", 1) == []
        assert lake.count("repas", first) == 1


def test_undoing_what_never_was_changes_nothing(home: Path) -> None:
    with Lake(home) as lake:
        assert lake.restore("absente", None, act="undo") == lake.version()


def test_a_replaced_table_can_still_be_read_at_its_old_version(home: Path, tmp_path: Path) -> None:
    with Lake(home) as lake:
        old = lake.write(
            "t", staged(tmp_path / "s", {"v": [1], "gone": [2]}), delivery=1, act="a", mode="replace"
        )
        lake.write("t", staged(tmp_path / "s", {"v": [5]}), delivery=2, act="b", mode="replace")
        assert rows(lake, "t", "v", "gone", version=old) == [(1, 2)]
        assert rows(lake, "t", "v") == [(5,)]


def test_overlap_distinguishes_a_new_month_from_a_corrected_file(home: Path, tmp_path: Path) -> None:
    with Lake(home) as lake:
        days, counts = [date(2024, 1, n) for n in range(1, 11)], list(range(10))
        lake.write(
            "t", staged(tmp_path / "s", {"jour": days, "n": counts}), delivery=1, act="a", mode="replace"
        )
        same = staged(tmp_path / "s", {"n": [0.0] + [float(n) for n in counts[1:]], "jour": days})
        assert lake.overlap("t", same) == 1.0
        half = staged(tmp_path / "s", {"jour": days, "n": counts[:5] + [99] * 5})
        assert lake.overlap("t", half) == 0.5
        later = staged(tmp_path / "s", {"jour": [date(2024, 2, n) for n in range(1, 11)], "n": counts})
        assert lake.overlap("t", later) == 0.0
        assert lake.overlap("t", staged(tmp_path / "s", {"other": [1]})) == 0.0


def test_checksums_do_not_depend_on_the_order_of_rows_nor_on_the_number_of_files(
    tmp_path: Path, catalogue: str
) -> None:
    values = {"a": ["x", None, "", "x"], "b": [1.5, float("nan"), None, 1.5]}
    turned = {name: column[::-1] for name, column in values.items()}
    with Lake(blank(tmp_path / "1", catalogue)) as one, Lake(blank(tmp_path / "2", catalogue)) as two:
        one.write("t", staged(tmp_path / "s", values), delivery=1, act="a", mode="replace")
        two.write(
            "t",
            staged(tmp_path / "s", {n: c[:1] for n, c in turned.items()}),
            delivery=1,
            act="a",
            mode="replace",
        )
        two.write(
            "t",
            staged(tmp_path / "s", {n: c[1:] for n, c in turned.items()}),
            delivery=1,
            act="b",
            mode="append",
        )
        # The lines differ (each file counts its own); on the same lines the checksums agree.
        two.execute("UPDATE lake.main.t SET _line = 0")
        one.execute("UPDATE lake.main.t SET _line = 0")
        assert one.checksums() == two.checksums()
        one.execute("UPDATE lake.main.t SET a = '' WHERE a IS NULL")
        assert one.checksums() != two.checksums()


def test_restored_copy_has_the_same_checksums_history_and_is_writable(home: Path, tmp_path: Path) -> None:
    with Lake(home) as lake:
        first = lake.write(
            "t", staged(tmp_path / "s", {"v": list(range(1000))}), delivery=1, act="a", mode="replace"
        )
        lake.write("t", staged(tmp_path / "s", {"v": [5]}), delivery=2, act="b", mode="append")
        lake.snapshot_to(tmp_path / "copie")
        before = lake.checksums()
    for leftover in sorted(home.rglob("*"), reverse=True):
        leftover.unlink() if leftover.is_file() else leftover.rmdir()
    with Lake(tmp_path / "copie") as copy:
        assert copy.checksums() == before
        assert copy.count("t", first) == 1000
        copy.write("t", staged(tmp_path / "s", {"v": [6]}), delivery=3, act="c", mode="append")
        assert copy.count("t") == 1002


def test_copy_never_overwrites_a_folder_that_is_not_empty(home: Path, tmp_path: Path) -> None:
    (tmp_path / "plein").mkdir()
    (tmp_path / "plein" / "autre.txt").write_text("à garder")
    with Lake(home) as lake, pytest.raises(LakeError, match="n'est pas vide"):
        lake.snapshot_to(tmp_path / "plein")
    assert (tmp_path / "plein" / "autre.txt").read_text() == "à garder"


def test_a_reader_cannot_write_and_sees_what_is_written_after_it_opened(home: Path, tmp_path: Path) -> None:
    with Lake(home) as lake:
        lake.write("t", staged(tmp_path / "s", {"v": [1]}), delivery=1, act="a", mode="replace")
        with open_lake(home) as reader:
            assert reader.count("t") == 1
            with pytest.raises(LakeError, match="lecture seule"):
                reader.write("t", staged(tmp_path / "s", {"v": [1]}), delivery=1, act="b", mode="append")
            lake.write("t", staged(tmp_path / "s", {"v": [2]}), delivery=2, act="c", mode="append")
            assert reader.count("t") == 2


def test_opening_an_empty_lake_is_refused(home: Path) -> None:
    existed = home.exists()
    with pytest.raises(LakeError, match="Ajoutez un premier fichier"):
        open_lake(home)
    assert home.exists() == existed


def _writer(home: Path, staging: Path, number: int, times: int) -> None:
    with Lake(home) as lake:
        for turn in range(times):
            file = staged(staging, {"v": [number * 1000 + turn]})
            lake.write("t", file, delivery=number, act=f"{number}-{turn}", mode="append")


def test_four_processes_write_at_once_and_no_commit_is_lost(home: Path, tmp_path: Path) -> None:
    with Lake(home) as lake:
        lake.write("t", staged(tmp_path / "s", {"v": [0]}), delivery=0, act="first", mode="replace")
        writers = [APART.Process(target=_writer, args=(home, tmp_path / f"s{n}", n, 5)) for n in range(1, 5)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join(120)
        assert [writer.exitcode for writer in writers] == [0] * 4
        assert lake.count("t") == 21
        assert all(lake.version_of_act(f"{n}-{turn}") for n in range(1, 5) for turn in range(5))


def _killed_while_writing(home: Path, staging: Path) -> None:
    lake = Lake(home)
    file = staged(staging, {"v": list(range(10))})
    describe = lake.set_table_comment

    def die(*arguments: object) -> None:
        describe(*arguments)  # type: ignore[arg-type]
        os.kill(os.getpid(), signal.SIGKILL)

    lake.set_table_comment = die  # type: ignore[method-assign]
    lake.write("t", file, delivery=1, act="killed", mode="replace")


def test_a_process_killed_before_its_commit_leaves_nothing_and_frees_the_lock(
    home: Path, tmp_path: Path
) -> None:
    with Lake(home) as lake:
        lake.write("t", staged(tmp_path / "s", {"v": [1]}), delivery=0, act="a", mode="replace")
        before = lake.checksums()
        victim = APART.Process(target=_killed_while_writing, args=(home, tmp_path / "k"))
        victim.start()
        victim.join(120)
        assert victim.exitcode == -signal.SIGKILL
        assert lake.version_of_act("killed") is None
        assert lake.checksums() == before
        lake.write("t", staged(tmp_path / "s", {"v": [2]}), delivery=2, act="b", mode="append")
        assert lake.count("t") == 2
