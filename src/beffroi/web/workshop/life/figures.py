"""Figures of a system over a period: runs, proposals, results, energy. Frozen with each step, shown for each review.

In comes a use; out goes plain JSON. Figures are of the system, never of an agent.
"""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from beffroi.systems.footprint import read_footprint, sum_footprints
from beffroi.web.decisions.models import Proposal

from ..models import Run, SystemUse


def since_last_step(use: SystemUse) -> dict[str, Any]:
    """Since the last step, or since the system was taken up."""
    last = use.steps.order_by("-rank").first()
    return over(use, last.at if last else use.created_at)


def over(use: SystemUse, since: datetime, until: datetime | None = None) -> dict[str, Any]:
    """The figures between two moments; `until` defaults to now."""
    until = until or timezone.now()
    runs = use.runs.filter(at__gte=since, at__lte=until, state=Run.State.DONE)
    proposals = Proposal.objects.of(use.territory).filter(
        system=use.system, created_at__gte=since, created_at__lte=until
    )
    return {
        "since": since.isoformat(),
        "until": until.isoformat(),
        "forecasts": runs.filter(verb=Run.Verb.RUN).count(),
        "failures": use.runs.filter(at__gte=since, at__lte=until, state=Run.State.FAILED).count(),
        "proposals": proposals.count(),
        "decided": proposals.filter(decision__isnull=False).count(),
        "against_advice": runs.exclude(against_advice="").count(),
        "results": _results(runs),
        "energy_wh": _energy(runs),
    }


def _results(runs: QuerySet[Run]) -> dict[str, Any]:
    """The first and the last measured result of the time: what changed is the drift."""
    scored = list(
        runs.filter(verb=Run.Verb.BACKTEST).order_by("at", "pk").values_list("score", "at", "version")
    )
    if not scored:
        return {}
    backtests = [
        {
            "value": score["value"],
            "baseline": score["baseline"],
            "on": at.date().isoformat(),
            "version": version,
        }
        for score, at, version in (scored[0], scored[-1])
    ]
    return {"first": backtests[0], "last": backtests[1], "count": len(scored)}


def _energy(runs: QuerySet[Run]) -> dict[str, Any]:
    """The energy of the executions, in watt-hours; executions that have no figure are counted, not taken for nothing."""
    every = [read_footprint(value) for value in runs.values_list("footprint", flat=True)]
    energy = sum_footprints(every).energy
    return {"value": energy.value, "executions": len(every), "unknown": energy.unknown}
