"""Checksums of tables: differences detected, several passes, and verification of legacy ones."""

from pathlib import Path

import pytest

from beffroi.lake import checksums, portability
from beffroi.lake.portability import InvalidExport
from beffroi.lake.store import Lake
from lake.lakes import staged

VALUES = {"a": ["x", None, "", "x"], "b": [1.5, 2.0, None, 1.5]}
OF_BEFORE = "b10897581ad3a2cb793652c49552c620f858be7f500d9c1b5e4bd38edf2cf2f8"
"""The checksum of these values as the versions that summed MD5 recorded it."""


@pytest.fixture
def lake(tmp_path: Path):
    with Lake(tmp_path / "lac") as made:
        made.write("t", staged(tmp_path / "s", VALUES), delivery=1, act="a", mode="replace")
        yield made


def test_a_checksum_names_its_algorithm(lake: Lake):
    name, _, digits = lake.checksums()["t"].partition(":")
    assert (name, len(digits)) == ("sha256", 64)


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_rows_hashed_in_several_passes_have_the_same_checksum(lake: Lake, monkeypatch, rows: int):
    at_once = lake.checksums()
    monkeypatch.setattr(checksums, "_SORTED_AT_ONCE", rows)
    monkeypatch.setattr(checksums, "_FETCHED", 1)
    assert lake.checksums() == at_once


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE lake.main.t SET a = '~' WHERE a IS NULL",
        "UPDATE lake.main.t SET a = 'x3:1.5' WHERE _line = 2",
        "INSERT INTO lake.main.t FROM lake.main.t WHERE _line = 2",
        "DELETE FROM lake.main.t",
        "ALTER TABLE lake.main.t RENAME b TO c",
        "ALTER TABLE lake.main.t ADD COLUMN c VARCHAR",
    ],
)
def test_each_change_of_the_content_changes_the_checksum(lake: Lake, change: str):
    before = lake.checksums()
    lake.execute(change)
    assert lake.checksums() != before


def test_a_checksum_recorded_before_is_compared_in_its_own_way(lake: Lake):
    assert lake.readable_checksums({"t": OF_BEFORE})[0] == {"t": OF_BEFORE}
    lake.execute("UPDATE lake.main.t SET a = 'y' WHERE _line = 2")
    assert lake.readable_checksums({"t": OF_BEFORE})[0] != {"t": OF_BEFORE}


def test_an_export_made_before_still_comes_in_and_an_altered_one_does_not(lake: Lake, tmp_path: Path):
    file = tmp_path / "t.parquet"
    exported = portability.export_table(lake.path, "t", file).__dict__
    for checksum in (exported["checksum"], OF_BEFORE):
        portability.import_tables(
            tmp_path / checksum, {"t": (file, exported | {"checksum": checksum})}, "import"
        )
    lake.execute("UPDATE lake.main.t SET a = 'y' WHERE _line = 2")
    portability.export_table(lake.path, "t", file)
    for checksum in (exported["checksum"], OF_BEFORE):
        with pytest.raises(InvalidExport, match="pas les mêmes données"):
            portability.import_tables(
                tmp_path / f"{checksum}-2", {"t": (file, exported | {"checksum": checksum})}, "import"
            )
