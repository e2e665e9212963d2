"""Maintenance of a lake: same content and promised versions, fewer files, expired versions removed."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from beffroi.lake import inventory, maintenance
from beffroi.lake.errors import LakeError
from beffroi.lake.maintenance import RetentionPolicy
from beffroi.lake.store import Lake
from beffroi.lake.tables import DELIVERY, LINE
from lake.lakes import APART, CATALOGUES, blank, grant, staged

LATER = timedelta(days=40)
AT_ONCE = timedelta(0)


def data(home: Path) -> list[Path]:
    return sorted(path for path in (home / "data").rglob("*") if path.is_file())


def fed(home: Path, staging: Path, deliveries: int = 6, rows: int = 100) -> list[int]:
    """A lake that was fed in small deliveries; the version of each."""
    with Lake(home) as lake:
        return [
            lake.write(
                "repas",
                staged(staging, {"v": list(range(n * rows, (n + 1) * rows)), "t": ["é"] * rows}),
                delivery=n,
                act=f"a{n}",
                mode="append",
            )
            for n in range(deliveries)
        ]


def content(home: Path, version: int | None = None, table: str = "repas") -> list[tuple[object, ...]]:
    with Lake(home, read_only=True) as lake:
        return lake.query_rows(f"FROM {lake.table_sql(table, version)} ORDER BY {DELIVERY}, {LINE}")


@pytest.fixture(params=CATALOGUES)
def home(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return blank(tmp_path / "lasting", request.param)


def test_small_files_become_one_and_every_version_reads_as_before(home: Path, tmp_path: Path) -> None:
    versions = fed(home, tmp_path / "s")
    with Lake(home, read_only=True) as lake:
        before = lake.checksums()
    messages = {version: content(home, version) for version in versions}
    report = maintenance.run_maintenance(home, RetentionPolicy(grace=AT_ONCE))
    assert (report.files_before, report.files_after, report.merged) == (6, 1, 6)
    assert report.forgotten == []
    assert {version: content(home, version) for version in versions} == messages
    with Lake(home, read_only=True) as lake:
        assert lake.checksums() == before
        assert lake.version_of_act("a3") == versions[3]


def test_second_maintenance_finds_nothing_to_do(home: Path, tmp_path: Path) -> None:
    fed(home, tmp_path / "s")
    maintenance.run_maintenance(home, RetentionPolicy(grace=AT_ONCE))
    files = data(home)
    again = maintenance.run_maintenance(home, RetentionPolicy(grace=AT_ONCE))
    assert not again.changed
    assert data(home) == files


def test_only_the_versions_that_were_promised_outlive_their_time(home: Path, tmp_path: Path) -> None:
    versions = fed(home, tmp_path / "s")
    messages = content(home, versions[1])
    policy = RetentionPolicy(keep={versions[1]}, before=datetime.now(UTC) + LATER)
    report = maintenance.run_maintenance(home, policy)
    assert set(versions) - set(report.forgotten) == {versions[1], versions[-1]}
    assert content(home, versions[1]) == messages
    assert len(content(home)) == 600
    with Lake(home, read_only=True) as lake, pytest.raises(LakeError, match="ne sont plus conservées"):
        lake.relation(grant(home, "repas", versions[0], ("v",)))


def test_a_version_younger_than_the_date_stays(home: Path, tmp_path: Path) -> None:
    versions = fed(home, tmp_path / "s")
    report = maintenance.run_maintenance(home, RetentionPolicy(before=datetime.now(UTC) - LATER))
    assert report.forgotten == []
    assert len(content(home, versions[0])) == 100


def test_a_replaced_table_leaves_the_disk_once_its_versions_are_forgotten(home: Path, tmp_path: Path) -> None:
    with Lake(home) as lake:
        for n, word in enumerate(("ancienne", "nouvelle")):
            file = staged(tmp_path / "s", {"t": [f"{word} adresse {i}" for i in range(200)]})
            lake.write("familles", file, delivery=n, act=f"a{n}", mode="replace")
    old = data(home)
    policy = RetentionPolicy(before=datetime.now(UTC) + LATER, erase=True, grace=AT_ONCE)
    maintenance.run_maintenance(home, policy)
    assert len(data(home)) == 1 < len(old)
    assert {row[0] for row in content(home, table="familles")} == {
        f"nouvelle adresse {i}" for i in range(200)
    }


def test_rows_deleted_from_personal_data_leave_the_files_too(home: Path, tmp_path: Path) -> None:
    fed(home, tmp_path / "s", deliveries=1)
    with Lake(home) as lake:
        lake.execute("DELETE FROM lake.main.repas WHERE v = 42")
    policy = RetentionPolicy(before=datetime.now(UTC) + LATER, erase=True, grace=AT_ONCE)
    report = maintenance.run_maintenance(home, policy)
    # The file that replaced it is needed by no deletion: the row is nowhere.
    maintenance.run_maintenance(home, policy)
    assert report.rewritten == 1
    assert [path for path in data(home) if path.name.endswith("-delete.parquet")] == []
    assert 42 not in {row[0] for row in content(home)}
    assert len(content(home)) == 99


def test_only_requested_quarantined_rows_are_erased(home: Path, tmp_path: Path) -> None:
    with Lake(home) as lake:
        for n in (1, 2):
            file = staged(tmp_path / "s", {"v": [n]}, quarantined=(f"Martin {n}",))
            lake.write("familles", file, delivery=n, act=f"a{n}", mode="replace")
    report = maintenance.run_maintenance(home, RetentionPolicy(quarantined={("familles", 1)}))
    assert report.set_aside == 1
    with Lake(home, read_only=True) as lake:
        assert lake.quarantine("familles", 1) == []
        assert [row["raw"] for row in lake.quarantine("familles", 2)] == ["Martin 2"]


def test_a_file_that_a_reader_may_still_need_waits(home: Path, tmp_path: Path) -> None:
    fed(home, tmp_path / "s")
    report = maintenance.run_maintenance(home, RetentionPolicy())
    assert (report.merged, report.removed) == (6, 0)
    assert len(data(home)) == 7
    later = maintenance.run_maintenance(home, RetentionPolicy(), now=datetime.now(UTC) + timedelta(hours=2))
    assert later.removed == 6
    assert len(data(home)) == 1
    assert len(content(home)) == 600


def test_what_a_stop_left_behind_is_found_and_nothing_else(home: Path, tmp_path: Path) -> None:
    fed(home, tmp_path / "s")
    (home / "data" / "main" / "repas" / "ducklake-half.parquet").write_bytes(b"PAR1")
    (home / "data" / "main" / "jamais").mkdir(parents=True)
    (home / "data" / "main" / "jamais" / "ducklake-never.parquet").write_bytes(b"PAR1")
    assert maintenance.remove_orphans(home) == 2
    assert maintenance.remove_orphans(home) == 0
    assert len(content(home)) == 600


def test_maintenance_ignores_a_folder_without_lake(tmp_path: Path) -> None:
    assert not maintenance.run_maintenance(tmp_path / "jamais", RetentionPolicy()).changed
    assert not (tmp_path / "jamais").exists()


def _run_maintenance_forever(home: Path) -> None:
    while True:
        maintenance.run_maintenance(
            home, RetentionPolicy(before=datetime.now(UTC) - timedelta(seconds=1), grace=AT_ONCE, erase=True)
        )


@pytest.mark.long
def test_killed_in_the_middle_it_loses_nothing(home: Path, tmp_path: Path) -> None:
    with Lake(home) as lake:
        file = staged(tmp_path / "s", {"v": list(range(50))})
        lake.write("repas", file, delivery=0, act="first", mode="replace")
    written = 1
    for turn in range(5):
        child = APART.Process(target=_run_maintenance_forever, args=(home,))
        child.start()
        stop = time.monotonic() + 2.5 + 0.21 * turn
        with Lake(home) as lake:
            while time.monotonic() < stop:
                file = staged(tmp_path / "s", {"v": list(range(50))})
                lake.write("repas", file, delivery=written, act=f"w{written}", mode="append")
                written += 1
        child.kill()
        child.join(30)
        assert child.exitcode == -9
        maintenance.remove_orphans(home)
        with Lake(home, read_only=True) as lake:
            assert lake.count("repas") == 50 * written
            assert len(lake.query_rows("SELECT DISTINCT _delivery FROM lake.main.repas")) == written
    maintenance.run_maintenance(home, RetentionPolicy(grace=AT_ONCE))
    assert len(content(home)) == 50 * written


def the_file_of(home: Path, version: int) -> Path:
    """The data file that this version added."""
    with Lake(home, read_only=True) as lake:
        place = maintenance._metadata(lake)
        found = lake.query_rows(
            f"SELECT path FROM {place}.ducklake_data_file WHERE begin_snapshot = ?", [version]
        )
    (path,) = (path for path in data(home) if path.name == found[0][0].rpartition("/")[2])
    return path


def test_a_file_known_to_be_lost_is_left_out_and_the_others_are_merged(home: Path, tmp_path: Path) -> None:
    versions = fed(home, tmp_path / "s")
    with Lake(home) as lake:
        lake.write("autre", staged(tmp_path / "s", {"v": [1]}), delivery=9, act="b0", mode="append")
        last = lake.write(
            "repas", staged(tmp_path / "s", {"v": [1], "t": ["é"]}), delivery=9, act="b1", mode="append"
        )
    lost = the_file_of(home, versions[2])
    lost.unlink()
    known = {lost.relative_to(home).as_posix()}
    with pytest.raises(LakeError, match="manque ou est abîmé"):
        maintenance.run_maintenance(home, RetentionPolicy(grace=AT_ONCE))
    report = maintenance.run_maintenance(home, RetentionPolicy(grace=AT_ONCE), known=known)
    assert report.removed == report.merged > 0
    assert not maintenance.run_maintenance(home, RetentionPolicy(grace=AT_ONCE), known=known).changed
    (fault,) = inventory.faults(home, full=True)  # still known to be lost, and recognised when it is put back
    assert fault.path in known
    # Replaced by a later state, it is needed no more.
    with Lake(home) as lake:
        lake.write(
            "repas", staged(tmp_path / "s", {"v": [1], "t": ["é"]}), delivery=10, act="b2", mode="replace"
        )
    maintenance.run_maintenance(
        home, RetentionPolicy(before=datetime.now(UTC) + LATER, grace=AT_ONCE), known=known
    )
    assert inventory.faults(home, full=True) == [] and last > versions[-1]


def test_a_file_known_to_be_damaged_is_never_written_again_as_a_good_one(home: Path, tmp_path: Path) -> None:
    versions = fed(home, tmp_path / "s")
    with Lake(home) as lake:
        lake.execute("DELETE FROM lake.main.repas WHERE v = 242")
    harmed = the_file_of(home, versions[2])
    content = bytearray(harmed.read_bytes())
    content[-30] ^= 1
    harmed.write_bytes(content)
    maintenance.run_maintenance(
        home, RetentionPolicy(erase=True, grace=AT_ONCE), known={harmed.relative_to(home).as_posix()}
    )
    assert harmed.read_bytes() == content
    (fault,) = inventory.faults(home, full=True)
    assert fault.detail == "son contenu a changé"
