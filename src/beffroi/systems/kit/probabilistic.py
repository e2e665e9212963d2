"""Probabilistic forecasts of a quantity by place: a regression shared by the places, and errors whose spread is learned too.

In come columns known on each day of forecast (places, days, columns) and what came true; out go quantiles (places, days, `SHARES`).
The mean is a ridge regression shared by all places, from which each departs as far as its own days say. Errors are those on years left
out in turn, scaled by a regression of their logarithm (after Gneiting and others 2005, non-homogeneous regression).
"""

import numpy as np

from beffroi.systems.kit.arrays import Array, Mask, Matrix, Rows

SHARES = (np.arange(51) + 0.5) / 51
MIN_DAYS = 40  # learned days of a place, under which it has no forecast
_SHARED, _OWN, _SPREAD = 30.0, 30.0, 20.0  # ridge penalties, on columns of unit variance
_LEAST = 0.02  # of the standard deviation of the truth: errors are never taken for smaller


def quantiles(columns: Array, spread: Array, truth: Matrix, years: Rows, learned: Mask) -> Array:
    """Of every day, from the days `learned` whose truth and columns are known. NaN for a place with fewer than `MIN_DAYS` of them, and
    everywhere where they are all of one year.

    `spread`: what the size of the errors depends on (places, days, columns). `years`: of each day, the block that is left out together.
    """
    known = learned & np.isfinite(truth) & np.isfinite(columns).all(axis=2) & np.isfinite(spread).all(axis=2)
    known &= known.sum(axis=1, keepdims=True) >= MIN_DAYS
    blocks = np.unique(years[known.any(axis=0)])
    if len(blocks) < 2:
        return np.full((*truth.shape, len(SHARES)), np.nan)
    design, sizes = _standard(columns, known), _standard(spread, known)
    level, scale = _moments(truth[..., None], known)
    target = np.where(known, (truth - level[..., 0]) / scale[..., 0], 0.0)
    by_block = [_products(design, target, known & (years == block)) for block in blocks]
    gram, moment = (np.sum([part[side] for part in by_block], axis=0) for side in (0, 1))
    errors = np.full(truth.shape, np.nan)
    for block, (own_gram, own_moment) in zip(blocks, by_block, strict=True):
        left_out = known & (years == block)
        weights = _weights(gram - own_gram, moment - own_moment)
        errors[left_out] = (target - np.einsum("pdk,pk->pd", design, weights))[left_out]
    expected = np.einsum("pdk,pk->pd", design, _weights(gram, moment))
    drawn = _spread_quantiles(sizes, errors)
    found = (expected[..., None] + drawn) * scale + level
    usable = known.any(axis=1)[:, None] & np.isfinite(columns).all(axis=2) & np.isfinite(spread).all(axis=2)
    return np.where(usable[..., None], found, np.nan)


def probability_below(ordered: Array, limit: float) -> float:
    """The share of the distribution under `limit`, from its quantiles at `SHARES`; never quite 0 nor 1."""
    return float(np.interp(limit, ordered, SHARES, left=SHARES[0] / 2, right=1 - SHARES[0] / 2))


def _moments(values: Array, known: Mask) -> tuple[Array, Array]:
    """The mean and the standard deviation of the known days of each place and column."""
    count, inside = np.maximum(known.sum(axis=1), 1)[:, None, None], known[..., None]
    mean = np.where(inside, values, 0.0).sum(axis=1, keepdims=True) / count
    variance = np.where(inside, (values - mean) ** 2, 0.0).sum(axis=1, keepdims=True) / count
    return mean, np.sqrt(variance) + 1e-9


def _standard(columns: Array, known: Mask) -> Array:
    """A constant, then the columns with mean 0 and variance 1 on the known days of each place; 0 where a column is not known."""
    mean, scale = _moments(columns, known)
    standard = np.clip(np.nan_to_num((columns - mean) / scale), -6, 6)
    return np.concatenate([np.ones((*standard.shape[:2], 1)), standard], axis=2)


def _products(design: Array, target: Matrix, rows: Mask) -> tuple[Array, Matrix]:
    inside = np.where(rows[..., None], design, 0.0)
    return np.swapaxes(inside, 1, 2) @ inside, np.einsum("pdk,pd->pk", inside, target)


def _weights(gram: Array, moment: Matrix) -> Matrix:
    """(places, columns): what all places share, and what each departs by."""
    penalty = np.eye(gram.shape[1])
    penalty[0, 0] = 1e-6
    shared = np.linalg.solve(gram.sum(axis=0) + _SHARED * penalty, moment.sum(axis=0))
    own = np.linalg.solve(gram + _OWN * penalty, (moment - gram @ shared)[..., None])[..., 0]
    return np.asarray(shared + own)


def _spread_quantiles(sizes: Array, errors: Matrix) -> Array:
    """(places, days, shares): the quantiles of the errors of each place, scaled to the day."""
    drawn = np.full((*errors.shape, len(SHARES)), np.nan)
    penalty = _SPREAD * np.eye(sizes.shape[2])
    penalty[0, 0] = 1e-6
    for place, known in enumerate(np.isfinite(errors)):
        if known.any():
            inside, own = sizes[place, known], errors[place, known]
            slopes = np.linalg.solve(inside.T @ inside + penalty, inside.T @ np.log(np.abs(own) + _LEAST))
            standard = np.quantile(own / np.exp(inside @ slopes), SHARES)
            drawn[place] = np.exp(sizes[place] @ slopes)[:, None] * standard
    return drawn
