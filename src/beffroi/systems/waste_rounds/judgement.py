"""Judgement of the rounds on past weeks: kilometres for a cubic metre, beside what the town did and what one does by hand."""

from datetime import date

import numpy as np

from beffroi.systems.contract import GuardResult, Score
from beffroi.systems.kit.arrays import Rows
from beffroi.systems.kit.gauge_replay import Past, Way
from beffroi.systems.kit.gauges import NOON, STATED, Forecast
from beffroi.systems.kit.plans import route_bound, route_checker, route_judging
from beffroi.systems.kit.words import plural, short_day

from .reading import Town
from .rounds import due_before, next_round, plan_day, problem_of

THRESHOLDS = (50, 60, 70, 80)  # percent: rules that one could follow by hand


def judge(town: Town, training_share: float, seed: int) -> Score:
    """Raises `BadInput` where the history is too short."""
    past, bound_km = Past(town.readings, town.volume, training_share), [0.0]
    system, over = past.play(_system(town, past, seed, bound_km))
    done, over_before = past.play(_as_done(town, past, nearest=False))
    without_ai = {
        "Bornes vidées ces jours-là, la plus proche d’abord": past.play(_as_done(town, past, nearest=True))[0]
    }
    by_rule = [past.play(_above(town, past, threshold)) for threshold in THRESHOLDS]
    if safe := [found for found, rule_over in by_rule if rule_over <= over_before]:
        best = min(safe, key=lambda found: found.ratio)
        without_ai["Bornes au-delà d’un seuil, le meilleur après coup, la plus proche d’abord"] = best
    period = f"du {short_day(date.fromordinal(past.first))} au {short_day(date.fromordinal(past.last))}"
    return route_judging.score(
        __package__,
        system,
        done,
        past.covered(),
        stated=STATED,
        test_period=f"{period}, {plural(len(past.days), 'jour rejoué', 'jours rejoués')}",
        rows=len(past.days) * past.count,
        seed=seed,
        training_rows=int(past.steps.known[past.steps.end < past.first].sum()),
        without_ai=without_ai,
        ablations={"Bornes à vider seulement, la plus proche d’abord": past.play(_due_only(town, past))[0]},
        bounds={
            "Mêmes arrêts, ce qu’aucun ordre ne peut raccourcir": round(
                sum(bound_km) / max(float(system.amount.sum()), 1e-9), 3
            )
        },
        guards={"overflow": GuardResult(round(100 * over, 3), round(100 * over_before, 3))},
    )


def _system(town: Town, past: Past, seed: int, bound_km: list[float]) -> Way:
    """Each day's proven bound is added to `bound_km`."""

    def way(day: int, forecast: Forecast) -> tuple[Rows, float]:
        if not past.has_round(day):
            return np.zeros(0, dtype=np.int64), 0.0
        planned = plan_day(town, forecast, day, next_round(day, past.weekdays), seed)
        stops = tuple(stop for route in planned.plan.routes for stop in route.stops)
        bound_km.append(route_bound.lower_bound(planned.problem, stops, 30) / 1000)
        return planned.containers[list(stops)], route_checker.metres(planned.problem, planned.plan) / 1000

    return way


def _as_done(town: Town, past: Past, *, nearest: bool) -> Way:
    return lambda day, forecast: _by_hand(town, past.was_emptied(day), forecast, day, nearest=nearest)


def _above(town: Town, past: Past, threshold: float) -> Way:
    return lambda day, forecast: _by_hand(
        town, np.flatnonzero((forecast.level >= threshold) & past.has_round(day)), forecast, day
    )


def _due_only(town: Town, past: Past) -> Way:
    def way(day: int, forecast: Forecast) -> tuple[Rows, float]:
        due = due_before(town, forecast, next_round(day, past.weekdays)) & past.has_round(day)
        return _by_hand(town, np.flatnonzero(due), forecast, day)

    return way


def _by_hand(
    town: Town, containers: Rows, forecast: Forecast, day: int, *, nearest: bool = True
) -> tuple[Rows, float]:
    """The nearest next, or the order of the usual round."""
    containers = containers[np.argsort(town.usual_rank[containers])]
    problem = problem_of(town, containers, forecast.expected(day + NOON))
    km, left = route_judging.by_hand(problem, nearest=nearest)
    return np.delete(containers, left), km
