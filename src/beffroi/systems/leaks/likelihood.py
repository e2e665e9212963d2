"""Likelihood of one more leak: gains of a generalised likelihood ratio, likely pipes, start day.

In come errors by channel, the inverse of their covariance and the signatures of leaks; the formula is in `search`.
"""

import numpy as np

from beffroi.systems.kit.arrays import Rows, Vector
from beffroi.systems.leaks.search_types import AlarmRules, Effects, Leak

NEAR = 300.0  # metres: a place is known when it is likely within this distance
FAR = 900.0  # metres: beyond, all places are as wrong
_MAX_PLACES = 60  # likely pipes stored for one leak

type Candidate = tuple[float, float, int, Rows, Vector, float]
"""One more leak: gain, sure, named pipe, places, weights, flow."""


def onset(errors: Vector, covariance: Vector, signature: Vector) -> int:
    """The first day of the rise that led to an alarm on the last row: going back, until two days show no sign of it."""
    day = first = len(errors) - 1
    nothing = 0
    while day >= 0 and nothing < 2:
        seen = np.isfinite(errors[day])
        if seen.sum() < 2:
            break
        inverse = np.linalg.inv(covariance[np.ix_(seen, seen)])
        weighted = signature[seen] @ inverse
        power = max(float(weighted @ signature[seen]), 1e-12)
        if float(weighted @ errors[day][seen]) / power > 1.645 / np.sqrt(power):
            first, nothing = day, 0
        else:
            nothing += 1
        day -= 1
    return first


def flow_drift(leaks: list[Leak], day: int, rules: AlarmRules) -> Vector:
    """How far each flow may move in a day, m³/h: a hole that widens steadily grows by 2 / age a day at most."""
    return np.array([rules.drift + leak.flow * (0.003 + 0.7 / (5 + day - leak.day)) for leak in leaks])


def drift_covariance(signatures: Vector, drift: Vector) -> Vector:
    return np.asarray((signatures * drift[:, None] ** 2).T @ signatures)


def leak_signatures(active: list[Leak], effects: Effects) -> Vector:
    channels = effects.shapes.shape[2]
    return np.array([leak.weights @ effects.at(leak.places, leak.flow) for leak in active]).reshape(
        -1, channels
    )


def place_covariance(active: list[Leak], effects: Effects, load: float, rules: AlarmRules) -> Vector:
    channels = effects.shapes.shape[2]
    total = np.zeros((channels, channels))
    for leak in active:
        places = effects.at(leak.places, leak.flow) * load * leak.flow
        mean = leak.weights @ places
        gap = (places - mean) * np.sqrt(leak.weights)[:, None]
        total += gap.T @ gap + np.diag((rules.temper * mean) ** 2)
    return total


def likelihood_gains(inverse: Vector, error: Vector, signatures: Vector) -> tuple[Vector, Vector]:
    weighted = signatures @ inverse
    power = np.einsum("kc,kc->k", weighted, signatures)
    match = weighted @ error
    amount = match / np.maximum(power, 1e-12)
    return match * amount, amount


def gains_by_amount(inverse: Vector, error: Vector, shapes: Vector) -> tuple[Vector, Vector]:
    """Simulated amounts × pipes: the gain of one more leak there, 0 where its flow would be negative, and that flow."""
    gains, amounts = np.stack([likelihood_gains(inverse, error, shape) for shape in shapes], axis=1)
    return np.where(amounts > 0, gains, 0.0), amounts


def place_weights(
    gain: Vector, inverse: Vector, error: Vector, temper: float, unlikely: Vector
) -> tuple[float, Vector]:
    """The best gain by the misfit left where that is above 1, and how likely the leak is in each pipe (not yet of sum one)."""
    top = int(np.argmax(gain))
    misfit = (float(error @ inverse @ error) - float(gain[top])) / max(1, len(error) - 2)
    gain = gain / max(1.0, misfit)
    log = 0.5 * (gain - gain[top]) / (1 + temper**2 * gain[top]) - unlikely
    return float(gain[top]), np.exp(log - log.max())


def locate_leak(
    inverse: Vector,
    error: Vector,
    shapes: Vector,
    effects: Effects,
    usable: Rows,
    rules: AlarmRules,
    unlikely: Vector,
) -> Candidate | None:
    """The likely pipes of one more leak, or None under the threshold."""
    gains, amounts = gains_by_amount(inverse, error, shapes)
    # Each pipe by the shape whose amount is nearest to the flow that it finds.
    apart = np.abs(np.log(np.maximum(amounts, 0.05)) - np.log(np.array(effects.amounts))[:, None])
    pick, rows = np.argmin(apart, axis=0), np.arange(gains.shape[1])
    best, weights = place_weights(gains[pick, rows], inverse, error, rules.temper, unlikely)
    if best < rules.gain:
        return None
    likely = np.argsort(-weights, kind="stable")[:_MAX_PLACES]
    share = weights[likely] / weights[likely].sum()
    reach = np.minimum(effects.apart[np.ix_(usable[likely], usable[likely])], FAR)
    centre = int(np.argmin(reach @ share))
    sure = float(share[reach[centre] <= NEAR].sum())
    flow = float(share @ amounts[pick, rows][likely])
    return best, sure, int(usable[likely[centre]]), usable[likely], share, flow
