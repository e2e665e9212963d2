"""Plain extract for another engine: exactly the granted data, in portable types, deleted after use."""

import os
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from beffroi.lake import extract, extracts, maintenance
from beffroi.lake.errors import LakeError
from beffroi.lake.grants import Grant, GrantExpired
from beffroi.lake.store import Lake
from lake.lakes import APART, CATALOGUES, blank, grant, staged


@pytest.fixture(params=CATALOGUES)
def opened(tmp_path: Path, request: pytest.FixtureRequest) -> Grant:
    """Aids by family, of which one row was deleted and one column came later."""
    home = blank(tmp_path / "personal", request.param)
    rows = 300
    columns = {
        "famille": [f"F{n:03}" for n in range(rows)],
        "aide": pa.array([Decimal(n) / 100 for n in range(rows)], pa.decimal128(12, 2)),
        "jour": [date(2025, 1, 1) + timedelta(days=n) for n in range(rows)],
        "vu": pa.array([datetime(2025, 1, 1, 8, tzinfo=UTC)] * rows, pa.timestamp("us", tz="UTC")),
        "nom": [f"Nom {n}" for n in range(rows)],
    }
    with Lake(home) as lake:
        lake.write("aides", staged(tmp_path / "s", columns), delivery=1, act="a", mode="replace")
        later = {
            "famille": ["F900"],
            "aide": pa.array([Decimal("1.10")], pa.decimal128(12, 2)),
            "quartier": ["Nord"],
        }
        lake.write("aides", staged(tmp_path / "s", later), delivery=2, act="b", mode="append")
        lake.execute("DELETE FROM lake.main.aides WHERE famille = 'F007'")
        version = lake.version()
    return grant(home, "aides", version, ("famille", "aide", "jour", "vu", "nom", "quartier"))


def read(glob: str, sql: str = "SELECT * FROM plain") -> list[tuple[object, ...]]:
    """Another engine: a DuckDB that knows no lake."""
    with duckdb.connect() as engine:
        return engine.execute(sql.replace("plain", f"read_parquet('{glob}')")).fetchall()


def test_deleted_rows_hidden_columns_and_rows_that_are_not_granted_are_not_there(
    opened: Grant, tmp_path: Path
) -> None:
    narrowed = replace(
        opened,
        columns=("famille", "aide", "nom"),
        masks=(("nom", "hide"),),
        predicate=(("famille", "<", "F010"),),
    )
    with extract(narrowed, narrowed.version, within=tmp_path / "x") as plain:
        rows = read(plain.glob, "SELECT famille, aide, nom FROM plain ORDER BY famille")
        raw = b"".join(path.read_bytes() for path in plain.files)
        assert [name for name, _ in plain.columns] == ["famille", "aide", "nom"]
        assert plain.rows == len(rows) == 9
    assert [row[0] for row in rows] == [f"F{n:03}" for n in (0, 1, 2, 3, 4, 5, 6, 8, 9)]
    assert rows[3] == ("F003", Decimal("0.03"), None)
    assert b"Nom 3" not in raw and b"F007" not in raw


def test_types_are_those_that_any_engine_reads(opened: Grant, tmp_path: Path) -> None:
    with extract(opened, within=tmp_path / "x") as plain:
        described = {field.name: str(field.type) for field in pq.read_schema(plain.files[0])}
        assert described == dict(plain.columns)
        assert described == {
            "famille": "string",
            "aide": "decimal128(12, 2)",
            "jour": "date32[day]",
            "vu": "timestamp[us, tz=UTC]",
            "nom": "string",
            "quartier": "string",
        }
        assert read(plain.glob, "SELECT sum(aide), max(quartier) FROM plain") == [(Decimal("449.53"), "Nord")]


def test_the_lake_is_read_at_the_granted_version_whatever_came_after(opened: Grant, tmp_path: Path) -> None:
    with Lake(Path(opened.lake)) as lake:
        lake.write("aides", staged(tmp_path / "s", {"famille": ["F999"]}), delivery=3, act="c", mode="append")
    with extract(opened, within=tmp_path / "x") as plain:
        assert read(plain.glob, "SELECT count(*) FROM plain") == [(300,)]


def test_another_version_than_the_granted_one_is_refused(opened: Grant, tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="autre version"), extract(opened, opened.version - 1):
        pass
    assert not (tmp_path / "x").exists()


def test_an_expired_grant_gives_no_file(opened: Grant, tmp_path: Path) -> None:
    late = replace(opened, expires=datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(GrantExpired), extract(late, within=tmp_path / "x"):
        pass
    assert not (tmp_path / "x").exists()


def test_nothing_stays_after_use_nor_after_an_error(opened: Grant, tmp_path: Path) -> None:
    with extract(opened, within=tmp_path / "x") as plain:
        folder = plain.folder
        assert folder.stat().st_mode & 0o777 == 0o700
        assert all(path.stat().st_mode & 0o777 == 0o600 for path in plain.files)
    assert not folder.exists()
    with pytest.raises(ZeroDivisionError), extract(opened, within=tmp_path / "x"):
        raise ZeroDivisionError
    with pytest.raises(LakeError), extract(replace(opened, columns=("absente",)), within=tmp_path / "x"):
        pass
    assert list((tmp_path / "x").iterdir()) == []


def test_extract_of_an_empty_table_has_its_columns(opened: Grant, tmp_path: Path) -> None:
    with extract(replace(opened, predicate=(("famille", "=", "?"),)), within=tmp_path / "x") as plain:
        assert plain.rows == 0
        assert read(plain.glob, "SELECT count(*), max(aide) FROM plain") == [(0, None)]


def _hold(opened: Grant, within: Path) -> None:
    with extract(opened, within=within):
        time.sleep(600)


def test_what_a_killed_process_left_goes_at_the_next_use_and_what_another_one_uses_stays(
    opened: Grant, tmp_path: Path
) -> None:
    within = tmp_path / "x"
    holders = [APART.Process(target=_hold, args=(opened, within)) for _ in range(2)]
    for holder in holders:
        holder.start()
    end = time.monotonic() + 60
    while len(list(within.glob("extrait-*/*.parquet"))) < 2:
        assert time.monotonic() < end
        time.sleep(0.05)
    holders[0].kill()
    holders[0].join(30)
    with extract(opened, within=within):
        assert len(list(within.glob("extrait-*"))) == 2
    holders[1].kill()
    holders[1].join(30)
    draft = within / ".extrait-coupe"
    draft.mkdir()
    os.utime(draft, (0, 0))
    assert extracts.remove_stale_extracts(within) == 2
    assert list(within.iterdir()) == []


def test_extract_of_an_expired_version_is_refused(opened: Grant, tmp_path: Path) -> None:
    with Lake(Path(opened.lake)) as lake:
        lake.write("aides", staged(tmp_path / "s", {"famille": ["F999"]}), delivery=3, act="c", mode="append")
    maintenance.run_maintenance(
        Path(opened.lake), maintenance.RetentionPolicy(before=datetime.now(UTC) + timedelta(days=1))
    )
    with pytest.raises(LakeError, match="ne sont plus conservées"), extract(opened, within=tmp_path / "x"):
        pass
