"""The processes that the supervisor starts: those that do the long work stand behind the pages."""

import os
import sys
from pathlib import Path

import pytest

from beffroi.web.operations.supervisor import AUTOGROUP, BEHIND, Child, _running


@pytest.mark.parametrize(("behind", "niceness"), [(True, BEHIND), (False, 0)])
def test_long_work_is_behind_the_pages_for_the_kernel_too(tmp_path: Path, behind: bool, niceness: int):
    told = tmp_path / "told"
    code = f"import os, pathlib; pathlib.Path({str(told)!r}).write_text(str(os.nice(0)) + chr(10) + "
    code += f"(pathlib.Path({str(AUTOGROUP)!r}).read_text() if os.path.exists({str(AUTOGROUP)!r}) else ''))"
    child = Child("essai", [sys.executable, "-c", code], behind=behind)
    child.start(dict(os.environ))
    assert child.process is not None
    assert child.process.wait(60) == 0
    own, _, group = told.read_text().partition("\n")
    assert int(own) == os.nice(0) + niceness
    if group:  # a kernel that groups by session
        assert group.split()[-1] == str(niceness)


def test_each_start_of_a_process_is_told_and_counted(tmp_path: Path):
    child = Child("essai", [sys.executable, "-c", "import time; time.sleep(60)"])
    assert [child.watch(dict(os.environ)) for _ in range(2)] == [True, False]
    assert child.process is not None
    child.process.kill()
    child.process.wait(60)
    child.watch(dict(os.environ))  # seen dead: it waits before it starts again
    child.not_before = 0.0
    assert child.watch(dict(os.environ)) and len(child.starts) == 2
    (running,) = _running([child])
    assert (running.pid, running.earlier) == (child.process.pid, child.starts[:1])
    child.end()
    child.wait(10)
