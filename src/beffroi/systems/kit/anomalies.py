"""Days that leave the usual: how far each value is from the same weekdays before it, and a judgement by planted faults.

In comes a `Series`; out go deviations in usual spreads (robust z scores), and a `Score` whose figure is the F1 of the alerts, in %.
Each deviation leans on earlier days alone.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from beffroi.systems.contract import BadInput, Score
from beffroi.systems.kit.arrays import Mask, Matrix, Vector
from beffroi.systems.kit.baselines import shifted
from beffroi.systems.kit.judging import intervals_by_block, verdict
from beffroi.systems.kit.series import Series
from beffroi.systems.kit.words import short_day

WEEKS = 8  # same weekdays that make the usual
_FORTNIGHT = 14  # days: each weekday twice
_USUALLY = 56  # days that show how many days of a fortnight have a value: a service may open five days a week
_MAD_TO_SIGMA = 1.4826  # of a normal law
_LEAST_SPREAD = 0.02  # of the usual: a series that hardly moves is no reason for an alert
_PLANTED_SHARE = 0.05  # of the judged days
LOWER, HIGHER = (0.2, 0.85), (1.15, 1.8)  # what a planted fault makes of a value
_HALF = 0.5  # what a person calls unusual, without AI: half more or half less than a week before


type Range = tuple[float, float]


@dataclass(frozen=True)
class Deviations:
    """By place and day: the usual value, its spread, and the deviation in spreads; NaN where too little is known."""

    usual: Matrix
    spread: Matrix
    scores: Matrix


def deviations(series: Series, weeks: int = WEEKS) -> Deviations:
    """The usual is the median of the last `weeks` same weekdays, each brought to the level of the last fortnight; half of them must
    be known, and half of the days that a fortnight usually has. Its spread comes from how far the days of those weeks were from
    their own usual, in proportion."""
    open_days = np.isfinite(_before(series.values, _USUALLY)).sum(axis=0) * (_FORTNIGHT / _USUALLY)
    level = _median(_before(series.values, _FORTNIGHT), np.ceil(open_days / 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(level > 0, series.values / level, np.nan)
        usual = level * _median(
            np.stack([shifted(ratio, 7 * week) for week in range(1, weeks + 1)]), weeks // 2
        )
        away = np.where(usual > 0, np.abs(series.values / usual - 1), np.nan)
    window = 7 * weeks
    relative = np.maximum(_MAD_TO_SIGMA * _median(_before(away, window), window // 4), _LEAST_SPREAD)
    spread = np.maximum(relative * np.abs(usual), 1e-9)
    return Deviations(usual, spread, (series.values - usual) / spread)


def _before(values: Matrix, days: int) -> NDArray[np.float64]:
    """(days, places, days of the series): of each day, those just before it."""
    padded = np.pad(shifted(values, 1), ((0, 0), (days - 1, 0)), constant_values=np.nan)
    return np.moveaxis(np.lib.stride_tricks.sliding_window_view(padded, days, axis=1), -1, 0)


def _median(parts: NDArray[np.float64], least: int | Matrix) -> Matrix:
    """Along the first axis, the median of what is known; NaN where fewer than `least` are."""
    enough = np.isfinite(parts).sum(axis=0) >= np.maximum(least, 1)
    found = np.full(parts.shape[1:], np.nan)
    found[enough] = np.nanmedian(parts[:, enough], axis=0)
    return found


def judge(
    package: str,
    series: Series,
    threshold: float,
    seed: int,
    *,
    lower: Range = LOWER,
    higher: Range = HIGHER,
    left_out: Mask | None = None,
) -> Score:
    """Plant faults on some days of the last third, and count those found.

    `threshold`: in spreads. `lower`, `higher`: what a fault makes of a value, between two factors; small counts need wide ones, or
    faults are lost in chance. `left_out`: places and days that are not judged (public holidays). The baseline calls unusual what is
    half more or half less than a week before. Raises `BadInput`.
    """
    first = series.days - series.days // 3
    judged = np.zeros(series.values.shape, dtype=bool)
    judged[:, first:] = np.isfinite(deviations(series).scores[:, first:])
    if left_out is not None:
        judged &= ~left_out
    if judged.sum() < 60 or series.days < 21 * WEEKS // 2:
        raise BadInput("Trop peu de jours pour juger : il faut trois mois de mesures au moins.")
    spoiled, planted = _plant(series, judged, (lower, higher), seed)
    found = np.abs(deviations(spoiled).scores) >= threshold
    before, month = shifted(spoiled.values, 7), _before(spoiled.values, 28)
    half = np.abs(spoiled.values - before) > _HALF * np.abs(before)
    with np.errstate(invalid="ignore"):
        extreme = (spoiled.values > np.fmax.reduce(month)) | (spoiled.values < np.fmin.reduce(month))
    value, baseline, other = (_f1(planted, alerts, judged) for alerts in (found, half, extreme))
    value_interval, gain_interval = _intervals(planted, found, half, judged, seed)
    better = value > max(baseline, other) and gain_interval[0] > 0
    return Score(
        value=round(value, 3),
        baseline=round(baseline, 3),
        interval_coverage=None,
        interval_stated=None,
        recommended=better,
        verdict=verdict(package, value, baseline, other, gain_interval[0], None, None),
        held_out=f"du {short_day(series.day(first))} au {short_day(series.last)}, avec {int(planted.sum())} écarts semés",
        rows=int(judged.sum()),
        without_ai={"Plus haut ou plus bas que tout le mois": round(other, 3)},
        others={
            "alertes pour rien, en % des jours": round(
                100 * float((found & judged & ~planted).sum() / judged.sum()), 2
            )
        },
        groups={
            place: round(_f1(planted[row], found[row], judged[row]), 3)
            for row, place in enumerate(series.places)
            if planted[row].any()
        },
        value_interval=value_interval,
        gain_interval=gain_interval,
    )


def _plant(series: Series, judged: Mask, faults: tuple[Range, Range], seed: int) -> tuple[Series, Mask]:
    """The series with some of its judged days spoiled, and which."""
    rng = np.random.default_rng(seed)
    planted = judged & (rng.random(judged.shape) < _PLANTED_SHARE)
    lower, higher = (rng.uniform(*factors, judged.shape) for factors in faults)
    factors = np.where(planted, np.where(rng.random(judged.shape) < 0.5, lower, higher), 1.0)
    return Series(series.places, series.first, series.values * factors), planted


def _f1(planted: Mask, found: Mask, judged: Mask) -> float:
    """Harmonic mean of precision and recall, in %; 0 where nothing was rightly found."""
    right = float((planted & found & judged).sum())
    total = float((planted & judged).sum() + (found & judged).sum())
    return 200 * right / total if total else 0.0


def _intervals(
    planted: Mask, found: Mask, plain: Mask, judged: Mask, seed: int
) -> tuple[tuple[float, float], ...]:
    """Of the figure and of its gain, whole weeks drawn again."""

    def figures(
        there: Vector, alerts: Vector, plain_alerts: Vector, right: Vector, plain_right: Vector
    ) -> list[Vector]:
        own = 200 * right / np.maximum(there + alerts, 1)
        return [own, own - 200 * plain_right / np.maximum(there + plain_alerts, 1)]

    parts = (planted, found, plain, planted & found, planted & plain)
    by_day = [(part & judged).sum(axis=0).astype(float) for part in parts]
    return intervals_by_block(np.arange(judged.shape[1]) // 7, by_day, figures, seed)
