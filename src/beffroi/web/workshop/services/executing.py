"""One execution in the closed child process, and what people's rules make of what it proposes.

In come a run's row and its tables; out goes the `Execution`. While the child works, nobody decides in this thread.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
from django.conf import settings as django_settings

from beffroi.systems import runner
from beffroi.web.decisions import corrections
from beffroi.web.decisions.machines import machine_at_work

from ..models import Run

type Progress = Callable[[float, str], None]


def in_a_child(run: Run, tables: dict[str, pa.Table], progress: Progress) -> runner.Execution:
    """One execution of the run's system, settings and seed, in which nobody decides."""
    last: list[Any] = [15.0, "Le système calcule, isolé du réseau et des autres données", time.monotonic()]

    def report(share: float | None, message: str) -> None:
        """Also called from time to time when nothing is new: a sign of life for the job."""
        last[0] = max(last[0], 15 + 70 * share) if share is not None else last[0]
        last[1] = message or last[1]
        if time.monotonic() - last[2] >= 1:  # a talkative system must not fill the database with its progress
            last[2] = time.monotonic()
            progress(last[0], last[1])

    # From here to the end of the child nobody decides in this thread, whoever they say they are.
    with machine_at_work():
        return runner.execute(
            run.use.system,
            "backtest" if run.verb == Run.Verb.BACKTEST else "run",
            tables,
            run.settings,
            run.seed,
            allow_partial=os.environ.get("BEFFROI_ALLOW_PARTIAL_ISOLATION") == "1",
            on_progress=report,
            home=django_settings.HOME.path,
        )


def corrected(execution: runner.Execution, rules: Sequence[corrections.Rule]) -> runner.Execution:
    """The same, with what people taught this system since: some acts kept back or bounded, each told in the notes."""
    if execution.outcome is None or not rules:
        return execution
    acts, notes = corrections.apply_rules(execution.outcome.proposals, rules)
    outcome = replace(execution.outcome, proposals=acts, notes=(*execution.outcome.notes, *notes))
    return replace(execution, outcome=outcome)
