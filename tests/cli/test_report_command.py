"""The annual report on AI is written by one command, in the format that the file's name says, and is not published by it.

The commands are processes on a real home: they share one.
"""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone

import commands
from blank import founded

pytestmark = pytest.mark.requirement("R50")
type Beffroi = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def beffroi(tmp_path_factory: pytest.TempPathFactory) -> Beffroi:
    """The command, in a home with one territory."""
    home = tmp_path_factory.mktemp("report") / "home"
    founded(home, "--territory", "35238", "--email", "agent@example.org")
    return lambda *words: commands.beffroi(*words, "--home", home)


def test_one_command_writes_the_report_without_publishing_it(beffroi: Beffroi, tmp_path: Path) -> None:
    year, file = timezone.localdate().year, tmp_path / "rapport.json"
    done = beffroi("report", str(year), "--output", str(file))
    assert done.returncode == 0, done.stderr
    assert json.loads(file.read_text("utf-8"))["year"] == year
    assert "Il n'est pas publié" in done.stderr


@pytest.mark.long
def test_a_page_and_a_pdf_are_written_too_and_nothing_else(beffroi: Beffroi, tmp_path: Path) -> None:
    year = timezone.localdate().year
    for kind, starts in (("html", b"<!doctype html>"), ("pdf", b"%PDF")):
        file = tmp_path / f"rapport.{kind}"
        done = beffroi("report", str(year), "--output", str(file))
        assert done.returncode == 0, done.stderr
        assert file.read_bytes().startswith(starts)
        assert "Il n'est pas publié" in done.stderr
    written = file.read_bytes()
    assert beffroi("report", str(year), "--output", str(file)).returncode == 1
    assert file.read_bytes() == written, "a report that is there is not written over"
    assert beffroi("report", str(year + 1)).returncode == 1
    assert beffroi("report", str(year), "--output", str(tmp_path / "rapport.doc")).returncode == 1
