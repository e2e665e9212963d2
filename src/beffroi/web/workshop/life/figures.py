"""Figures of a system over a period: runs, proposals, results, energy. Frozen with each step, shown for each review.

In comes a use; out goes plain JSON. Figures are of the system, never of an agent.
"""

from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from beffroi.systems.footprint import read_footprint, sum_footprints
from beffroi.web.decisions.models import Proposal

from ..models import Run, SystemUse
from .papers import steps_of


def since_last_step(use: SystemUse) -> dict[str, Any]:
    """Since the last step, or since the system was taken up."""
    last = next(iter(steps_of(use)), None)
    return over(use, last.at if last else use.created_at)


def over(use: SystemUse, since: datetime, until: datetime | None = None) -> dict[str, Any]:
    """The figures between two moments; `until` defaults to now."""
    until = until or timezone.now()
    every = use.runs.filter(at__gte=since, at__lte=until)
    runs = every.filter(state=Run.State.DONE)
    done = Q(state=Run.State.DONE)
    counts = every.aggregate(
        forecasts=Count("pk", filter=done & Q(verb=Run.Verb.RUN)),
        failures=Count("pk", filter=Q(state=Run.State.FAILED)),
        against_advice=Count("pk", filter=done & ~Q(against_advice="")),
    )
    proposals = Proposal.objects.of(use.territory).filter(
        system=use.system, created_at__gte=since, created_at__lte=until
    )
    return {
        "since": since.isoformat(),
        "until": until.isoformat(),
        **counts,
        **proposals.aggregate(proposals=Count("pk"), decided=Count("pk", filter=Q(decision__isnull=False))),
        **_results_and_energy(runs),
    }


def _results_and_energy(runs: QuerySet[Run]) -> dict[str, Any]:
    rows = list(runs.order_by("at", "pk").values_list("verb", "score", "at", "version", "footprint"))
    scored = [(score, at, version) for verb, score, at, version, _ in rows if verb == Run.Verb.BACKTEST]
    return {"results": _results(scored), "energy_wh": _energy([footprint for *_, footprint in rows])}


def _results(scored: list[tuple[dict[str, Any], datetime, str]]) -> dict[str, Any]:
    """The first and the last measured result of the time: what changed is the drift."""
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


def _energy(footprints: list[Any]) -> dict[str, Any]:
    """The energy of the executions, in watt-hours; executions that have no figure are counted, not taken for nothing."""
    every = [read_footprint(value) for value in footprints]
    energy = sum_footprints(every).energy
    return {"value": energy.value, "executions": len(every), "unknown": energy.unknown}
