"""Which tests execute which lines of `src/beffroi`, through `sys.monitoring` (CPython 3.12+): for the proof of the suite.

`BEFFROI_TEST_EXECUTED=FILE` makes each process of a test run append « test, path:line » to that file, also the commands and
servers that tests start (`executed_site/` is put on their path). `BEFFROI_TEST_WATCHED` names a file of the lines that matter,
one « path:line » each: only these are written, by test. Without it every line is, once a process.

The closed process of a system keeps no environment: its lines are not seen.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any

SOURCE = Path(__file__).resolve().parent.parent / "src" / "beffroi"
_PREFIX = f"{SOURCE}{os.sep}"
SITE = Path(__file__).resolve().parent / "executed_site"
_TOOL = 4  # of the six that CPython lends, the one that no debugger, profiler or coverage asks for
_monitoring = sys.monitoring


class Recorder:
    """Appends at once, so that a process that is killed loses nothing; each line once for each test."""

    def __init__(self, file: str, watched: str | None) -> None:
        self._output = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._watched = set(Path(watched).read_text("utf-8").split()) if watched else None
        self._names: dict[str, str] = {}

    def start(self) -> None:
        _monitoring.use_tool_id(_TOOL, "executed")
        _monitoring.register_callback(_TOOL, _monitoring.events.LINE, self._executed)
        _monitoring.set_events(_TOOL, _monitoring.events.LINE)
        os.register_at_fork(after_in_child=_monitoring.restart_events)

    def _executed(self, code: CodeType, line: int) -> Any:
        name = self._names.get(code.co_filename)
        if name is None:
            # In plain text: while the interpreter shuts down, nothing can be imported any more.
            ours = code.co_filename.startswith(_PREFIX)
            name = self._names[code.co_filename] = code.co_filename.removeprefix(_PREFIX) if ours else ""
        if name:
            where = f"{name}:{line}"
            if self._watched is None or where in self._watched:
                test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0]
                os.write(self._output, f"{test}\t{where}\n".encode())
        return _monitoring.DISABLE


def start() -> Recorder | None:
    """Begin to record in this process if the run asks for it."""
    file = os.environ.get("BEFFROI_TEST_EXECUTED")
    if not file or _monitoring.get_tool(_TOOL):
        return None
    recorder = Recorder(file, os.environ.get("BEFFROI_TEST_WATCHED"))
    recorder.start()
    return recorder


def environment() -> dict[str, str]:
    """What a process that a test starts needs, to record too."""
    names = ("BEFFROI_TEST_EXECUTED", "BEFFROI_TEST_WATCHED")
    return {name: os.environ[name] for name in names if name in os.environ}


def path() -> list[str]:
    """The folders that such a process needs on its path."""
    return [str(SITE)] if "BEFFROI_TEST_EXECUTED" in os.environ else []


def read(file: Path) -> Iterator[tuple[str, str]]:
    """Pairs of a test (empty: at import) and « path:line »."""
    for line in file.read_text("utf-8").splitlines():
        test, _, where = line.partition("\t")
        yield test, where


# As a plugin of pytest: each test sees each line anew.


def pytest_configure() -> None:
    start()


def pytest_runtest_logstart() -> None:
    if "BEFFROI_TEST_WATCHED" in os.environ:
        _monitoring.restart_events()
