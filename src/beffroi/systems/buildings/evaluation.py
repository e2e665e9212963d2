"""Backtest of `buildings`: the last year is held out, and forecast from the history before it.

In comes a town; out goes a `Score`. The metric is the CV(RMSE) of daily consumption, the mean over meters, for one model fixed
before the year begins (ASHRAE Guideline 14). Intervals are those of a daily run: a model refitted each quarter, widths set
from the last four months, as `run` does.
"""

import numpy as np

from beffroi.systems.bootstrap import Blocks, Interval, bootstrap_intervals
from beffroi.systems.buildings import baseline, uncertainty
from beffroi.systems.buildings.days import Ints, Mask, Matrix, Vector
from beffroi.systems.buildings.model import fit
from beffroi.systems.buildings.town import MIN_DAYS, Town, recency_weights
from beffroi.systems.buildings.uncertainty import CALIBRATION_DAYS, STATED
from beffroi.systems.contract import BadInput, Score
from beffroi.systems.kit.words import plural, short_day
from beffroi.text import format_percent

_YEAR = 365
_MIN_TEST_DAYS, _MIN_TRAINING_DAYS = 60, 90
_QUARTER, _MONTH = 91, 30
_MIN_KNOWN_SHARE = 0.3  # of the test's days, before a meter counts


def evaluate(town: Town, seed: int, training_share: float = 1.0) -> Score:
    """Raises `BadInput` where the history is too short to hold anything out."""
    end = len(town.days)
    begin = _first_test_day(town)
    before = recency_weights(town.days, begin)
    taught = np.flatnonzero(before)
    if training_share < 1:
        before[: begin - max(1, int(training_share * len(taught)))] = 0.0
    weight = town.teaches * before
    # The reference without AI always has the whole year before: it learns nothing.
    year_before = np.zeros(town.kwh.shape, dtype=bool)
    year_before[:, max(0, begin - _YEAR) : begin] = town.teaches[:, max(0, begin - _YEAR) : begin]
    test = np.zeros(town.kwh.shape, dtype=bool)
    test[:, begin:] = town.teaches[:, begin:]
    rows = np.flatnonzero(
        ((weight > 0).sum(axis=1) >= (MIN_DAYS if training_share >= 1 else _MIN_TRAINING_DAYS))
        & (test.sum(axis=1) >= _MIN_KNOWN_SHARE * (end - begin))
        & (year_before.sum(axis=1) >= _MIN_TRAINING_DAYS)
    )
    if not len(rows):
        raise BadInput(
            f"L’historique est trop court pour l’épreuve : il faut {MIN_DAYS} jours relevés, puis une période à prévoir."
        )
    kwh = town.kwh[rows]
    fitted = fit(kwh, weight[rows], town.days)
    expected = fitted.predict(town.days)
    ways = {
        "system": expected,
        "baseline": baseline.same_month_corrected(kwh, year_before[rows], town.days),
        "month": baseline.same_month(kwh, year_before[rows], town.days),
        "weekday": baseline.same_weekday(kwh, year_before[rows], town.days),
    }
    judged = test[rows] & np.isfinite(expected)
    errors = {name: _error(kwh, way, judged) for name, way in ways.items()}
    inside, known = _roll(town, rows, begin)
    value, without = float(errors["system"].mean()), float(errors["baseline"].mean())
    coverage = float(inside[known].mean()) if known.any() else None
    sure = _intervals_by_week(kwh, ways["system"], ways["baseline"], judged, inside, known, begin, seed)
    bias = _bias(kwh, expected, judged)
    return Score(
        value=round(value, 3),
        baseline=round(without, 3),
        interval_coverage=None if coverage is None else round(coverage, 4),
        interval_stated=STATED,
        recommended=value < without,
        verdict=_verdict(errors, coverage, bias),
        held_out=f"du {short_day(town.days.day(begin))} au {short_day(town.days.day(end - 1))}, {plural(len(rows), 'compteur', 'compteurs')}",
        rows=int(judged.sum()),
        without_ai={
            "Même mois l’an dernier, sans corriger la météo": round(float(errors["month"].mean()), 3),
            "Même jour de la semaine, un an avant": round(float(errors["weekday"].mean()), 3),
        },
        others={
            "Erreur médiane des compteurs (CV(RMSE), %)": round(float(np.median(errors["system"])), 3),
            "Compteurs mieux prévus que par la référence (%)": round(
                100 * float((errors["system"] < errors["baseline"]).mean()), 1
            ),
            "Écart sur l’année entière, en moyenne et en valeur absolue (%)": round(
                float(np.abs(bias).mean()), 3
            ),
            "Écart sur l’année entière, signé (%)": round(float(bias.mean()), 3),
            "Compteurs en repli, sans modèle (%)": round(100 * float(fitted.plain.mean()), 1),
        },
        groups=_groups(town, rows, errors["system"]),
        value_interval=sure[0] if sure else None,
        gain_interval=sure[1] if sure else None,
        coverage_interval=sure[2] if sure else None,
        truths=int(known.sum()),
        training_rows=int((weight[rows] > 0).sum()),
    )


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


def _bias(kwh: Matrix, expected: Matrix, judged: Mask) -> Vector:
    """Expected less actual over the whole period, in % of the actual (the NMBE of ASHRAE Guideline 14)."""
    actual = np.maximum(np.where(judged, kwh, 0.0).sum(axis=1), 1e-9)
    return np.asarray(100 * (np.where(judged, expected, 0.0).sum(axis=1) / actual - 1))


def _roll(town: Town, rows: Ints, begin: int) -> tuple[Mask, Mask]:
    """Days within their interval, and days known: refit each quarter from before the test, set the widths each month from the last four months out of sample."""
    end = len(town.days)
    kwh, teaches = town.kwh[rows], town.teaches[rows]
    scores = np.full(kwh.shape, np.nan)
    scales = np.full(kwh.shape, np.nan)
    expected = np.full(kwh.shape, np.nan)
    for start in [begin - CALIBRATION_DAYS, *range(begin, end, _QUARTER)]:
        start = max(start, _MIN_TRAINING_DAYS)
        stop = min(begin if start < begin else start + _QUARTER, end)
        fitted = fit(kwh, teaches * recency_weights(town.days, start), town.days)
        here = fitted.predict(town.days)
        widths = uncertainty.learn_scale(fitted, town.days).of(here)
        expected[:, start:stop], scales[:, start:stop] = here[:, start:stop], widths[:, start:stop]
        error = np.abs(np.where(teaches, kwh - here, np.nan)) / widths
        scores[:, start:stop] = error[:, start:stop]
    inside = np.zeros(kwh.shape, dtype=bool)
    known = np.zeros(kwh.shape, dtype=bool)
    for start in range(begin, end, _MONTH):
        stop = min(start + _MONTH, end)
        factors = uncertainty.conformal_factors(scores[:, max(0, start - CALIBRATION_DAYS) : start])
        reach = factors[:, None] * scales[:, start:stop]
        known[:, start:stop] = teaches[:, start:stop] & np.isfinite(expected[:, start:stop])
        inside[:, start:stop] = np.abs(kwh - expected)[:, start:stop] <= reach
    return inside & known, known


def _groups(town: Town, rows: Ints, errors: Vector) -> dict[str, float]:
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
            found[label + kind] = round(float(errors[chosen].mean()), 3)
    return found


def _intervals_by_week(
    kwh: Matrix, system: Matrix, other: Matrix, judged: Mask, inside: Mask, known: Mask, begin: int, seed: int
) -> tuple[Interval, ...] | None:
    """95 % intervals of the metric, of the gain and of the coverage, by resampling whole weeks, all meters together."""
    week = (np.arange(kwh.shape[1]) - begin) // 7
    count = int(week[-1]) + 1
    if count < 8:
        return None
    member = (week[:, None] == np.arange(count)).astype(float)

    def sums(values: Matrix, used: Mask) -> Matrix:
        return np.asarray(np.where(used, values, 0.0) @ member)

    days, used = sums(np.ones(kwh.shape), judged), sums(kwh, judged)
    system_errors, other_errors = sums((kwh - system) ** 2, judged), sums((kwh - other) ** 2, judged)
    covered = sums(inside.astype(float), known).sum(axis=0)
    seen = sums(np.ones(kwh.shape), known).sum(axis=0)

    def figures(drawn: Blocks) -> tuple[list[float], list[float], list[float]]:
        values, gains, shares = [], [], []
        for weeks in drawn:
            times = np.bincount(weeks, minlength=count).astype(float)
            number, total = np.maximum(days @ times, 1e-9), np.maximum(used @ times, 1e-9)
            here = 100 * float((np.sqrt((system_errors @ times) / number) * number / total).mean())
            there = 100 * float((np.sqrt((other_errors @ times) / number) * number / total).mean())
            values.append(here)
            gains.append(there - here)
            shares.append(float(covered @ times / max(float(seen @ times), 1e-9)))
        return values, gains, shares

    return bootstrap_intervals(figures, count, np.random.default_rng(seed), digits=4)


def _verdict(errors: dict[str, Vector], coverage: float | None, bias: Vector) -> str:
    system, without = float(errors["system"].mean()), float(errors["baseline"].mean())
    measured = (
        f"Erreur du jour sur l’année mise de côté : {format_percent(system)}, contre {format_percent(without)} pour le même mois de l’an dernier corrigé des DJU. "
        f"Écart sur l’année entière : {format_percent(float(np.abs(bias).mean()))} par compteur."
    )
    if coverage is not None:
        measured += f" L’intervalle à 90 % contient la vérité {format_percent(100 * coverage)} du temps."
    if system >= without:
        return f"Ne pas utiliser ici : il ne fait pas mieux que la référence sans IA. {measured}"
    caution = (
        " Ses intervalles sont trop étroits ou trop larges : regardez l’écart, non l’alerte."
        if coverage is not None and not 0.87 <= coverage <= 0.93
        else ""
    )
    return f"Recommandé, sous le contrôle d’une personne. {measured}{caution}"
