"""Backtest of `buildings`: the last year is held out, and forecast as it passes.

In comes a town; out goes a `Score`. Forecasts and intervals are those of a daily run: a model learned again each quarter from the
days before, widths set each month. The metric is the CV(RMSE) of daily consumption (ASHRAE Guideline 14), the mean over meters
by what each used: a meter that falls to nothing does not outweigh a town.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from beffroi.systems.bootstrap import Blocks, Interval, bootstrap_intervals
from beffroi.systems.buildings import baseline, uncertainty
from beffroi.systems.buildings.bills import mean_by_period, one_a_bill
from beffroi.systems.buildings.days import Ints, Mask, Matrix, Vector
from beffroi.systems.buildings.levels import fit_at_level
from beffroi.systems.buildings.town import MIN_DAYS, Town, recency_weights
from beffroi.systems.buildings.uncertainty import CALIBRATION_DAYS, STATED
from beffroi.systems.contract import BadInput, Score
from beffroi.systems.kit.words import fr, plural, short_day
from beffroi.text import format_percent

_YEAR = 365
_MIN_TEST_DAYS, _MIN_TRAINING_DAYS = 60, 90
_QUARTER, _MONTH = 91, 30
_MIN_KNOWN_SHARE = 0.3  # of the test's days, before a meter counts
SYSTEM, BASELINE = "Le système", "Même mois l’an dernier, corrigé des DJU"
MONTH, WEEKDAY = "Même mois l’an dernier, sans corriger la météo", "Même jour de la semaine, un an avant"


@dataclass(frozen=True)
class Rolled:
    """Arrays (meters, days): what was expected of each day, and half its interval; `plain` (meters): how often no model fitted."""

    expected: Matrix
    reach: Matrix
    plain: Vector


@dataclass(frozen=True)
class Trial:
    """What was held out, arrays (meters tried, days): each way's forecast, and the days on which it is judged."""

    begin: int
    rows: Ints
    kwh: Matrix
    ways: dict[str, Matrix]
    judged: Mask
    rolled: Rolled
    taught: int

    @property
    def inside(self) -> Mask:
        """Days within their interval."""
        return self.judged & (np.abs(self.kwh - self.rolled.expected) <= self.rolled.reach)


def evaluate(town: Town, seed: int, training_share: float = 1.0) -> Score:
    """Raises `BadInput` where the history is too short to hold anything out."""
    trial = _try(town, training_share)
    errors = {name: _error(trial.kwh, way, trial.judged) for name, way in trial.ways.items()}
    used = np.where(trial.judged, trial.kwh, 0.0).sum(axis=1)
    figures = {name: _by_kwh(error, used) for name, error in errors.items()}
    medians = {name: float(np.median(error)) for name, error in errors.items()}
    value_interval, coverage_interval, gains = _intervals_by_week(trial, seed)
    inside = trial.inside
    coverage = float(inside[trial.judged].mean())
    bias = _bias(trial.kwh, trial.ways[SYSTEM], trial.judged)
    better = 100 * float((errors[SYSTEM] < errors[BASELINE]).mean())
    energies, billed = [town.meters[row].energy for row in trial.rows], town.spread[trial.rows]
    return Score(
        value=round(figures[SYSTEM], 3),
        baseline=round(figures[BASELINE], 3),
        interval_coverage=round(coverage, 4),
        interval_stated=STATED,
        recommended=_is_better(figures, medians, gains),
        verdict=_verdict(figures, medians, gains, coverage, bias, "facture" if billed.all() else "jour"),
        held_out=f"du {short_day(town.days.day(trial.begin))} au {short_day(town.days.day(len(town.days) - 1))}, "
        f"{plural(len(trial.rows), 'compteur', 'compteurs')}"
        + (f", dont {billed.sum()} par facture" if billed.any() else ""),
        rows=int(trial.judged.sum()),
        without_ai={name: round(figures[name], 3) for name in (MONTH, WEEKDAY)},
        others={
            "Erreur médiane des compteurs (%)": round(medians[SYSTEM], 3),
            "Erreur médiane des compteurs, référence sans IA (%)": round(medians[BASELINE], 3),
            "Compteurs mieux prévus que par la référence (%)": round(better, 1),
            "Écart sur l’année entière, compteur médian, en valeur absolue (%)": round(
                float(np.median(np.abs(bias))), 3
            ),
            "Écart sur l’année entière, tous les kWh (%)": round(_by_kwh(bias, used), 3),
            "Compteurs en repli, sans modèle (%)": round(100 * float(trial.rolled.plain.mean()), 1),
            **_coverage_by_energy(trial, energies),
        },
        groups=_groups(town, trial.rows, errors[SYSTEM], used),
        value_interval=value_interval,
        gain_interval=gains.get(BASELINE),
        coverage_interval=coverage_interval,
        truths=int(trial.judged.sum()),
        training_rows=trial.taught,
    )


def _try(town: Town, training_share: float) -> Trial:
    """Each way's forecast of the held-out days, from earlier days alone."""
    end = len(town.days)
    begin = _first_test_day(town)
    teaches = town.teaches.copy()
    taught = int((recency_weights(town.days, begin) > 0).sum())
    if training_share < 1:
        teaches[:, : begin - max(1, int(training_share * taught))] = False
    # The reference without AI always has the whole year before: it learns nothing.
    year_before = np.zeros(town.kwh.shape, dtype=bool)
    year_before[:, max(0, begin - _YEAR) : begin] = town.teaches[:, max(0, begin - _YEAR) : begin]
    rows = np.flatnonzero(
        (teaches[:, :begin].sum(axis=1) >= (MIN_DAYS if training_share >= 1 else _MIN_TRAINING_DAYS))
        & (town.teaches[:, begin:].sum(axis=1) >= _MIN_KNOWN_SHARE * (end - begin))
        & (year_before.sum(axis=1) >= _MIN_TRAINING_DAYS)
    )
    if not len(rows):
        raise BadInput(
            f"L’historique est trop court pour l’épreuve : il faut {MIN_DAYS} jours relevés, puis une période à prévoir."
        )
    kwh = town.kwh[rows]
    rolled = _roll(town, rows, teaches[rows], begin)
    ways = {
        SYSTEM: rolled.expected,
        BASELINE: baseline.same_month_corrected(kwh, year_before[rows], town.days),
        MONTH: baseline.same_month(kwh, year_before[rows], town.days),
        WEEKDAY: baseline.same_weekday(kwh, year_before[rows], town.days),
    }
    # Bills are compared with means over the same days.
    ways = {name: mean_by_period(way, town.period[rows]) for name, way in ways.items()}
    judged = town.teaches[rows] & np.isfinite(rolled.expected)
    judged[:, :begin] = False
    return Trial(begin, rows, kwh, ways, judged, rolled, int(teaches[rows, :begin].sum()))


def _is_better(figures: dict[str, float], medians: dict[str, float], gains: dict[str, Interval]) -> bool:
    """Surely better than each way without AI, all kWh together, and better for the median meter than the best of them."""
    best = min((name for name in figures if name != SYSTEM), key=lambda name: figures[name])
    sure = bool(gains) and all(low > 0 for low, _ in gains.values())
    return figures[SYSTEM] < figures[best] and sure and medians[SYSTEM] < medians[best]


def _first_test_day(town: Town) -> int:
    """The first held-out day: a year before the end, less where the history is short."""
    end = len(town.days)
    if end >= _YEAR + MIN_DAYS:
        return end - _YEAR
    begin = max(MIN_DAYS, end - max(_MIN_TEST_DAYS, end // 4))
    if end - begin < _MIN_TEST_DAYS:
        raise BadInput(
            f"L’historique compte {end} jours : il en faut {MIN_DAYS + _MIN_TEST_DAYS} pour apprendre puis vérifier, deux ans de préférence."
        )
    return begin


def _error(kwh: Matrix, expected: Matrix, judged: Mask) -> Vector:
    """CV(RMSE) of each meter, in %: root mean square error over the mean consumption of the same days."""
    count = np.maximum(judged.sum(axis=1), 1)
    square = np.where(judged, (kwh - expected) ** 2, 0.0).sum(axis=1) / count
    mean = np.where(judged, kwh, 0.0).sum(axis=1) / count
    return np.asarray(100 * np.sqrt(square) / np.maximum(mean, 1e-9))


def _by_kwh(errors: Vector, used: Vector) -> float:
    """The mean of the meters' figures by what each used: a meter that hardly runs weighs hardly anything."""
    return float((errors * used).sum() / max(float(used.sum()), 1e-9))


def _bias(kwh: Matrix, expected: Matrix, judged: Mask) -> Vector:
    """Expected less actual over the whole period, in % of the actual (the NMBE of ASHRAE Guideline 14)."""
    actual = np.maximum(np.where(judged, kwh, 0.0).sum(axis=1), 1e-9)
    return np.asarray(100 * (np.where(judged, expected, 0.0).sum(axis=1) / actual - 1))


def _roll(town: Town, rows: Ints, teaches: Mask, begin: int) -> Rolled:
    """Forecasts as `run` makes them day after day: learned again each quarter, widths set each month on the eight months before."""
    end = len(town.days)
    kwh = town.kwh[rows]
    expected, scales, scores = (np.full(kwh.shape, np.nan) for _ in range(3))
    plain = np.zeros(kwh.shape, dtype=bool)
    before = (begin - 2 * CALIBRATION_DAYS, begin - CALIBRATION_DAYS)
    starts = sorted({max(start, _MIN_TRAINING_DAYS) for start in (*before, *range(begin, end, _QUARTER))})
    for start, stop in pairwise([*starts, end]):
        at_level = fit_at_level(
            kwh, teaches * recency_weights(town.days, start), town.days, town.period[rows]
        )
        here = at_level.fitted.predict(town.days)
        here[teaches[:, :start].sum(axis=1) < _MIN_TRAINING_DAYS] = np.nan
        widths = uncertainty.learn_scale(at_level.fitted, town.days).of(here)
        scores[~at_level.levels.current] = np.nan
        error = np.abs(np.where(town.teaches[rows], kwh - here, np.nan)) / widths
        error = one_a_bill(error, town.period[rows])
        for whole, part in ((expected, here), (scales, widths), (scores, error)):
            whole[:, start:stop] = part[:, start:stop]
        plain[:, start:stop] = at_level.fitted.plain[:, None]
    energies = [town.meters[row].energy for row in rows]
    reach = np.full(kwh.shape, np.nan)
    for start in range(begin, end, _MONTH):
        late = max(0, start - CALIBRATION_DAYS)
        earlier = scores[:, max(0, late - CALIBRATION_DAYS) : late]
        factors = uncertainty.calibrate_factors(earlier, scores[:, late:start], energies)
        reach[:, start : start + _MONTH] = factors[:, None] * scales[:, start : start + _MONTH]
    return Rolled(expected, reach, plain[:, begin:].mean(axis=1))


def _coverage_by_energy(trial: Trial, energies: list[str]) -> dict[str, float]:
    found = {}
    for energy in sorted(set(energies)):
        known = trial.judged & np.array([name == energy for name in energies])[:, None]
        if known.any():
            name = f"Jours dans l’intervalle à {fr(100 * STATED)} %, {energy} (%)"
            found[name] = round(100 * float(trial.inside[known].mean()), 1)
    return found


def _groups(town: Town, rows: Ints, errors: Vector, used: Vector) -> dict[str, float]:
    """The metric by energy, and by use of the building where it is known."""
    found: dict[str, float] = {}
    for label, names in (
        ("", [town.meters[row].energy for row in rows]),
        ("usage ", [town.building(int(row)).use or "inconnu" for row in rows]),
    ):
        kinds = sorted(set(names))
        if len(kinds) < 2:
            continue
        for kind in kinds:
            chosen = np.array([name == kind for name in names])
            found[label + kind] = round(_by_kwh(errors[chosen], used[chosen]), 3)
    return found


def _intervals_by_week(
    trial: Trial, seed: int
) -> tuple[Interval | None, Interval | None, dict[str, Interval]]:
    """95 % intervals of the metric, of the coverage and of the gain on each way, by resampling whole weeks, all meters together."""
    week = (np.arange(trial.kwh.shape[1]) - trial.begin) // 7
    count = int(week[-1]) + 1
    if count < 8:
        return None, None, {}
    member = (week[:, None] == np.arange(count)).astype(float)

    def sums(values: Matrix, used: Mask) -> Matrix:
        return np.asarray(np.where(used, values, 0.0) @ member)

    days, used = sums(np.ones(trial.kwh.shape), trial.judged), sums(trial.kwh, trial.judged)
    squares = {name: sums((trial.kwh - way) ** 2, trial.judged) for name, way in trial.ways.items()}
    covered, seen = sums(trial.inside.astype(float), trial.judged).sum(axis=0), days.sum(axis=0)
    names = [name for name in trial.ways if name != SYSTEM]

    def figures(drawn: Blocks) -> list[Vector]:
        times = np.array([np.bincount(weeks, minlength=count) for weeks in drawn], dtype=float).T
        number, total = np.maximum(days @ times, 1e-9), np.maximum((used @ times).sum(axis=0), 1e-9)
        here, *others = (
            100 * np.sqrt((squares[name] @ times) * number).sum(axis=0) / total for name in (SYSTEM, *names)
        )
        return [here, covered @ times / np.maximum(seen @ times, 1e-9), *(one - here for one in others)]

    value, coverage, *gains = bootstrap_intervals(figures, count, np.random.default_rng(seed), digits=4)
    return value, coverage, dict(zip(names, gains, strict=True))


def _verdict(
    figures: dict[str, float],
    medians: dict[str, float],
    gains: dict[str, Interval],
    coverage: float,
    bias: Vector,
    what: str,
) -> str:
    others = [name for name in figures if name != SYSTEM]
    best = min(others, key=lambda name: figures[name])
    measured = (
        f"Erreur {'par' if what == 'facture' else 'du'} {what} sur l’année mise de côté, tous les kWh ensemble : {format_percent(figures[SYSTEM])}, contre "
        f"{format_percent(figures[BASELINE])} pour le même mois de l’an dernier corrigé des DJU. Écart sur l’année entière : "
        f"{format_percent(float(np.median(np.abs(bias))))} pour le compteur médian."
        f" L’intervalle à 90 % contient la vérité {format_percent(100 * coverage)} du temps."
    )
    if figures[SYSTEM] >= figures[best]:
        return (
            f"Ne pas utiliser ici : « {best} » fait aussi bien ({format_percent(figures[best])}). {measured}"
        )
    unsure = [name for name in others if name not in gains or gains[name][0] <= 0]
    if unsure:
        closest = min(unsure, key=lambda name: figures[name])
        return f"Pas mieux, de façon sûre, que « {closest} » ({format_percent(figures[closest])}). {measured}"
    if medians[SYSTEM] >= medians[best]:
        return (
            f"Pas mieux pour la moitié des compteurs : l’erreur médiane est de {format_percent(medians[SYSTEM])}, contre "
            f"{format_percent(medians[best])} pour « {best} ». {measured}"
        )
    caution = (
        " Ses intervalles sont trop étroits ou trop larges : regardez l’écart, non l’alerte."
        if not 0.87 <= coverage <= 0.93
        else ""
    )
    return f"Recommandé, sous le contrôle d’une personne. {measured}{caution}"
