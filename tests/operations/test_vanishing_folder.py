"""A restore, a backup or an export that is killed leaves nothing of the data that it was writing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from beffroi.web.operations.vanishing_folder import vanishing_folder
from commands import environment

HOLD = """
import sys, time
from pathlib import Path
from beffroi.web.operations.vanishing_folder import vanishing_folder
with vanishing_folder(".restauration-", Path(sys.argv[1])) as folder:
    (folder / "instance").mkdir()
    (folder / "instance" / "secret.key").write_text("secret")
    print("written", flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("whole_group", [False, True])
def test_what_a_killed_process_was_writing_goes_away_with_it(tmp_path: Path, whole_group: bool):
    held = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdout=subprocess.PIPE,
        env=environment(),
        start_new_session=True,
    )
    assert held.stdout is not None and held.stdout.readline() == b"written\n"
    assert len(list(tmp_path.rglob("secret.key"))) == 1
    (os.killpg if whole_group else os.kill)(held.pid, signal.SIGKILL)
    held.wait()
    held.stdout.close()
    deadline = time.monotonic() + 60
    while list(tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert list(tmp_path.iterdir()) == []


def test_what_was_put_in_place_stays_and_the_folder_is_gone(tmp_path: Path):
    with vanishing_folder(".restauration-", tmp_path) as folder:
        (folder / "instance").mkdir()
        (folder / "instance").rename(tmp_path / "instance")
    assert [path.name for path in tmp_path.iterdir()] == ["instance"]
    with pytest.raises(ZeroDivisionError), vanishing_folder(".restauration-", tmp_path):
        raise ZeroDivisionError
    assert [path.name for path in tmp_path.iterdir()] == ["instance"]
