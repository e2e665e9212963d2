"""The annual report on AI is written by one command, in the format that the file's name says, and is not published by it.

The commands are real processes on a real home: they share one.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone

pytestmark = pytest.mark.requirement("R50")
type Beffroi = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def beffroi(tmp_path_factory: pytest.TempPathFactory) -> Beffroi:
    """The command, in a home with one territory; a home that cannot be made is a failure."""
    home = tmp_path_factory.mktemp("report") / "home"

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "beffroi.cli.main", *words, "--home", str(home)],
            capture_output=True,
            text=True,
            timeout=300,
            env={**os.environ, "BEFFROI_TESTING": ""},
            check=False,
        )

    made = run("init", "--territory", "35238", "--email", "agent@example.org")
    assert made.returncode == 0, made.stderr
    return run


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
