"""Forecasts of daily values by place: one model for all places and leads, and intervals set on past forecasts.

A ridge regression of the logarithm on what was known `lead` days before: the last same weekdays, the level of the last weeks, the
year before, the weekday, public holidays, the season, and what the caller adds by day. Intervals are split conformal (Vovk and
others 2005): errors of past forecasts, relative to a scale that grows with what is expected, by place where it has enough days.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from beffroi.public_holidays import french_public_holidays
from beffroi.systems.kit import baselines
from beffroi.systems.kit.arrays import Mask, Matrix, Rows, Vector
from beffroi.systems.kit.series import Series

STATED = 0.90
WINDOW = 365  # days of past forecasts on which intervals are set
MIN_DAYS = 60  # known days, of all places together, before a first fit
_RIDGE = 3.0
_ADAPTATION_RATE = 0.5  # how fast intervals follow what they missed
_POWERS = (0.5, 0.75, 1.0)
_PRIOR_DAYS = 6.0  # days of all places beside those of one, for its own level
_POOLED = 60.0  # days that the errors of all places count for, beside those of one

type Extra = Mapping[str, Vector]
"""By name, one value a day (rain, holidays), NaN where it is not known."""


@dataclass(frozen=True)
class Model:
    """Coefficients of the columns; by place, those that it has of its own of the last `own.shape[1]` columns, and what makes the
    mean of its forecasts that of its days."""

    weights: Vector
    own: Matrix
    correction: Vector

    def log(self, design: Matrix) -> Matrix:
        """The logarithm of what is expected, from a design (places, days, columns)."""
        shared = design @ self.weights
        return shared + np.einsum("pdk,pk->pd", design[:, :, design.shape[2] - self.own.shape[1] :], self.own)


@dataclass(frozen=True)
class Intervals:
    """Errors relative to `expected` ** `power`: their lower and upper ends by place."""

    power: float
    low: Vector
    high: Vector

    def around(self, expected: Matrix) -> tuple[Matrix, Matrix]:
        """The ends for each cell (places, days), never under zero."""
        scale = np.maximum(expected, 1.0) ** self.power
        low, high = expected + self.low[:, None] * scale, expected + self.high[:, None] * scale
        return np.maximum(low, 0.0), np.maximum(high, 0.0)


def fit(series: Series, leads: range, extra: Extra) -> Model:
    """Learned on all days of `series`, each forecast from one of the `leads` in turn. Raises `ValueError` for too short a history."""
    columns, truths, places = [], [], []
    for lead in leads:
        design, truth = _design(series, lead, extra), np.log1p(series.values)
        usable = np.isfinite(truth) & np.isfinite(design).all(axis=2)
        usable &= (np.arange(series.days) % len(leads) == lead - leads.start)[None, :]
        columns.append(design[usable])
        truths.append(truth[usable])
        places.append(np.nonzero(usable)[0])
    matrix, truth, place = np.vstack(columns), np.concatenate(truths), np.concatenate(places)
    if len(truth) < MIN_DAYS:
        raise ValueError(f"{len(truth)} days")
    penalty = np.full(matrix.shape[1], _RIDGE)
    penalty[0] = 1e-6  # the constant
    weights = np.linalg.solve(matrix.T @ matrix + np.diag(penalty), matrix.T @ truth)
    count = len(series.places)
    own = _own_effects(matrix[:, matrix.shape[1] - len(extra) :], truth - matrix @ weights, place, count)
    fitted = matrix @ weights + (matrix[:, matrix.shape[1] - len(extra) :] * own[place]).sum(axis=1)
    expected, actual = np.expm1(fitted), np.expm1(truth)
    sums = np.bincount(place, actual, count) + _PRIOR_DAYS * actual.mean()
    base = np.bincount(place, expected, count) + _PRIOR_DAYS * expected.mean()
    return Model(weights, own, np.clip(sums / np.maximum(base, 1e-9), 0.5, 2.0))


def predict(model: Model, series: Series, lead: int, extra: Extra) -> Matrix:
    """What each day (places, days) was expected to be, `lead` days before; NaN where too little was known."""
    design = _design(series, lead, extra)
    expected = np.expm1(np.minimum(model.log(design), 25.0)) * model.correction[:, None]
    return np.where(np.isfinite(expected), np.maximum(expected, 0.0), np.nan)


def roll(series: Series, start: int, lead: int, extra: Extra, step: int = 28) -> Matrix:
    """Forecasts of the days from `start` on as they would have been made: every `step` days the model learns again on what was known.

    (places, days), NaN before `start`.
    """
    made = np.full_like(series.values, np.nan)
    for begin in range(start, series.days, step):
        known = series.until(begin - lead + 1)
        end = min(begin + step, series.days)
        model = fit(
            known, range(1, max(2, lead + 1)), {name: days[: known.days] for name, days in extra.items()}
        )
        made[:, begin:end] = predict(model, series.until(end), lead, extra)[:, begin:end]
    return made


def learn_intervals(truth: Matrix, expected: Matrix, stated: float = STATED) -> Intervals:
    """From past forecasts and what came (places, days)."""
    known = np.isfinite(truth) & np.isfinite(expected)
    errors = np.where(known, truth - expected, np.nan)
    power = min(_POWERS, key=lambda candidate: _spread(errors, expected, known, candidate))
    scores = errors / np.maximum(np.where(known, expected, 1.0), 1.0) ** power
    tail = (1 - stated) / 2
    every = scores[known]
    if not len(every):
        return Intervals(power, np.full(len(truth), -1.0), np.full(len(truth), 1.0))
    pooled = _ends(every, tail)
    ends = np.array(
        [_ends(row[ok], tail) if ok.any() else pooled for row, ok in zip(scores, known, strict=True)]
    )
    own = (known.sum(axis=1) / (known.sum(axis=1) + _POOLED))[:, None]
    blended = own * ends + (1 - own) * np.array(pooled)[None, :]
    return Intervals(power, blended[:, 0], blended[:, 1])


@dataclass(frozen=True)
class RolledIntervals:
    """The ends (places, days) of past days, and the intervals that serve after the last of them."""

    low: Matrix
    high: Matrix
    next: Intervals


def roll_intervals(
    truth: Matrix, expected: Matrix, start: int, lead: int, stated: float = STATED, step: int = 28
) -> RolledIntervals:
    """Intervals of the days from `start` on, each set on the forecasts of the year before that had come true.

    Where those of late held the truth less often than stated, the next are wider (adaptive conformal, Gibbs and Candès 2021).
    """
    low, high, level = np.full_like(truth, np.nan), np.full_like(truth, np.nan), stated
    for begin in range(start, truth.shape[1] + step, step):
        known = min(begin - lead + 1, truth.shape[1])
        late = slice(max(start, known - 2 * step), known)
        judged = np.isfinite(truth[:, late]) & np.isfinite(low[:, late])
        if judged.sum() >= MIN_DAYS:
            inside = (low[:, late] <= truth[:, late]) & (truth[:, late] <= high[:, late])
            level = float(np.clip(level + _ADAPTATION_RATE * (stated - inside[judged].mean()), stated, 0.99))
        past = slice(max(0, known - WINDOW), known)
        intervals = learn_intervals(truth[:, past], expected[:, past], level)
        low[:, begin : begin + step], high[:, begin : begin + step] = intervals.around(
            expected[:, begin : begin + step]
        )
    return RolledIntervals(low, high, intervals)


def _ends(scores: Vector, tail: float) -> tuple[float, float]:
    count = len(scores)
    wider = max(0.0, tail - 1 / (count + 1) / 2)
    low, high = np.quantile(scores, [wider, 1 - wider])
    return float(low), float(high)


def _spread(errors: Matrix, expected: Matrix, known: Mask, power: float) -> float:
    """The Gaussian cost of the errors under a scale that grows with this power: the smaller, the more alike they are."""
    scale = np.maximum(expected[known], 1.0) ** power
    standard = errors[known] / scale
    return (
        float(np.log(max(1e-9, float(np.sqrt(np.mean(standard**2))))) + np.log(scale).mean())
        if len(scale)
        else 0.0
    )


def _design(series: Series, lead: int, extra: Extra) -> Matrix:
    """(places, days, columns): what is known of each day, `lead` days before."""
    near, far = baselines.same_weekdays(series, lead), baselines.same_weekdays(series, lead, 8)
    level = baselines.last_days(series, lead)
    near = np.where(np.isfinite(near), near, far)
    level = np.where(np.isfinite(level), level, far)
    before = baselines.mean_of([baselines.shifted(series.values, 7 * week) for week in (51, 52, 53)])
    level_before = baselines.shifted(baselines.last_days(series, 1), 364 + lead - 1)
    year = np.log1p(before) - np.log1p(level_before)
    seen = np.isfinite(year)
    own = [
        np.ones_like(series.values),
        np.log1p(near),
        np.log1p(np.where(np.isfinite(far), far, near)),
        np.log1p(level),
        np.where(seen, np.nan_to_num(year), 0.0),
        seen.astype(float),
    ]
    # Last, what sets a day apart from the days that it is compared with: each place has an effect of its own of these.
    apart = [_apart(extra[name][: series.days], lead) for name in sorted(extra)]
    everyone = [
        np.broadcast_to(column, series.values.shape)
        for column in (*_calendar(series), *_season(series), *apart)
    ]
    return np.stack([*own, *everyone], axis=2)


def _own_effects(columns: Matrix, left: Vector, place: Rows, places: int) -> Matrix:
    """(places, columns): what each place adds to the shared effects, from what these leave, less where it has few days."""
    count = columns.shape[1]
    own = np.zeros((places, count))
    for row in range(places if count else 0):
        here = columns[place == row]
        own[row] = np.linalg.solve(here.T @ here + _RIDGE * np.eye(count), here.T @ left[place == row])
    return own


def _apart(column: Vector, lead: int) -> Vector:
    """The column less its mean on the last same weekdays; nothing where it is not known."""
    known = np.isfinite(column)
    spread = (float(column[known].std()) or 1.0) if known.any() else 1.0
    row = ((column - (column[known].mean() if known.any() else 0.0)) / spread)[None, :]
    nearest = -(-lead // 7)
    compared = baselines.mean_of([baselines.shifted(row, 7 * (nearest + week)) for week in range(4)])
    return np.asarray(np.nan_to_num(row - compared)[0])


def _calendar(series: Series) -> list[Vector]:
    """Weekdays, public holidays and the days beside them; one value a day."""
    years = range(series.first.year - 1, series.last.year + 2)
    holidays = {day for year in years for day in french_public_holidays(year)}
    closed = np.array([float(series.day(index) in holidays) for index in range(-1, series.days + 1)])
    weekdays = [(series.weekdays == weekday).astype(float) for weekday in range(7)]
    return [*weekdays, closed[1:-1], closed[2:], closed[:-2]]


def _season(series: Series) -> list[Vector]:
    """Two waves of the year."""
    ordinals = np.array([series.day(index).timetuple().tm_yday for index in range(series.days)])
    angle = 2 * np.pi * ordinals / 365.25
    return [wave(times * angle) for times in (1, 2) for wave in (np.sin, np.cos)]
