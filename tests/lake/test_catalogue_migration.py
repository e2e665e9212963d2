"""A lake's catalogue goes from one database to the other: content, versions and history arrive, or nothing changes."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from beffroi.lake import catalogue_migration, catalogue_transfer, catalogues
from beffroi.lake.catalogues import PostgreSQL
from beffroi.lake.errors import LakeError
from beffroi.lake.store import Lake
from lake.lakes import CATALOGUES, blank, in_postgresql, staged
from postgres import shared


@pytest.fixture
def address() -> PostgreSQL:
    return in_postgresql(shared())


def lived(home: Path, tmp_path: Path) -> tuple[dict[str, str], int, int]:
    """A lake with a past: small and large deliveries, a widened column, an undo; its checksums, first and last version."""
    with Lake(home) as lake:
        small = staged(
            tmp_path / "s",
            {"v": [1, 2], "t": ["é\x00\\", None], "d": [date(1, 1, 1), None]},
            quarantined=("x",),
        )
        large = staged(
            tmp_path / "s", {"v": list(range(500)), "t": ["a"] * 500, "d": [date(2024, 1, 1)] * 500}
        )
        first = lake.write("petit", small, delivery=1, act="a", mode="replace")
        lake.write("petit", small, delivery=2, act="b", mode="append")
        lake.write("grand", large, delivery=3, act="c", mode="replace")
        lake.write("grand", staged(tmp_path / "s", {"v": [0.5]}), delivery=4, act="d", mode="append")
        lake.write(
            "petit", staged(tmp_path / "s", {"v": [3], "neuf": [True]}), delivery=5, act="e", mode="append"
        )
        lake.execute("DELETE FROM lake.main.grand WHERE v = 7")
        lake.execute("DELETE FROM lake.main.petit WHERE v = 2")
        return lake.checksums(), first, lake.version()


def check(home: Path, tmp_path: Path, state: tuple[dict[str, str], int, int]) -> None:
    sums, first, last = state
    with Lake(home) as lake:
        assert (lake.checksums(), lake.version()) == (sums, last)
        assert (lake.count("petit", first), lake.count("petit"), lake.count("grand")) == (2, 3, 500)
        assert lake.version_of_act("a") == first
        assert [column.name for column in lake.tables()["petit"]] == ["v", "t", "d", "neuf"]
        assert [row["raw"] for row in lake.quarantine("petit", 1)] == ["x"]


def test_there_and_back_everything_arrives_and_the_lake_goes_on(tmp_path: Path, address: PostgreSQL) -> None:
    home = tmp_path / "L'été" / "lasting"
    state = lived(home, tmp_path)
    catalogue_migration.migrate_catalogue(home, address)
    assert sorted(path.name for path in home.iterdir()) == [
        "catalog.json",
        "data",
        "inventory.jsonl",
        "write.lock",
    ]
    check(home, tmp_path, state)
    with Lake(home) as lake:
        lake.write("petit", staged(tmp_path / "s", {"v": [9]}), delivery=6, act="f", mode="append")
        lake.write("neuve", staged(tmp_path / "s", {"v": [1]}), delivery=7, act="g", mode="replace")
        assert lake.version_of_act("g") == state[2] + 2
        lake.restore("neuve", None, act="h")
        lake.restore("petit", state[2], act="i")
        assert lake.checksums() == state[0]
        later = (state[0], state[1], lake.version())
    catalogue_migration.migrate_catalogue(home, None)
    assert sorted(path.name for path in home.iterdir()) == [
        "catalog.sqlite",
        "data",
        "inventory.jsonl",
        "write.lock",
    ]
    check(home, tmp_path, later)


@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_a_copy_opens_without_the_database_it_came_from(tmp_path: Path, catalogue: str) -> None:
    home = blank(tmp_path / "lasting", catalogue)
    state = lived(home, tmp_path)
    with Lake(home, read_only=True) as lake:
        lake.snapshot_to(tmp_path / "copie")
    shutil.rmtree(home)
    assert sorted(path.name for path in (tmp_path / "copie").iterdir()) == [
        "catalog.sqlite",
        "data",
        "inventory.jsonl",
    ]
    check(tmp_path / "copie", tmp_path, state)


@pytest.mark.long
def test_from_one_host_to_another_through_a_copy(tmp_path: Path, address: PostgreSQL) -> None:
    home = blank(tmp_path / "lasting", "postgresql")
    state = lived(home, tmp_path)
    catalogue_transfer.copy_lake(home, tmp_path / "copie")
    catalogue_migration.migrate_catalogue(tmp_path / "copie", address)
    check(tmp_path / "copie", tmp_path, state)
    check(home, tmp_path, state)


@pytest.mark.long
def test_a_schema_where_a_lake_lives_is_not_written_over(tmp_path: Path) -> None:
    served = blank(tmp_path / "servi", "postgresql")
    state = lived(served, tmp_path)
    address = catalogues.catalogue_of(served)
    assert isinstance(address, PostgreSQL)
    other = tmp_path / "autre"
    with Lake(other) as lake:
        lake.write("t", staged(tmp_path / "s", {"v": [1]}), delivery=1, act="a", mode="replace")
    with pytest.raises(LakeError, match="contient déjà un catalogue"):
        catalogue_migration.migrate_catalogue(other, address)
    check(served, tmp_path, state)
    with Lake(other, read_only=True) as lake:
        assert lake.count("t") == 1


@pytest.mark.long
def test_a_move_cut_short_leaves_the_lake_and_is_done_again(tmp_path: Path, address: PostgreSQL) -> None:
    home = tmp_path / "lasting"
    state = lived(home, tmp_path)
    # What a stop leaves before the rows are committed: DuckLake's own tables, of a lake where nothing happened.
    Lake(tmp_path / "ailleurs", catalogue=address).close()
    check(home, tmp_path, state)
    catalogue_migration.migrate_catalogue(home, address)
    check(home, tmp_path, state)


def test_writer_opened_before_a_migration_must_reopen_the_lake(tmp_path: Path, address: PostgreSQL) -> None:
    home = tmp_path / "lasting"
    state = lived(home, tmp_path)
    with Lake(home) as late:
        catalogue_migration.migrate_catalogue(home, address)
        with pytest.raises(LakeError, match="vient d'être déplacé"):
            late.write("petit", staged(tmp_path / "s", {"v": [9]}), delivery=9, act="late", mode="append")
    check(home, tmp_path, state)


@pytest.mark.long
def test_a_type_that_cannot_travel_is_refused_and_nothing_changes(
    tmp_path: Path, address: PostgreSQL
) -> None:
    home = tmp_path / "lasting"
    with Lake(home) as lake:
        lake.execute("CREATE TABLE lake.main.t AS SELECT [1, 2] AS v")
        before = lake.checksums()
    with pytest.raises(LakeError, match="type qui ne se déplace pas"):
        catalogue_migration.migrate_catalogue(home, address)
    with Lake(home, read_only=True) as lake:
        assert lake.checksums() == before
    assert isinstance(catalogues.catalogue_of(home), catalogues.SQLite)


@pytest.mark.parametrize("content", ["{", "[]", '{"catalogue": "postgresql", "password": "s3cret"}', "\x00"])
def test_unreadable_address_is_reported_without_its_content(tmp_path: Path, content: str) -> None:
    (tmp_path / "catalog.json").write_text(content)
    with pytest.raises(LakeError, match="n'est pas lisible") as refused:
        Lake(tmp_path, read_only=True)
    assert "s3cret" not in str(refused.value) and refused.value.__cause__ is None
