"""Inventory of a lake: a lost, older or damaged catalogue or file is refused before any write."""

import shutil
from pathlib import Path

import duckdb
import pytest

from beffroi.lake import inventory, maintenance
from beffroi.lake.errors import LakeError
from beffroi.lake.maintenance import RetentionPolicy
from beffroi.lake.store import Lake
from lake.lakes import staged


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A lake of two deliveries, each in a file of its own."""
    folder = tmp_path / "valbruyere" / "lasting"
    with Lake(folder) as lake:
        for n in (1, 2):
            rows = {"v": list(range(100 * n, 100 * n + 100))}
            lake.write("repas", staged(tmp_path / "s", rows), delivery=n, act=f"a{n}", mode="append")
    return folder


def data(home: Path) -> list[Path]:
    return sorted((home / "data").rglob("*.parquet"))


@pytest.mark.parametrize("emptied", [False, True])
def test_a_lake_without_its_catalogue_is_no_new_lake(home: Path, emptied: bool) -> None:
    (home / "catalog.sqlite").unlink()
    if emptied:
        (home / "catalog.sqlite").touch()
    for read_only in (True, False):
        with pytest.raises(LakeError, match="a disparu"):
            Lake(home, read_only=read_only)
    with pytest.raises(LakeError, match="a disparu"):
        maintenance.run_maintenance(home, RetentionPolicy())
    assert emptied or not (home / "catalog.sqlite").exists()
    assert not emptied or not (home / "catalog.sqlite").stat().st_size
    assert len(data(home)) == 2


def test_an_older_catalogue_put_back_is_not_written_in_and_no_file_is_taken_for_a_leftover(
    home: Path, tmp_path: Path
) -> None:
    shutil.copyfile(home / "catalog.sqlite", tmp_path / "copie")
    file = staged(tmp_path / "s", {"v": list(range(100))})
    with Lake(home) as lake:
        lake.write("repas", file, delivery=3, act="a3", mode="append")
    shutil.copyfile(tmp_path / "copie", home / "catalog.sqlite")
    for act in (
        lambda: Lake(home),
        lambda: maintenance.run_maintenance(home, RetentionPolicy()),
        lambda: maintenance.remove_orphans(home),
    ):
        with pytest.raises(LakeError, match="copie plus ancienne"):
            act()
    assert len(data(home)) == 3
    assert [each.kind for each in inventory.faults(home)] == ["catalogue older"]
    # A person who accepts it loses no file.
    inventory.accept_current_files(home, tmp_path / "de-cote")
    assert inventory.faults(home, full=True) == []
    assert len(data(tmp_path / "de-cote")) == 1
    with Lake(home) as lake:
        assert lake.count("repas") == 200


def test_a_lost_file_that_a_person_accepted_keeps_its_line_and_is_recognised_when_put_back(
    home: Path, tmp_path: Path
) -> None:
    file = data(home)[0]
    file.rename(tmp_path / "retrouve")
    (lost,) = inventory.faults(home)
    inventory.accept_current_files(home, tmp_path / "de-cote")
    assert inventory.faults(home) == [lost] and lost.sha256
    (tmp_path / "retrouve").rename(file)
    assert inventory.faults(home, full=True) == []


def test_a_damaged_file_is_not_written_again_as_if_it_were_good(home: Path) -> None:
    file = data(home)[0]
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    before = {path.name: path.read_bytes() for path in data(home)}
    with pytest.raises(LakeError, match=f"{file.name}.* manque ou est abîmé"):
        maintenance.run_maintenance(home, RetentionPolicy(erase=True))
    assert {path.name: path.read_bytes() for path in data(home)} == before


def test_engine_error_on_a_damaged_file_is_explained_in_french(home: Path) -> None:
    data(home)[0].write_bytes(b"")
    with Lake(home, read_only=True) as lake, pytest.raises(LakeError, match="manque ou est abîmé") as message:
        lake.checksums()
    assert isinstance(message.value.__cause__, duckdb.Error)
    assert data(home)[0].name in str(message.value)


def test_a_line_that_a_stop_cut_short_is_written_again(home: Path) -> None:
    file = home / inventory.NAME
    whole = file.read_bytes()
    assert whole.count(b"\n") == 2
    file.write_bytes(whole[:-20])
    assert [each.kind for each in inventory.faults(home, full=True)] == ["inventory", "inventory"]
    inventory.catch_up(home)
    assert inventory.faults(home, full=True) == []
    assert len(inventory.read(home).files) == 2


def test_a_changed_line_is_found_and_hides_nothing(home: Path) -> None:
    file = home / inventory.NAME
    file.write_bytes(file.read_bytes().replace(b"data", b"Data").replace(b'"version": 1', b'"version": 0'))
    inventory.catch_up(home)
    assert "inventory" in {each.kind for each in inventory.faults(home)}


def test_upkeep_keeps_the_inventory_true(home: Path) -> None:
    maintenance.run_maintenance(home, RetentionPolicy(), now=None)
    assert inventory.faults(home, full=True) == []
    recorded = {path.relative_to(home / "data").as_posix() for path in data(home)}
    assert set(inventory.read(home).files) == recorded
