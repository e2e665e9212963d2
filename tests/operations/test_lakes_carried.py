"""The lakes of an instance follow it: from SQLite to PostgreSQL, into a backup, and back in another database."""

from pathlib import Path

import pytest

import postgres
from beffroi.home import Home
from beffroi.lake import catalogues
from beffroi.lake.store import Lake
from beffroi.web.operations.backup import checksums
from blank import founded
from commands import beffroi
from lake.lakes import staged
from reference_data import require_reference


def kept_in(folder: Path) -> str:
    """The database of a lake's catalogue."""
    found = catalogues.catalogue_of(folder)
    assert isinstance(found, catalogues.PostgreSQL)
    return found.database


@pytest.mark.long  # the quick ring moves an instance, and a lake, each by itself (test_in_postgresql, test_backup)
def test_lakes_are_carried_saved_and_restored_with_identical_content(tmp_path: Path) -> None:
    require_reference()
    server = postgres.shared()
    one, other = server.database(), server.database()
    home, copy = Home(tmp_path / "i"), Home(tmp_path / "j")
    founded(home.path, "--territory", "44109", "--email", "a@example.org")
    for kind in ("lasting", "personal"):
        with Lake(home.lake("nantes", kind)) as lake:
            lake.write("t", staged(tmp_path / kind, {"v": [1, 2]}), delivery=1, act="a", mode="replace")
            lake.write(
                "t", staged(tmp_path / kind, {"v": list(range(500))}), delivery=2, act="b", mode="append"
            )
    before = checksums(home.path)

    moved = beffroi("database", "move", "--home", home.path, **server.environment(one))
    assert moved.returncode == 0, moved.stderr
    assert kept_in(home.lake("nantes", "lasting")) == kept_in(home.lake("nantes", "personal")) == one
    assert checksums(home.path) == before

    saved = beffroi("backup", tmp_path / "b.tar.gz", "--home", home.path, **server.environment(one))
    assert saved.returncode == 0, saved.stderr
    restored = beffroi("restore", tmp_path / "b.tar.gz", "--home", copy.path, **server.environment(other))
    assert restored.returncode == 0, restored.stderr
    assert kept_in(copy.lake("nantes", "lasting")) == other
    assert checksums(copy.path) == before
    with Lake(copy.lake("nantes", "lasting")) as lake:
        first = lake.version_of_act("a")
        lake.restore("t", first, act="c")
        assert lake.count("t") == 2
    # The restored instance is another one: the first still serves what it held.
    assert kept_in(home.lake("nantes", "lasting")) == one
    assert checksums(home.path) == before
