"""Sandboxed execution of one verb of one system, in a child process without network, home or secrets.

In come Arrow tables (cut here to the declared columns), settings and a seed; out goes an `Execution` with its footprint.
Tables travel as Arrow IPC files and the rest as JSON: nothing that comes back from a system is ever unpickled.
"""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

import beffroi
from beffroi.lake.processes import Limits
from beffroi.systems import footprint as cost
from beffroi.systems import registry
from beffroi.systems.answer_limits import AnswerTooLarge
from beffroi.systems.binding import BindingError, project_declared
from beffroi.systems.child_process import OnProgress, run_child
from beffroi.systems.contract import TODAY, TRAINING_SHARE, Outcome, Score, Tables
from beffroi.systems.failures import ChildResult, SystemFailed, raise_on_failure, unreadable_answer
from beffroi.systems.import_layers import layers_of_this_process
from beffroi.systems.manifest import Manifest
from beffroi.systems.replies import ContractViolation, read_outcome, read_score, read_table
from beffroi.systems.settings import SettingBounds, parse_bounds

__all__ = [
    "DEFAULT_LIMITS",
    "Execution",
    "Limits",
    "OnProgress",
    "SystemFailed",
    "Verb",
    "execute",
    "make_sample",
]

type Verb = Literal["run", "backtest"]

_PREFIX = "beffroi-run-"


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class Execution:
    """A verb that ended well: `outcome` after a run, `score` after a backtest."""

    system: str
    version: str
    verb: Verb
    seed: int
    settings: dict[str, Any]
    isolation: str  # « complète », or « partielle : … »
    footprint: cost.Footprint
    outcome: Outcome | None = None
    score: Score | None = None
    setting_bounds: SettingBounds = field(
        default_factory=dict
    )  # what the data allow, for the settings that say so
    wiped: bool = False  # the private folder was looked for after the process had ended, and no longer exists


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
    """Run the verb and return its result. `home`: this instance's home, hidden even if it lies next to the code.

    Raises `SystemFailed`: bad data, limit passed, host that cannot isolate (unless `allow_partial`), broken system.
    """
    return execute_registered(
        _find_system(system_id),
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
    inputs, chosen = prepare_inputs(system, verb, tables, settings or {})
    with tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as folder:
        work = Path(folder)
        write_job(work, system, verb, inputs, chosen, seed, limits, allow_partial, home or instance_home())
        ended = run_child(work, limits, on_progress)
        done = read_execution(work, system, verb, chosen, seed, limits, ended)
    return replace(done, wiped=not work.exists())


def prepare_inputs(
    system: registry.Registered, verb: Verb, tables: Mapping[str, pa.Table], settings: Mapping[str, Any]
) -> tuple[Tables, dict[str, Any]]:
    """The declared columns and the full settings. Raises `SystemFailed`: data or a setting off the manifest."""
    try:
        inputs = project_declared(tables, system.manifest.inputs)
        return inputs, _merge_settings(system.manifest, verb, settings)
    except BindingError as error:
        raise SystemFailed(str(error), kind="données") from error


def read_execution(
    work: Path,
    system: registry.Registered,
    verb: Verb,
    settings: dict[str, Any],
    seed: int,
    limits: Limits,
    ended: ChildResult,
) -> Execution:
    """Read the execution from the folder of a process that ended. Raises `SystemFailed`."""
    bounds = (
        parse_bounds(ended.reply.get("setting_bounds", {}), system.manifest.settings_bounded_by_data) or {}
    )
    try:
        raise_on_failure(ended, system.manifest.title, limits)
    except SystemFailed as failure:
        failure.setting_bounds = bounds
        raise
    try:
        outcome = read_outcome(work, ended.reply) if verb == "run" else None
        score = read_score(ended.reply) if verb == "backtest" else None
    except (ContractViolation, AnswerTooLarge) as error:
        raise unreadable_answer(error, ended) from error
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
        setting_bounds=bounds,
    )


def make_sample(
    system_id: str, seed: int = 0, limits: Limits = DEFAULT_LIMITS, *, allow_partial: bool = False
) -> Tables:
    """The invented tables of a system's own sample maker, made in the same sandbox. Raises `SystemFailed`."""
    system = _find_system(system_id)
    with tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as folder:
        work = Path(folder)
        write_job(work, system, "make_sample", {}, {}, seed, limits, allow_partial, instance_home())
        ended = run_child(work, limits, None)
        return read_sample(work, system, limits, ended)


def read_sample(work: Path, system: registry.Registered, limits: Limits, ended: ChildResult) -> Tables:
    """Read the declared tables that a sample maker wrote. Raises `SystemFailed`."""
    raise_on_failure(ended, system.manifest.title, limits)
    declared = {schema.name for schema in system.manifest.inputs}
    names = [str(name) for name in ended.reply.get("tables", [])]
    try:
        return {name: read_table(work / "out" / f"{name}.arrow") for name in names if name in declared}
    except (ContractViolation, AnswerTooLarge) as error:
        raise unreadable_answer(error, ended) from error


def _find_system(system_id: str) -> registry.Registered:
    try:
        return registry.get(system_id)
    except registry.UnknownSystem as error:
        raise SystemFailed(str(error), kind="inconnu") from error


def instance_home() -> Path | None:
    return Path(os.environ["BEFFROI_HOME"]) if os.environ.get("BEFFROI_HOME") else None


def _allowed_settings(manifest: Manifest, verb: Verb, requested: Mapping[str, Any]) -> dict[str, Any]:
    """Defaults of the manifest's settings and of the reserved ones: the training share, the day."""
    reserved: dict[str, Any] = {}
    if verb == "backtest" and manifest.learning_curve and TRAINING_SHARE in requested:
        reserved[TRAINING_SHARE] = 1.0
    if verb == "run" and manifest.uses_today and TODAY in requested:
        reserved[TODAY] = ""
    return {**manifest.settings, **reserved}


def _merge_settings(manifest: Manifest, verb: Verb, requested: Mapping[str, Any]) -> dict[str, Any]:
    declared = _allowed_settings(manifest, verb, requested)
    chosen = dict(declared)
    for name, value in requested.items():
        if name not in declared:
            known = ", ".join(declared) or "aucun"
            raise BindingError(f"Le réglage « {name} » n’existe pas. Réglages de ce système : {known}.")
        default = declared[name]
        if isinstance(default, bool) or isinstance(value, bool) or isinstance(default, str):
            fits = type(value) is type(default)
        elif manifest.is_whole(name):
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
    """Write the folder of one process: its tables and `job.json`. `serve`: it will fork a process for each later job."""
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
        "bounded": system.manifest.settings_bounded_by_data,
        "seed": seed,
        "limits": asdict(limits),
        "allow_partial": allow_partial,
        "code": list(dict.fromkeys(code)),
        "layers": layers_of_this_process(),
        "hidden": [str(home.resolve())] if home is not None and home.exists() else [],
        "serve": serve,
    }
    (work / "job.json").write_text(json.dumps(job), encoding="utf-8")
