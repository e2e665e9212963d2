"""Grant files in a notebook: granted data, and refusal of altered, foreign or expired ones."""

import base64
import json
import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import ibis
import pytest

import beffroi
from beffroi.lake import grant_files
from beffroi.lake.errors import LakeError
from beffroi.lake.granted_dataset import GrantedDataset
from beffroi.lake.grants import Grant, GrantExpired
from beffroi.lake.store import Lake
from lake.lakes import grant, staged


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "instance"


@pytest.fixture
def opened(home: Path, tmp_path: Path) -> Grant:
    """Grant of two columns of three, one masked, on a lake of a home."""
    folder = home / "territories" / "belfort" / "personal"
    with Lake(folder) as lake:
        rows = {"nom": ["Ada", "Bob"], "commune": ["90010", "90020"], "aide": [10, 20]}
        file = staged(tmp_path / "s", rows)
        version = lake.write("aides", file, delivery=1, act="a", mode="replace")
        lake.write("secrets", staged(tmp_path / "s", {"code": ["x"]}), delivery=2, act="b", mode="replace")
    later = datetime.now(UTC) + timedelta(hours=8)
    return grant(folder, "aides", version, ("nom", "aide"), masks=(("nom", "hide"),), expires=later)


@pytest.fixture
def file(home: Path, opened: Grant, tmp_path: Path) -> Path:
    written = tmp_path / "aides.acces.json"
    written.write_text(grant_files.sign_grant(opened, home), "utf-8")
    return written


def changed(file: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    content = json.loads(file.read_text("utf-8"))
    change(content)
    file.write_text(json.dumps(content), "utf-8")
    return file


def test_the_file_opens_its_columns_masked_and_nothing_else(home: Path, file: Path) -> None:
    with beffroi.open_lake(home, grant=file) as aides:
        assert aides.to_pyarrow().to_pydict() == {"nom": [None, None], "aide": [10, 20]}
        assert aides.to_pandas()["aide"].sum() == 30
        assert aides.table().filter(ibis._.aide > 10).count().execute() == 1
        assert len(aides) == 2
        assert aides.columns == ("nom", "aide")


def test_ibis_table_comes_from_a_database_with_nothing_else(home: Path, file: Path) -> None:
    with beffroi.open_lake(home, grant=file) as aides:
        backend = aides.table().get_backend()
        assert backend.list_tables() == ["jeu"]
        assert [name for (name,) in backend.con.execute("SELECT database_name FROM duckdb_databases()").fetchall()
                if name not in {"memory", "system", "temp"}] == []  # fmt: skip


def test_the_lake_s_own_folder_is_as_good_as_the_home(opened: Grant, file: Path) -> None:
    with beffroi.open_lake(opened.lake, grant=str(file)) as aides:
        assert len(aides) == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c["grant"].update(columns=["nom", "aide", "commune"]),
        lambda c: c["grant"].update(masks=[]),
        lambda c: c["grant"].update(table="secrets", columns=["code"]),
        lambda c: c["grant"].update(expires="2999-01-01T00:00:00+00:00"),
        lambda c: c["grant"].update(person="person:99"),
        lambda c: c.update(signature=base64.b64encode(bytes(64)).decode()),
        lambda c: c.update(signature=""),
    ],
    ids=["column", "mask", "table", "expiry", "person", "signature", "empty"],
)
def test_an_altered_file_is_refused(home: Path, file: Path, change: Callable[[dict[str, Any]], None]) -> None:
    with pytest.raises(grant_files.GrantForged, match="modifié depuis"):
        beffroi.open_lake(home, grant=changed(file, change))


def test_a_file_of_another_instance_is_refused(home: Path, opened: Grant, file: Path, tmp_path: Path) -> None:
    other = tmp_path / "autre"
    other.mkdir()
    file.write_text(grant_files.sign_grant(opened, other), "utf-8")
    with pytest.raises(grant_files.GrantForged):
        beffroi.open_lake(home, grant=file)


def test_expired_grant_file_is_refused_and_an_open_one_when_it_expires(
    home: Path, opened: Grant, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = replace(opened, expires=datetime.now(UTC) - timedelta(seconds=1))
    file.write_text(grant_files.sign_grant(past, home), "utf-8")
    with pytest.raises(GrantExpired, match="a pris fin"):
        beffroi.open_lake(home, grant=file)
    dataset = GrantedDataset(replace(opened, expires=datetime.now(UTC) + timedelta(hours=1)))
    assert len(dataset) == 2
    dataset.grant = replace(dataset.grant, expires=datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(GrantExpired):
        dataset.to_pandas()


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", '{"signature": "é"}', '{"signature": "", "grant": 3}', "\udcff"]
)
def test_a_file_that_is_no_grant_is_explained(home: Path, file: Path, text: str) -> None:
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(LakeError, match="n'est pas un accès"):
        beffroi.open_lake(home, grant=file)


@pytest.mark.parametrize(
    ("territory", "lake"), [("..", ".."), ("belfort", "../../.."), ("ailleurs", "personal")]
)
def test_a_file_leads_to_no_folder_outside_the_home(
    home: Path, opened: Grant, file: Path, territory: str, lake: str
) -> None:
    # Even signed by the instance.
    content = {"format": 1, "grant": {**opened.to_dict(), "territory": territory, "lake": lake}}
    signature = grant_files._own_key(home).sign(grant_files._bytes(content))
    file.write_text(json.dumps(content | {"signature": base64.b64encode(signature).decode()}), "utf-8")
    with pytest.raises(LakeError, match="ne sont pas dans"):
        beffroi.open_lake(home, grant=file)


def test_grant_file_without_the_instance_key_is_read_with_a_warning(
    home: Path, file: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copie" / "belfort" / "personal"
    shutil.copytree(home / "territories" / "belfort" / "personal", copy)
    with pytest.warns(UserWarning, match="rien ne dit"):
        aides = beffroi.open_lake(copy, grant=file)
    assert len(aides) == 2


def test_key_is_generated_once_and_private(home: Path, opened: Grant) -> None:
    first, second = grant_files.sign_grant(opened, home), grant_files.sign_grant(opened, home)
    assert first == second
    assert stat.S_IMODE((home / grant_files.SECRET).stat().st_mode) == 0o600
    assert (home / grant_files.PUBLIC).read_text() not in (home / grant_files.SECRET).read_text()


def test_a_file_of_before_the_key_was_exchanged_is_refused_and_a_new_one_opens(
    home: Path, opened: Grant, file: Path, tmp_path: Path
) -> None:
    grant_files.renew_key(home)
    assert stat.S_IMODE((home / "grants.key").stat().st_mode) == 0o600
    with pytest.raises(grant_files.GrantForged):
        grant_files.read_grant_file(file, home)
    later = tmp_path / "apres.json"
    later.write_text(grant_files.sign_grant(opened, home), "utf-8")
    assert grant_files.read_grant_file(later, home).table == opened.table


def test_an_exchange_cut_short_between_the_two_halves_is_ended_by_the_next_access(
    home: Path, opened: Grant, file: Path, tmp_path: Path
) -> None:
    former = (home / "grants.pub").read_text("ascii")
    grant_files.renew_key(home)
    (home / "grants.pub").write_text(former, "ascii")
    later = tmp_path / "apres.json"
    later.write_text(grant_files.sign_grant(opened, home), "utf-8")
    assert grant_files.read_grant_file(later, home).table == opened.table


def test_grant_file_does_not_disclose_the_path_of_the_instance(home: Path, file: Path) -> None:
    assert str(home) not in file.read_text("utf-8")


def test_what_leaves_only_by_groups_is_not_opened_row_by_row(opened: Grant, home: Path) -> None:
    for grouped in (replace(opened, aggregate_only=True), replace(opened, floor=11)):
        with pytest.raises(LakeError, match="une à une"):
            beffroi.open_lake(home, grant=grouped)
