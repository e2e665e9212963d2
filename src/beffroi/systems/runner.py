"""Runs one verb of one system in a child process without network, home or secrets, and measures what it cost.

In come Arrow tables (cut here to the declared columns), settings and a seed; out goes an `Execution`.
Tables travel as Arrow IPC files and the rest as JSON: nothing that comes back from a system is ever unpickled.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

import beffroi
from beffroi.lake.processes import Limits
from beffroi.systems import footprint as cost
from beffroi.systems import registry
from beffroi.systems.binding import BindingError, declared_only
from beffroi.systems.bounds import TooMuch
from beffroi.systems.contract import TODAY, TRAINING_SHARE, Outcome, Score, Tables
from beffroi.systems.failures import Ended, SystemFailed, explain, unreadable
from beffroi.systems.manifest import Manifest
from beffroi.systems.replies import (
    OffContract,
    read_outcome,
    read_peak,
    read_reply,
    read_score,
    read_table,
)

__all__ = ["DEFAULT_LIMITS", "Execution", "Limits", "OnProgress", "SystemFailed", "Verb", "execute", "sample"]

type Verb = Literal["run", "backtest"]
type OnProgress = Callable[[float | None, str], None]

_CHILD = Path(__file__).with_name("child.py")
_HEARTBEAT = 10.0
_LONGEST_LINE = 64 * 1024
_PREFIX = "beffroi-run-"


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class Execution:
    """One verb that went through: `outcome` after a run, `score` after a backtest."""

    system: str
    version: str
    verb: Verb
    seed: int
    settings: dict[str, Any]
    isolation: str  # « complète », or « partielle : … »
    footprint: cost.Footprint
    outcome: Outcome | None = None
    score: Score | None = None
    wiped: bool = False  # the private folder was looked for once the process had ended, and is gone


def execute(
    system_id: str,
    verb: Verb,
    tables: Mapping[str, pa.Table],
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    limits: Limits = DEFAULT_LIMITS,
    *,
    allow_partial: bool = False,
    on_progress: OnProgress | None = None,
    home: Path | None = None,
) -> Execution:
    """Run the verb and return what it gave. `home`: this instance's home, hidden even if it lies beside the code.

    Raises `SystemFailed`: bad data, limit passed, host that cannot isolate (unless `allow_partial`), broken system.
    """
    return execute_registered(
        _found(system_id),
        verb,
        tables,
        settings,
        seed,
        limits,
        allow_partial=allow_partial,
        on_progress=on_progress,
        home=home,
    )


def execute_registered(
    system: registry.Registered,
    verb: Verb,
    tables: Mapping[str, pa.Table],
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    limits: Limits = DEFAULT_LIMITS,
    *,
    allow_partial: bool = False,
    on_progress: OnProgress | None = None,
    home: Path | None = None,
) -> Execution:
    """`execute`, for a system already found."""
    inputs, chosen = prepared(system, verb, tables, settings or {})
    with tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as folder:
        work = Path(folder)
        write_job(work, system, verb, inputs, chosen, seed, limits, allow_partial, home or instance_home())
        ended = _supervise(work, limits, on_progress)
        done = execution(work, system, verb, chosen, seed, limits, ended)
    return replace(done, wiped=not work.exists())


def prepared(
    system: registry.Registered, verb: Verb, tables: Mapping[str, pa.Table], settings: Mapping[str, Any]
) -> tuple[Tables, dict[str, Any]]:
    """The declared columns alone, and every setting. Raises `SystemFailed`: data or a setting off the manifest."""
    try:
        inputs = declared_only(tables, system.manifest.inputs)
        return inputs, _settings(_settable(system.manifest, verb, settings), settings)
    except BindingError as error:
        raise SystemFailed(str(error), kind="données") from error


def execution(
    work: Path,
    system: registry.Registered,
    verb: Verb,
    settings: dict[str, Any],
    seed: int,
    limits: Limits,
    ended: Ended,
) -> Execution:
    """What a process that ended left in its folder. Raises `SystemFailed`."""
    explain(ended, system.manifest.title, limits)
    try:
        outcome = read_outcome(work, ended.reply) if verb == "run" else None
        score = read_score(ended.reply) if verb == "backtest" else None
    except (OffContract, TooMuch) as error:
        raise unreadable(error, ended) from error
    return Execution(
        system=system.manifest.id,
        version=system.manifest.version,
        verb=verb,
        seed=seed,
        settings=settings,
        isolation=ended.isolation,
        footprint=ended.footprint,
        outcome=outcome,
        score=score,
    )


def sample(
    system_id: str, seed: int = 0, limits: Limits = DEFAULT_LIMITS, *, allow_partial: bool = False
) -> Tables:
    """The invented tables of a system's own sample maker, made in the same closed process. Raises `SystemFailed`."""
    system = _found(system_id)
    with tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as folder:
        work = Path(folder)
        write_job(work, system, "make_sample", {}, {}, seed, limits, allow_partial, instance_home())
        ended = _supervise(work, limits, None)
        return sampled(work, system, limits, ended)


def sampled(work: Path, system: registry.Registered, limits: Limits, ended: Ended) -> Tables:
    """The declared tables that a sample maker left in its folder. Raises `SystemFailed`."""
    explain(ended, system.manifest.title, limits)
    declared = {schema.name for schema in system.manifest.inputs}
    names = [str(name) for name in ended.reply.get("tables", [])]
    try:
        return {name: read_table(work / "out" / f"{name}.arrow") for name in names if name in declared}
    except (OffContract, TooMuch) as error:
        raise unreadable(error, ended) from error


def _found(system_id: str) -> registry.Registered:
    try:
        return registry.get(system_id)
    except registry.UnknownSystem as error:
        raise SystemFailed(str(error), kind="inconnu") from error


def instance_home() -> Path | None:
    return Path(os.environ["BEFFROI_HOME"]) if os.environ.get("BEFFROI_HOME") else None


def _settable(manifest: Manifest, verb: Verb, requested: Mapping[str, Any]) -> dict[str, Any]:
    """What the manifest lets people set, and what the house sets: the share of history of a learning curve, the day."""
    reserved: dict[str, Any] = {}
    if verb == "backtest" and manifest.learning_curve and TRAINING_SHARE in requested:
        reserved[TRAINING_SHARE] = 1.0
    if verb == "run" and manifest.uses_today and TODAY in requested:
        reserved[TODAY] = ""
    return {**manifest.settings, **reserved}


def _settings(declared: Mapping[str, Any], requested: Mapping[str, Any]) -> dict[str, Any]:
    chosen = dict(declared)
    for name, value in requested.items():
        if name not in declared:
            known = ", ".join(declared) or "aucun"
            raise BindingError(f"Le réglage « {name} » n’existe pas. Réglages de ce système : {known}.")
        default = declared[name]
        if isinstance(default, bool) or isinstance(value, bool) or isinstance(default, str):
            fits = type(value) is type(default)
        elif isinstance(default, int):
            fits = isinstance(value, int)
        else:
            fits = isinstance(value, int | float)
        if not fits:
            raise BindingError(
                f"Le réglage « {name} » vaut « {value} », ce qui n’est pas du type attendu ({default})."
            )
        chosen[name] = value
    return chosen


def write_job(
    work: Path,
    system: registry.Registered,
    verb: Verb | Literal["make_sample"],
    tables: Tables,
    settings: dict[str, Any],
    seed: int,
    limits: Limits,
    allow_partial: bool,
    home: Path | None,
    *,
    serve: bool = False,
) -> None:
    """The folder of one process: its tables, and `job.json`. `serve`: it will fork a process for each job to come."""
    (work / "in").mkdir()
    (work / "out").mkdir()
    (work / "tmp").mkdir()
    for name, table in tables.items():
        with (
            pa.OSFile(str(work / "in" / f"{name}.arrow"), "wb") as sink,
            pa.ipc.new_file(sink, table.schema) as writer,
        ):
            writer.write_table(table)
    code = [str(Path(beffroi.__file__).resolve().parent.parent), str(system.code_root.resolve())]
    job = {
        "module": system.module,
        "verb": verb,
        "tables": sorted(tables),
        "settings": settings,
        "seed": seed,
        "limits": asdict(limits),
        "allow_partial": allow_partial,
        "code": list(dict.fromkeys(code)),
        "hidden": [str(home.resolve())] if home is not None and home.exists() else [],
        "serve": serve,
    }
    (work / "job.json").write_text(json.dumps(job), encoding="utf-8")


def _supervise(work: Path, limits: Limits, on_progress: OnProgress | None) -> Ended:
    meter = Meter()
    child, peak = start_child(work, subprocess.DEVNULL)
    output = child.stdout.fileno() if child.stdout is not None else -1
    timed_out = False
    isolation = ""
    try:
        for line in lines(output, meter.start + limits.wall_seconds):
            # The first line is written before any code of the system runs: the system cannot forge it.
            if not isolation and "isolation" in line:
                isolation = str(line["isolation"])
            elif on_progress is not None and ("progress" in line or "message" in line):
                share = line.get("progress")
                on_progress(
                    min(1.0, max(0.0, float(share))) if isinstance(share, int | float) else None,
                    str(line.get("message", ""))[:200],
                )
    except TimeoutError:
        timed_out = True
    finally:
        end_child(child.pid)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.stdout is not None:
            child.stdout.close()
        peak_kib, why = read_peak(peak)
    spent = usage.ru_utime + usage.ru_stime
    footprint = meter.footprint(work, spent, peak_kib or usage.ru_maxrss, isolation)
    reply = {"status": why} if why else read_reply(work)
    return Ended(child.returncode, timed_out, isolation, reply, read_errors(work / "stderr"), footprint)


def start_child(work: Path, stdin: int) -> tuple["subprocess.Popen[bytes]", int]:
    """The closed process on this folder, and the descriptor where it will write its peak of memory."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(work / "tmp"),
        "TMPDIR": str(work / "tmp"),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    peak_reader, peak_writer = os.pipe()
    with (work / "stderr").open("wb") as errors:
        child = subprocess.Popen(
            [sys.executable, "-I", "-B", str(_CHILD), str(work), str(peak_writer)],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
            cwd=work / "tmp",
            start_new_session=True,
            pass_fds=(peak_writer,),
        )
    os.close(peak_writer)
    return child, peak_reader


class Meter:
    """Measures what happens from its making on: `footprint` says what one process cost meanwhile."""

    def __init__(self) -> None:
        self.start = time.monotonic()
        self._counter = cost.EnergyCounter()
        self._machine = cost.machine_cpu_seconds()

    def footprint(self, work: Path, cpu_s: float, peak_kib: int, isolation: str) -> cost.Footprint:
        machine = cost.machine_cpu_seconds()
        return cost.measure(
            duration_s=time.monotonic() - self.start,
            cpu_s=cpu_s,
            peak_mb=peak_kib / 1024,
            joules=self._counter.joules(),
            machine_cpu_s=machine - self._machine
            if self._machine is not None and machine is not None
            else None,
            stored_bytes=_size(work / "out"),
            # Shut in without network it exchanged nothing; otherwise nobody counted.
            sent_bytes=0 if isolation == "complète" else None,
        )


def read_errors(path: Path) -> str:
    """The end of what a process wrote of its errors; nothing where the system spoiled its folder."""
    try:
        with path.open("rb") as errors:
            return errors.read()[-8000:].decode("utf-8", "replace")
    except OSError:
        return ""


def _size(folder: Path) -> int | None:
    """Bytes of the answer; None where the system spoiled its folder."""
    try:
        return sum(path.lstat().st_size for path in folder.iterdir()) if not folder.is_symlink() else None
    except OSError:
        return None


def lines(descriptor: int, deadline: float) -> Any:
    """JSON objects written by the child, one a line; anything else that a system prints is ignored."""
    pending = b""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if not selector.select(min(left, _HEARTBEAT)):
                yield {"message": ""}  # still at work: whoever follows a long run must not believe it dead
                continue
            chunk = os.read(descriptor, 65536)
            if not chunk:
                return
            *whole, pending = (pending + chunk).split(b"\n")
            pending = pending[-_LONGEST_LINE:]
            for text in whole:
                try:
                    value = json.loads(text)
                except ValueError:
                    continue
                if isinstance(value, dict):
                    yield value


def end_child(pid: int) -> None:
    """The child stops its worker and tells what it took; one that does not within a second is killed with its group."""
    try:
        # Ended well, the child is a zombie that only we can reap: its number cannot have been reused.
        for turn in range(20):
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
                break
            if turn == 1:  # its standard output is closed: it was left a moment to end by itself
                os.kill(pid, signal.SIGTERM)
            time.sleep(0.05)
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, ChildProcessError, PermissionError):
        return
