"""The processes that the supervisor forks: those that do the long work stand behind the pages."""

import os
import signal
import time
from pathlib import Path

import pytest

from beffroi.web.operations import supervisor
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


def test_a_process_that_a_signal_stopped_is_killed_and_started_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(supervisor, "STOPPED", 0.0)
    child = Child("essai", "beffroi-trial", lambda: time.sleep(600))
    child.start()
    assert child.process is not None and child.process.pid is not None
    first = child.process.pid
    assert not child.watch()
    os.kill(first, signal.SIGSTOP)
    while not child.watch():
        child.not_before = 0.0
    assert child.process.pid != first and len(child.starts) == 2
    child.end()
    child.wait(60)


def test_a_site_that_answered_and_answers_no_more_is_started_again_and_one_that_begins_is_not(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(supervisor, "HUNG", 0.0)
    monkeypatch.setattr(supervisor, "PROBE_INTERVAL", 0.0)
    answering = [False, True, False]
    monkeypatch.setattr(supervisor, "answers", lambda url: answering.pop(0))
    child = Child("essai", "beffroi-trial", lambda: time.sleep(600), url="http://127.0.0.1:1/sante/")
    child.start()
    assert child.process is not None
    first = child.process.pid
    assert [child.watch() for _ in range(3)] == [False, False, False]  # the third look kills it
    child.not_before = 0.0
    monkeypatch.setattr(supervisor, "HUNG", 600.0)
    answering.append(True)
    while not child.watch():
        child.not_before = 0.0
    assert child.process.pid != first
    child.end()
    child.wait(60)
