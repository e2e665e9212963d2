"""Changes of level of a meter: since when, from what to what, and what the days before may still teach.

In come readings and training weights before a day; out go `Levels`. A model of all the days gives the season; what is left of each
ten days beside it is cut by binary segmentation (Scott and Knott 1974) wherever two parts differ by half again or more. Days at
another level than today's teach nothing where enough others do; failing that they teach the shape of the year, at today's level.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np

from beffroi.systems.buildings.bills import whole_periods
from beffroi.systems.buildings.days import Days, Ints, Mask, Matrix, Vector
from beffroi.systems.buildings.model import Fitted, fit
from beffroi.systems.kit.words import plural, short_day, two_figures

_BLOCK = 10  # days
_MIN_BLOCKS, _MIN_LAST = (
    6,
    3,
)  # of one level; of the last one, which has just begun, where it is far from the others
_STEP, _FAR = np.log(1.5), np.log(3.0)  # the least change of level: under it, habits and weather move as much
_MOST = 4  # changes in a history: a meter that changes more often has no level to keep to
_ALIKE = np.log(1.25)
_SURE = 5.0  # standard deviations of the difference between two parts
_FLOOR = 0.02  # of the meter's mean, added to both sides of a ratio: an empty day has a logarithm
_LIKELY = 1.3  # a block so far from the one of the year before asks for a closer look
_ENOUGH = 300  # days at today's level, beyond which the others teach nothing
_OTHERS = 0.5  # weight of days that teach the shape of the year alone
_MAX_NOTES = 12  # changes told one by one


@dataclass(frozen=True)
class Change:
    """`before` and `after` in kWh a day, under the weather of the days after."""

    row: int
    day: date
    before: float
    after: float


@dataclass(frozen=True)
class Levels:
    """By meter and day: `scale`, what brings a reading to the level of today; `weight`, how much it teaches; `current`, at that level."""

    scale: Matrix
    weight: Matrix
    current: Mask
    changes: tuple[Change, ...]


def find_levels(kwh: Matrix, weight: Matrix, days: Days, period: Ints | None = None) -> Levels:
    """`kwh` (meters, days) with NaN where unknown; `weight`: 0 for days that may not be read (the future, a fault)."""
    found = Levels(np.ones(kwh.shape), np.ones(kwh.shape), np.ones(kwh.shape, dtype=bool), ())
    seen = np.where(weight > 0, kwh, np.nan)
    rows: list[int] = np.flatnonzero(_may_have_changed(seen)).tolist()
    changes: list[Change] = []
    bounds: dict[int, list[int]] = {}
    for _ in range(2 if rows else 0):  # once more, the season being better known at one level
        scale = found.scale[rows]
        at_level = seen[rows] * scale
        expected = fit(
            at_level, np.isfinite(at_level).astype(float), days, None if period is None else period[rows]
        ).predict(days)
        for place, row in enumerate(rows):
            floor = _FLOOR * float(np.nanmean(seen[row]))
            left = np.log((seen[row] + floor) / (expected[place] + floor))
            share = np.nan_to_num(expected[place]) / max(float(np.nanmean(expected[place])), 1e-9)
            bounds[row] = _cuts(left, share)
            found.scale[row] = _scale(left, share, bounds[row])
        if np.array_equal(scale, found.scale[rows]):
            break
    for row in rows:
        changes += _describe(row, seen[row], found.scale[row], bounds[row], days)
        current = np.abs(np.log(found.scale[row])) <= _ALIKE
        enough = (current & np.isfinite(seen[row])).sum() >= _ENOUGH
        found.weight[row] = np.where(current, 1.0, 0.0 if enough else _OTHERS)
        found.scale[row] = np.where(current, 1.0, found.scale[row])
        found.current[row] = current
    return Levels(found.scale, found.weight, found.current, tuple(changes))


@dataclass(frozen=True)
class FittedAtLevel:
    levels: Levels
    fitted: Fitted


def fit_at_level(kwh: Matrix, weight: Matrix, days: Days, period: Ints | None = None) -> FittedAtLevel:
    """`model.fit` on what is at the level of today, or brought to it."""
    levels = find_levels(
        kwh, whole_periods(weight, np.isfinite(kwh), period) if period is not None else weight, days, period
    )
    return FittedAtLevel(levels, fit(kwh * levels.scale, weight * levels.weight, days, period))


def notes_of_changes(changes: Iterable[Change], names: list[str]) -> list[str]:
    """One note a change, the last first; those beyond a dozen are counted."""
    last_first = sorted(changes, key=lambda change: (change.day, names[change.row]), reverse=True)
    notes = [
        f"{names[change.row]} : le niveau a changé vers le {short_day(change.day)}, de {two_figures(change.before)} à "
        f"{two_figures(change.after)} kWh par jour à météo égale. L’attendu suit le niveau d’après."
        for change in last_first[:_MAX_NOTES]
    ]
    if left_out := len(last_first) - len(notes):
        notes.append(f"{plural(left_out, 'autre changement', 'autres changements')} de niveau, plus anciens.")
    return notes


def _may_have_changed(kwh: Matrix) -> Mask:
    """(meters) whether two blocks in a row are far from those of the year before, either way."""
    size = 3 * _BLOCK
    count = kwh.shape[1] // size
    blocks = kwh[:, kwh.shape[1] - count * size :].reshape(len(kwh), count, size)
    known = np.isfinite(blocks).sum(axis=2)
    mean = np.divide(
        np.nansum(blocks, axis=2), known, out=np.full(known.shape, np.nan), where=known >= _BLOCK
    )
    year = 12
    if count < year + 2:
        return np.ones(len(kwh), dtype=bool)
    floor = _FLOOR * np.nan_to_num(np.nanmean(np.where(known >= _BLOCK, mean, 0.0), axis=1, keepdims=True))
    far = np.abs(np.log((mean[:, year:] + floor + 1e-12) / (mean[:, :-year] + floor + 1e-12))) > np.log(
        _LIKELY
    )
    return np.asarray((far[:, 1:] & far[:, :-1]).any(axis=1))


def _cuts(left: Vector, share: Vector) -> list[int]:
    """The days on which a level begins, 0 first."""
    count = len(left) // _BLOCK
    begin = len(left) - count * _BLOCK
    blocks, shares = left[begin:].reshape(count, _BLOCK), share[begin:].reshape(count, _BLOCK)
    known = np.isfinite(blocks)
    usable = known.sum(axis=1) >= _BLOCK // 2
    place = np.flatnonzero(usable)
    if len(place) < _MIN_BLOCKS + _MIN_LAST:
        return [0]
    values = np.nanmedian(np.where(usable[:, None], blocks, np.nan)[place], axis=1)
    weights = np.clip(np.where(known, shares, 0).sum(axis=1)[place] / known.sum(axis=1)[place], 0.05, 1.0)
    noise = max(1.4826 * float(np.median(np.abs(np.diff(values)))) / np.sqrt(2), 0.1)
    cuts = _merge(values, weights, _segment(values, weights, noise, 0, len(values)))
    if len(cuts) > _MOST:
        return [0]
    days = [_refine(left, begin + int(place[cut]) * _BLOCK) for cut in cuts]
    return [0, *(day for day in days if len(left) - day >= _MIN_LAST * _BLOCK)]


def _segment(values: Vector, weights: Vector, noise: float, begin: int, end: int) -> list[int]:
    """Binary segmentation of the blocks from `begin` to `end`: where the two parts differ most, and so on in each."""
    here, heavy = values[begin:end], weights[begin:end]
    mass, count = np.cumsum(heavy), np.arange(1, end - begin)
    last = _MIN_LAST if end == len(values) else _MIN_BLOCKS
    allowed = (count >= _MIN_BLOCKS) & (end - begin - count >= last)
    # In its idle season a meter says little of its level: half of what it uses on average must have been seen.
    allowed &= mass[:-1] >= _MIN_BLOCKS / 2
    allowed &= mass[-1] - mass[:-1] >= np.minimum(end - begin - count, _MIN_BLOCKS) / 2
    if not allowed.any():
        return []
    total = np.cumsum(np.clip(here - _median(here, heavy), -3, 3) * heavy)
    gap = np.abs((total[-1] - total[:-1]) / (mass[-1] - mass[:-1]) - total[:-1] / mass[:-1])
    sure = gap * np.sqrt(mass[:-1] * (mass[-1] - mass[:-1]) / mass[-1]) / noise
    cut = int(np.argmax(np.where(allowed, sure, -1.0))) + 1
    if sure[cut - 1] < _SURE:
        return []
    middle = begin + cut
    before = _segment(values, weights, noise, begin, middle)
    return [*before, middle, *_segment(values, weights, noise, middle, end)]


def _merge(values: Vector, weights: Vector, cuts: list[int]) -> list[int]:
    """The cuts whose two parts differ enough, the smallest difference taken away first."""
    cuts = list(cuts)
    while cuts:
        parts = pairwise([0, *cuts, len(values)])
        levels = [_median(values[begin:end], weights[begin:end]) for begin, end in parts]
        steps = np.abs(np.diff(levels))
        if len(values) - cuts[-1] < _MIN_BLOCKS and steps[-1] < _FAR:
            steps[-1] = 0.0
        if steps.min() >= _STEP:
            break
        del cuts[int(np.argmin(steps))]
    return cuts


def _refine(left: Vector, cut: int) -> int:
    """The day near the cut that parts the two levels best."""
    first, last = max(0, cut - 2 * _BLOCK), min(len(left), cut + 2 * _BLOCK)
    before, after = (
        np.nanmedian(left[max(0, first - 3 * _BLOCK) : first + 1]),
        np.nanmedian(left[last - 1 :][: 3 * _BLOCK]),
    )
    if not np.isfinite(before + after):
        return cut
    cost = np.nan_to_num(np.abs(left[first:last] - before) - np.abs(left[first:last] - after))
    return first + int(np.argmin(np.concatenate([[0.0], np.cumsum(cost)])))


def _scale(left: Vector, share: Vector, cuts: list[int]) -> Vector:
    """What brings each day to the level of the last part."""
    parts = list(pairwise([*cuts, len(left)]))
    levels = [_median(left[begin:end], share[begin:end]) for begin, end in parts]
    scale = np.ones(len(left))
    for (begin, end), level in zip(parts, levels, strict=True):
        if np.isfinite(level) and np.isfinite(levels[-1]):
            scale[begin:end] = np.exp(levels[-1] - level)
    return scale


def _median(values: Vector, weights: Vector) -> float:
    """The weighted median of what is known; NaN where nothing is."""
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return float("nan")
    order: Ints = known[np.argsort(values[known], kind="stable")]
    mass = np.cumsum(np.maximum(weights[order], 1e-6))
    return float(values[order[int(np.searchsorted(mass, mass[-1] / 2))]])


def _describe(row: int, kwh: Vector, scale: Vector, cuts: list[int], days: Days) -> list[Change]:
    found = []
    for begin, end in pairwise([*cuts[1:], len(kwh)]):
        after = kwh[begin:end][np.isfinite(kwh[begin:end])]
        if len(after):
            level = float(after.mean())
            found.append(Change(row, days.day(begin), level * scale[begin] / scale[begin - 1], level))
    return found
