"""R12: no personal data kept once the model is trained."""

from pathlib import Path

import pytest

from beffroi.systems.check.scale import TOLD_APART
from beffroi.systems.runner import execute, sample
from systems import graded
from systems.reports import canteen_report


@pytest.mark.slow
@pytest.mark.xdist_group("canteen_report")
def test_r12_whoever_sees_the_outputs_cannot_tell_which_rows_taught_the_canteen() -> None:
    attack = canteen_report().attack
    assert attack is not None
    auc, low, high = attack
    assert low <= auc <= high < TOLD_APART


def test_r12_nothing_of_the_training_is_left_on_the_disk_after_a_run(
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
    assert execute("careful", "run", sample("careful")).outcome is not None
    assert list(scratch.iterdir()) == []
