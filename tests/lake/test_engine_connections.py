"""Connections to DuckDB: the signature of an extension is checked once a process, and never left out for another file."""

import shutil
from pathlib import Path

import duckdb
import pytest

from beffroi.lake import engine


@pytest.fixture
def own_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of extensions that no connection has read yet."""
    monkeypatch.setenv("BEFFROI_EXTENSIONS", str(tmp_path / "extensions"))
    return tmp_path / "extensions"


def tampered(file: Path) -> None:
    """The file with a byte changed, under the same name and of the same size."""
    with file.open("r+b") as copy:
        copy.seek(1 << 20)
        byte = copy.read(1)
        copy.seek(1 << 20)
        copy.write(bytes([byte[0] ^ 0xFF]))


def test_a_file_changed_between_two_connections_is_refused(own_copies: Path) -> None:
    engine.connect(extensions=["sqlite_scanner"]).close()
    (file,) = own_copies.rglob("*.duckdb_extension")
    copy = file.with_name("copie")
    shutil.copyfile(file, copy)  # the code that is loaded stays as it is
    tampered(copy)
    copy.replace(file)
    with pytest.raises(duckdb.IOException, match="signature"):
        engine.connect(extensions=["sqlite_scanner"])


def test_no_connection_loads_an_extension_that_nobody_signed(own_copies: Path) -> None:
    for _ in range(2):  # the second one does not check again what the first one loaded
        with engine.connect(extensions=["sqlite_scanner"]) as connection:
            (setting,) = connection.execute("SELECT current_setting('allow_unsigned_extensions')").fetchone()
            assert setting is False
            with pytest.raises(duckdb.InvalidInputException):
                connection.execute("SET allow_unsigned_extensions = true")
            forged = own_copies / "forged.duckdb_extension"
            shutil.copyfile(next(own_copies.rglob("sqlite_scanner.*")), forged)
            tampered(forged)
            with pytest.raises(duckdb.IOException, match="signature"):
                connection.execute(f"LOAD '{forged}'")
