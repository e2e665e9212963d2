"""Private folder of an execution: removed with all that the system wrote, so that no personal data stays."""

from pathlib import Path

import pytest

from beffroi.systems.runner import execute, make_sample
from systems import graded


@pytest.mark.requirement("R12")
def test_nothing_of_the_training_is_left_on_the_disk_after_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeps = graded.CAREFUL.replace(
        "def run(tables, settings, seed):",
        "def run(tables, settings, seed):\n"
        "    open('model.bin', 'wb').write(repr(tables['visits'].to_pylist()).encode())",
    )
    monkeypatch.syspath_prepend(graded.install(tmp_path / "code", code=keeps))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    assert execute("careful", "run", make_sample("careful")).outcome is not None
    assert list(scratch.iterdir()) == []
