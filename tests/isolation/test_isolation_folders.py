"""The watch over the territories' folders: whatever writes there during an attempt, and in whichever process, is found."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from beffroi.lake.engine import connect

from . import watch
from .folder_events import NOT_CONTENT, FolderEvents
from .visitors import Attempts


def a_file(folder: Path) -> Path:
    return min(path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(NOT_CONTENT))


def _new_file(folder: Path) -> None:
    (folder / "depot.csv").write_text("a;b\n")


def _new_folder_then_file(folder: Path) -> None:
    (folder / "un" / "autre").mkdir(parents=True)
    (folder / "un" / "autre" / "depot.csv").write_text("a;b\n")


def _in_place(folder: Path) -> None:
    with a_file(folder).open("r+b") as file:
        file.write(b"\0")


def _removed(folder: Path) -> None:
    a_file(folder).unlink()


def _moved_in(folder: Path) -> None:
    elsewhere = folder.parent / "ailleurs"
    elsewhere.write_text("a;b\n")
    elsewhere.rename(folder / "depot.csv")


def _by_another_process(folder: Path) -> None:
    write = "import sys; open(sys.argv[1], 'a').write('x')"
    subprocess.run([sys.executable, "-I", "-c", write, str(a_file(folder))], check=True)


def _by_duckdb(folder: Path) -> None:
    with connect() as engine:
        engine.execute(f"COPY (SELECT 1 AS a) TO '{folder / 'depot.csv'}'")


@pytest.mark.parametrize(
    "write",
    [_new_file, _new_folder_then_file, _in_place, _removed, _moved_in, _by_another_process, _by_duckdb],
)
def test_a_write_in_the_other_territorys_folder_fails_the_attempt_and_is_put_back(
    attempts: Attempts, write: Callable[[Path], None]
):
    b = attempts.world.b.territory
    folder, before = settings.HOME.territory(b.slug), watch.content(b)
    for _ in range(2):  # what was put back is watched again
        with pytest.raises(AssertionError, match="touched files"), attempts.undone("what the watch must see"):
            write(folder)
        assert watch.content(b) == before


@pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere the folders are read through after each attempt"
)
def test_a_folder_that_is_only_read_is_not_read_through_again(tmp_path: Path):
    _new_file(tmp_path)
    events = FolderEvents(tmp_path)
    a_file(tmp_path).read_text()
    assert not events.something_written()
    _in_place(tmp_path)
    assert events.something_written()
    assert not events.something_written()
