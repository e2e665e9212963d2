"""The processes that the supervisor forks: those that do the long work stand behind the pages."""

import os
import time
from pathlib import Path

import pytest

from beffroi.web.operations.supervisor import AUTOGROUP, BEHIND, COMM, QUICK_DEATH, Child, _running

# The engine has a thread in the process of the tests; the supervisor forks with one only.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")


@pytest.mark.parametrize(("behind", "niceness"), [(True, BEHIND), (False, 0)])
def test_long_work_is_behind_the_pages_for_the_kernel_too(tmp_path: Path, behind: bool, niceness: int):
    told = tmp_path / "told"

    def tell() -> None:
        group = AUTOGROUP.read_text().split()[-1] if AUTOGROUP.exists() else ""
        told.write_text(f"{os.nice(0)}\n{COMM.read_text().strip()}\n{os.getsid(0) == os.getpid()}\n{group}")

    child = Child("essai", "beffroi-trial", tell, behind=behind)
    child.start()
    assert child.process is not None
    child.process.join(60)
    assert child.process.exitcode == 0
    own, name, own_session, group = told.read_text().split("\n")
    assert (int(own), name, own_session) == (os.nice(0) + niceness, "beffroi-trial", "True")
    if group:  # a kernel that groups by session
        assert group == str(niceness)


def test_each_start_of_a_process_is_told_and_counted():
    child = Child("essai", "beffroi-trial", lambda: time.sleep(60))
    assert [child.watch() for _ in range(2)] == [True, False]
    assert child.process is not None
    child.process.kill()
    child.process.join(60)
    child.watch()  # seen dead: it waits before it starts again
    child.not_before = 0.0
    assert child.watch() and len(child.starts) == 2
    (running,) = _running([child])
    assert (running.pid, running.earlier) == (child.process.pid, child.starts[:1])
    child.end()
    child.wait(10)


def test_a_process_that_had_done_its_time_is_replaced_without_a_word(capfd: pytest.CaptureFixture[str]):
    child = Child("essai", "beffroi-trial", lambda: None)
    child.start()
    assert child.process is not None
    child.process.join(60)
    child.started -= QUICK_DEATH + 1
    assert child.watch() and len(child.starts) == 1
    child.wait(60)
    assert capfd.readouterr().err == ""
