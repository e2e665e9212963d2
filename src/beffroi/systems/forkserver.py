"""Fork server: many executions of one system from one sandboxed process, which imports it once and forks for each.

In come a system and the jobs of an examination; out go `Execution`s. Two executions share an import, and with it the hash
seed of Python: reproducibility checks compare with an execution of the runner.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from beffroi.lake.processes import Limits
from beffroi.systems.child_process import Meter, end_child, read_errors, read_json_lines, start_child
from beffroi.systems.contract import Tables
from beffroi.systems.failures import ChildResult
from beffroi.systems.registry import Registered
from beffroi.systems.replies import read_peak, read_reply
from beffroi.systems.runner import (
    Execution,
    Verb,
    instance_home,
    prepare_inputs,
    read_execution,
    read_sample,
    write_job,
)


class ForkServer:
    """The sandboxed process of one system, started at the first execution, and again after one that had to be killed."""

    def __init__(self, system: Registered, limits: Limits, *, allow_partial: bool = False) -> None:
        self.system, self.limits, self.allow_partial = system, limits, allow_partial
        self._process: _Process | None = None
        self._count = 0

    def execute(
        self,
        verb: Verb,
        tables: Mapping[str, pa.Table],
        settings: Mapping[str, Any] | None = None,
        seed: int = 0,
    ) -> Execution:
        """`runner.execute_registered`, in a forked process. Raises `SystemFailed`."""
        inputs, chosen = prepare_inputs(self.system, verb, tables, settings or {})
        with self._ended(verb, inputs, chosen, seed) as (work, ended):
            return read_execution(work, self.system, verb, chosen, seed, self.limits, ended)

    def sample(self, seed: int) -> Tables:
        """`runner.make_sample`, in a forked process. Raises `SystemFailed`."""
        with self._ended("make_sample", {}, {}, seed) as (work, ended):
            return read_sample(work, self.system, self.limits, ended)

    def close(self) -> None:
        if self._process is not None:
            self._process.close()
            self._process = None

    @contextlib.contextmanager
    def _ended(
        self, verb: Verb | Literal["make_sample"], tables: Tables, settings: dict[str, Any], seed: int
    ) -> Iterator[tuple[Path, ChildResult]]:
        """The folder of a job that ran to its end or was killed, and how it ended."""
        if self._process is None:
            self._process = _Process(self.system, self.limits, self.allow_partial)
            weakref.finalize(self, self._process.close)
        self._count += 1
        work = self._process.folder / f"job-{self._count}"
        work.mkdir()
        write_job(
            work, self.system, verb, tables, settings, seed, self.limits, self.allow_partial, instance_home()
        )
        ended = self._process.run(work)
        try:
            yield work, ended
        finally:
            shutil.rmtree(work, ignore_errors=True)
            if not self._process.alive:
                self.close()


class _Process:
    """One serving process. `alive` is False once it ended, or had to be ended."""

    def __init__(self, system: Registered, limits: Limits, allow_partial: bool) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="beffroi-serve-"))
        self.alive = True
        self.isolation = ""
        self._limits = limits
        write_job(
            self.folder,
            system,
            "run",
            {},
            {},
            0,
            limits,
            allow_partial,
            instance_home(),
            serve=True,
        )
        self._child, self._peak = start_child(self.folder, subprocess.PIPE)
        assert self._child.stdin is not None and self._child.stdout is not None  # noqa: S101
        self._input, self._output = self._child.stdin, self._child.stdout

    def run(self, work: Path) -> ChildResult:
        meter = Meter()
        timed_out = False
        line: dict[str, Any] = {}
        with contextlib.suppress(BrokenPipeError):  # it ended: its reply has the reason
            self._input.write(f"{work.name}\n".encode())
            self._input.flush()
        try:
            line = self._line(meter.start + self._limits.wall_seconds)
        except TimeoutError:
            timed_out = True
        if timed_out or not line:
            self.alive = False
        # A server that never served left its reason in its own folder.
        reply = read_reply(work) if line else self._last_words()
        return ChildResult(
            int(line.get("code", 1)),
            timed_out,
            self.isolation,
            reply,
            read_errors(work / "stderr") or read_errors(self.folder / "stderr"),
            meter.footprint(
                work, float(line.get("cpu_s", 0.0)), int(line.get("peak_kib", 0)), self.isolation
            ),
        )

    def _last_words(self) -> dict[str, Any]:
        """Reason of its end: from its supervisor, or from its own reply before it served."""
        end_child(self._child.pid)
        _, reason = read_peak(os.dup(self._peak))
        return {"status": reason} if reason else read_reply(self.folder)

    def _line(self, deadline: float) -> dict[str, Any]:
        """What it wrote of the job that ended; empty where it ended itself."""
        for line in read_json_lines(self._output.fileno(), deadline):
            if not self.isolation and "isolation" in line:
                self.isolation = str(line["isolation"])
            elif "ended" in line:
                return dict(line)
        return {}

    def close(self) -> None:
        """End it and remove its folder. Done once."""
        if self._child.returncode is not None:
            return
        with contextlib.suppress(OSError):
            self._input.close()
        self._output.close()
        end_child(self._child.pid)
        _, status, _ = os.wait4(self._child.pid, 0)
        self._child.returncode = os.waitstatus_to_exitcode(status)
        os.close(self._peak)
        shutil.rmtree(self.folder, ignore_errors=True)
