"""What a catalogue says of its tables without DuckDB is what DuckDB reads, and a row taken out of it by hand is missed."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from beffroi.lake import inventory, maintenance
from beffroi.lake.catalogue_state import read_state
from beffroi.lake.maintenance import RetentionPolicy
from beffroi.lake.store import Lake

LARGE, SMALL = "mesures", "postes"


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with a table in files, and one inlined in the catalogue."""
    folder = tmp_path_factory.mktemp("lake") / "lasting"
    with Lake(folder) as lake:
        rows = {LARGE: 3000, SMALL: 6}
        for table, count in rows.items():
            sql = f"CREATE TABLE {lake.table_sql(table)} AS SELECT i AS n, 'p' || i AS name FROM range({count}) t(i)"
            lake.commit(table, table, lambda sql=sql: lake.execute(sql))
    return folder


@pytest.fixture
def folder(lived: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(lived, tmp_path / "lasting"))


def act(lake: Lake, name: str, sql: str) -> None:
    lake.commit(name, name, lambda: lake.execute(sql))


def test_the_rows_of_each_table_are_those_that_duckdb_counts_through_its_whole_life(folder: Path):
    def agree() -> dict[str, int]:
        with Lake(folder, read_only=True) as lake:
            counted = {name: lake.count(name) for name in (LARGE, SMALL)}
        assert {name: table.rows for name, table in read_state(folder).tables.items()} == counted
        assert inventory.faults(folder, full=True) == []
        return counted

    assert agree() == {LARGE: 3000, SMALL: 6}
    with Lake(folder) as lake:
        place = lake.table_sql(LARGE)
        for name, sql in (
            ("one row deleted in a file", f"DELETE FROM {place} WHERE n = 5"),
            ("many rows deleted in a file", f"DELETE FROM {place} WHERE n > 1000 AND n < 1500"),
            ("rows rewritten", f"UPDATE {place} SET name = 'x' WHERE n > 2000"),
            ("inlined rows deleted", f"DELETE FROM {lake.table_sql(SMALL)} WHERE n < 2"),
            ("rows added", f"INSERT INTO {place} VALUES (9000, 'y')"),
            ("a column added", f"ALTER TABLE {place} ADD COLUMN more INTEGER"),
            ("a table replaced", f"CREATE OR REPLACE TABLE {lake.table_sql(SMALL)} AS SELECT 1 AS n, 'z' AS name"),
        ):  # fmt: skip
            act(lake, name, sql)
            agree()
    maintenance.run_maintenance(folder, RetentionPolicy(erase=True))
    assert agree() == {LARGE: 2501, SMALL: 1}


@pytest.mark.parametrize(
    ("harm", "table"),
    [
        ("DELETE FROM ducklake_data_file", LARGE),
        ("UPDATE ducklake_data_file SET record_count = 1", LARGE),
        ("UPDATE ducklake_file_column_stats SET max_value = '7' WHERE column_id = 1", LARGE),
        ("UPDATE ducklake_column SET column_name = 'autre' WHERE table_id = 1 AND column_name = 'n'", LARGE),
        ("DELETE FROM ducklake_inlined_data_2_2 WHERE n = 3", SMALL),
        ("UPDATE ducklake_inlined_data_2_2 SET name = 'autre' WHERE n = 3", SMALL),
        ("INSERT INTO ducklake_inlined_data_2_2 SELECT * FROM ducklake_inlined_data_2_2 WHERE n = 3", SMALL),
        ("DELETE FROM ducklake_table WHERE table_name = 'postes'", SMALL),
    ],
)
def test_a_catalogue_changed_by_hand_names_the_table_even_after_other_writes_and_stops_the_upkeep(
    folder: Path, harm: str, table: str
):
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as base, base:
        base.execute(harm)

    def named() -> list[tuple[str, str]]:
        return [(each.kind, each.table) for each in inventory.faults(folder)]

    assert named() == [("table changed", table)]
    inventory.catch_up(folder)
    with Lake(folder) as lake:
        act(lake, "another table", f"CREATE TABLE {lake.table_sql('autre')} AS SELECT 1 AS n")
    assert named() == [("table changed", table)]
    with pytest.raises(Exception, match=r"catalog\.sqlite"):
        maintenance.run_maintenance(folder, RetentionPolicy())
    inventory.accept_current_files(folder, folder.parent / "quarantine")
    assert named() == []


def test_an_inventory_from_before_the_digests_gets_them_when_the_home_is_opened(folder: Path):
    recorded: Callable[[], dict[str, str]] = lambda: inventory.read(folder).tables  # noqa: E731
    before = recorded()
    lines = (folder / inventory.NAME).read_bytes()
    assert before.keys() == {LARGE, SMALL}
    known = inventory.read(folder)
    (folder / inventory.NAME).write_bytes(inventory._line(known.version or 0, known.files, "", {}))
    assert recorded() == {} and inventory.faults(folder, full=True) == []
    inventory.catch_up(folder)
    assert recorded() == before and (folder / inventory.NAME).read_bytes() != lines
