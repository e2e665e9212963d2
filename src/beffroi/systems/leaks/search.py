"""The search: day after day, does one more leak explain what the model leaves unexplained, and in which pipe?

In come daily residuals of pressures and flows (measured less modelled) and what a leak in each pipe would change; out
go the leaks found, in the order in which they would have been told: a day knows nothing of those that follow.

A generalised likelihood ratio test (Willsky and Jones, 1976) with the leaks already found as nuisances: residual
e = y − Σ q_a s_a, of covariance Σ = R + N Nᵀ + Σ q_a² C_a + Σ τ_a² s_a s_aᵀ (N: what an error of the ordinary use
changes; C_a: how unsure the place of leak a is; τ_a: how far its flow may have moved in a day). The gain of a pipe k is
(s_kᵀΣ⁻¹e)² / s_kᵀΣ⁻¹s_k, divided by the misfit left where it is above 1: what no single leak explains tells nothing.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

type Vector = npt.NDArray[np.float64]
type Rows = npt.NDArray[np.int64]

WINDOWS = (1, 3, 7)  # days averaged together
NEAR = 300.0  # metres: a place is known when it is likely within this distance
_KEPT = 60  # pipes kept as the likely places of one leak
_SEEN, _DISBELIEF = (
    100.0,
    3.0,
)  # metres around a visit for nothing, and by how much (log) they are less likely
_WEEK = 7
_ELSEWHERE = 0.15  # a place told is wrong when the leak is less likely than this within 300 m of it
_FAR = 900.0  # metres: beyond, all places are as wrong


@dataclass(frozen=True)
class Rules:
    """When to tell. `gain`: the least gain; `sure`: the least probability (0..1) that the leak lies within 300 m of the
    pipe named; `patience`: days after which an unsure place is told all the same, at half of `sure`; `temper`: relative
    error of what the model says of a leak."""

    gain: float = 30.0
    sure: float = 0.8
    patience: int = 14
    temper: float = 0.03
    drift: float = 0.03


@dataclass(frozen=True)
class Field:
    """What a visit in the field found, on `day`: `pipes` as numbered in `Effects`, one, or all those of a sector; `mended`: the day on which the leak was
    stopped; `asked`: by how much the least gain is multiplied from that day on."""

    day: int
    pipes: Rows
    found: bool
    mended: int | None
    asked: float


@dataclass(frozen=True)
class Effects:
    """What a leak changes, per m³/h: `shapes[j]` (pipes × channels) for a leak of `amounts[j]` m³/h (head losses are not
    linear); NaN rows: a pipe never named. `apart`: metres from pipe to pipe. `ordinary`: (zones × channels) what 1 m³/h
    more of ordinary use changes."""

    amounts: tuple[float, ...]
    shapes: Vector
    apart: Vector
    ordinary: Vector

    def at(self, pipes: Rows, flow: float) -> Vector:
        """Per m³/h, at this flow: between the two amounts simulated, in a straight line."""
        low, high = self.amounts[0], self.amounts[-1]
        part = (min(max(flow, 0.5 * low), 1.6 * high) - low) / (high - low)
        return np.asarray(self.shapes[0, pipes] * (1 - part) + self.shapes[-1, pipes] * part)


@dataclass
class Leak:
    """One leak found on `day`, its likely `places` with their `weights`, best first; `flow`: m³/h, as last known;
    `flows`: by day. `told`: the pipe named on that day; `sure`: the probability that it lay within 300 m."""

    day: int
    told: int
    flow_told: float
    gain: float
    sure: float
    window: int
    places: Rows
    weights: Vector
    flow: float
    flows: dict[int, float] = field(default_factory=dict)
    closed: int | None = None
    placed: float = 0.0  # the gain with which `places` were last set
    peak: float = 0.0
    low_days: int = 0
    end: str = ""  # why it is closed: « réparée », « écartée », « disparue »
    mended: int | None = None
    since: int = 0  # the first day on which it shows


def search(
    residual: Vector,
    noise: Vector,
    floor: Vector,
    effects: Effects,
    loads: Vector,
    first: int,
    rules: Rules,
    field_work: tuple[Field, ...] = (),
) -> list[Leak]:
    """`residual`: days × channels (NaN: missing); `noise`, `floor`: standard deviation by channel of one day's mean, and
    of what no averaging takes away; `loads`: (days) sensitivity of that day over the mean one; `first`: first day judged."""
    usable = np.flatnonzero(np.isfinite(effects.shapes).all(axis=(0, 2)))
    found: list[Leak] = []
    errors = np.full_like(residual, np.nan)
    waiting = 0
    ordinary = effects.ordinary
    unlikely = np.zeros(effects.shapes.shape[1])
    asked = rules
    for day in range(first, len(residual)):
        for visit in field_work:
            if visit.day == day:
                _learn(visit, found, effects, unlikely)
                asked = replace(rules, gain=rules.gain * visit.asked)
        for leak in found:
            if leak.closed is None and leak.mended is not None and day > leak.mended:
                leak.closed, leak.end = day, "réparée"
        seen = np.isfinite(residual[day])
        if seen.sum() < 2:
            continue
        load = float(loads[day])
        active = [leak for leak in found if leak.closed is None]
        columns = _columns(active, effects) * load
        flows = np.array([leak.flow for leak in active])
        errors[day] = residual[day] - flows @ columns
        drift = _drift(active, day, rules)
        steady = _unsure(active, effects, load, rules) + ordinary.T @ ordinary
        shapes = effects.shapes[:, usable] * load
        if active and _jump(
            active, columns, steady, drift, shapes, residual, errors, noise, floor, day, seen, rules
        ):
            columns = _columns(active, effects) * load
            flows = np.array([leak.flow for leak in active])
            errors[day] = residual[day] - flows @ columns
        moved = (columns * drift[:, None] ** 2).T @ columns
        best = None
        for window in WINDOWS:
            if day - window + 1 < first or (
                window > 1 and not np.isfinite(errors[day - window + 1 : day + 1]).any(axis=1).all()
            ):
                continue
            part = errors[day - window + 1 : day + 1]
            here = np.isfinite(part).any(axis=0) & seen
            mean = np.array([np.nanmean(part[:, c]) if here[c] else np.nan for c in range(len(here))])
            inverse = np.linalg.inv(
                (np.diag(noise**2 / window + floor**2) + steady + moved)[np.ix_(here, here)]
            )
            candidate = _place(
                inverse, mean[here], shapes[:, :, here], effects, usable, asked, unlikely[usable]
            )
            if candidate and (best is None or candidate[0] * candidate[1] > best[0] * best[1]):
                best = (*candidate, window)
        if best is not None:
            waiting += 1
            gain, sure, told, places, weights, flow, window = best
            if sure >= rules.sure or (waiting >= rules.patience and sure >= rules.sure / 2):
                leak = Leak(day, told, flow, gain, sure, window, places, weights, flow, {day: flow})
                leak.since = (
                    _onset(
                        errors[first : day + 1],
                        steady + np.diag(noise**2 + floor**2),
                        _columns([leak], effects)[0] * load,
                    )
                    + first
                )
                found.append(leak)
                errors[first : day + 1] = np.nan
                waiting = 0
                continue
        else:
            waiting = 0
        if active:
            inverse = np.linalg.inv((np.diag(noise**2 + floor**2) + steady + moved)[np.ix_(seen, seen)])
            step = (drift**2) * (columns[:, seen] @ inverse @ errors[day][seen])
            if best is not None:  # what a leak not yet told explains is not given to those known
                step *= 0.2
            for leak, move in zip(active, step, strict=True):
                leak.flow = max(0.0, leak.flow + float(move))
            errors[day] = residual[day] - np.array([leak.flow for leak in active]) @ (
                _columns(active, effects) * load
            )
            for leak in active:
                _replace(
                    leak,
                    active,
                    found,
                    effects,
                    load,
                    shapes,
                    usable,
                    errors,
                    day,
                    noise,
                    floor,
                    seen,
                    rules,
                    best is not None,
                    unlikely[usable],
                )
                if leak.closed is not None:
                    continue
                leak.flows[day] = leak.flow
                leak.peak = max(leak.peak, leak.flow)
                leak.low_days = leak.low_days + 1 if leak.flow < max(0.2, 0.1 * leak.peak) else 0
                if leak.low_days >= 2:
                    leak.closed, leak.end = day, "réparée" if _told(leak, day, field_work) else "disparue"
    return found


def _onset(errors: Vector, covariance: Vector, signature: Vector) -> int:
    """The first day of the rise that led to an alarm on the last row: going back, until two days show nothing of it."""
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


def _learn(visit: Field, found: list[Leak], effects: Effects, unlikely: Vector) -> None:
    """A leak mended is placed where it was, and ends; a visit for nothing sets aside the suspicion and its surroundings."""
    running = [leak for leak in found if leak.closed is None]
    if len(visit.pipes) > 1:  # the sector alone is known: the readings tell which of its leaks stops then
        return
    pipe = int(visit.pipes[0])
    near = effects.apart[pipe]
    close = [leak for leak in running if near[leak.places[: max(1, len(leak.places) // 4)]].min() <= NEAR]
    if visit.found:
        if close:
            leak = min(close, key=lambda one: float(one.weights @ np.minimum(near[one.places], _FAR)))
            leak.places, leak.weights = np.array([pipe]), np.ones(1)
            leak.mended, leak.placed = visit.mended, np.inf
        return
    unlikely[near <= _SEEN] += _DISBELIEF
    for leak in close:
        leak.weights = leak.weights * np.exp(-np.where(near[leak.places] <= _SEEN, _DISBELIEF, 0.0))
        if leak.weights.sum() < 0.3:
            leak.closed, leak.end = visit.day, "écartée"
        leak.weights = leak.weights / leak.weights.sum()


def _told(leak: Leak, day: int, field_work: tuple[Field, ...]) -> bool:
    """Was a leak of this sector mended in the week before, by a visit that did not note the pipe?"""
    return any(
        visit.found
        and visit.mended is not None
        and 0 <= day - visit.mended <= _WEEK
        and visit.day <= day
        and bool(np.isin(leak.places[0], visit.pipes))
        for visit in field_work
    )


def _drift(leaks: list[Leak], day: int, rules: Rules) -> Vector:
    """How far each flow may move in a day, m³/h: a hole that widens steadily grows by 2 / age a day at most."""
    return np.array([rules.drift + leak.flow * (0.003 + 0.7 / (5 + day - leak.day)) for leak in leaks])


def _columns(active: list[Leak], effects: Effects) -> Vector:
    channels = effects.shapes.shape[2]
    return np.array([leak.weights @ effects.at(leak.places, leak.flow) for leak in active]).reshape(
        -1, channels
    )


def _unsure(active: list[Leak], effects: Effects, load: float, rules: Rules) -> Vector:
    channels = effects.shapes.shape[2]
    total = np.zeros((channels, channels))
    for leak in active:
        places = effects.at(leak.places, leak.flow) * load * leak.flow
        mean = leak.weights @ places
        gap = (places - mean) * np.sqrt(leak.weights)[:, None]
        total += gap.T @ gap + np.diag((rules.temper * mean) ** 2)
    return total


def _jump(
    active: list[Leak],
    columns: Vector,
    steady: Vector,
    drift: Vector,
    shapes: Vector,
    residual: Vector,
    errors: Vector,
    noise: Vector,
    floor: Vector,
    day: int,
    seen: npt.NDArray[np.bool_],
    rules: Rules,
) -> bool:
    """Does a leak already known that stopped, or grew at once, explain this day better than a new one? Then move it."""
    moved = (columns * drift[:, None] ** 2).T @ columns
    inverse = np.linalg.inv((np.diag(noise**2 + floor**2) + steady + moved)[np.ix_(seen, seen)])
    jumps, moves = _gains(inverse, errors[day][seen], columns[:, seen])
    flows = np.array([leak.flow for leak in active])
    # Downwards at any age (a repair); upwards in the first days only (the first day was not whole): a leak that grows
    # at once later is, more often, a second one.
    young = np.array([day - leak.day <= 4 for leak in active])
    moves = np.clip(moves, -flows, np.where(young, np.inf, 0.0))
    weighted = np.einsum("ac,cd,ad->a", columns[:, seen], inverse, columns[:, seen])
    match = columns[:, seen] @ inverse @ errors[day][seen]
    jumps = 2 * moves * match - moves**2 * weighted
    fresh = max(
        float(np.where(a > 0, g, 0).max())
        for g, a in (_gains(inverse, errors[day][seen], s[:, seen]) for s in shapes)
    )
    best = int(np.argmax(jumps))
    if jumps[best] <= rules.gain or jumps[best] < 0.8 * fresh:
        return False
    active[best].flow = max(0.0, active[best].flow + float(moves[best]))
    return True


def _replace(
    leak: Leak,
    active: list[Leak],
    found: list[Leak],
    effects: Effects,
    load: float,
    shapes: Vector,
    usable: Rows,
    errors: Vector,
    day: int,
    noise: Vector,
    floor: Vector,
    seen: npt.NDArray[np.bool_],
    rules: Rules,
    suspicion: bool,
    unlikely: Vector,
) -> None:
    """A leak that shows better than when it was placed is placed anew."""
    if leak.flow <= 0 or suspicion:
        return
    others = [other for other in active if other is not leak and other.closed is None]
    columns = _columns(others, effects) * load
    drift = _drift(others, day, rules)
    covariance = (
        np.diag(noise**2 + floor**2)
        + _unsure(others, effects, load, rules)
        + effects.ordinary.T @ effects.ordinary
        + (columns * drift[:, None] ** 2).T @ columns
    )
    own = (leak.weights @ effects.at(leak.places, leak.flow)) * load * leak.flow
    back = errors[day] + own
    inverse = np.linalg.inv(covariance[np.ix_(seen, seen)])
    candidate = _place(inverse, back[seen], shapes[:, :, seen], effects, usable, rules, unlikely)
    if candidate is None or candidate[0] < 1.15 * max(leak.placed, leak.gain):
        return
    # A flow that would change much at the same time is, more often, a second leak nearby.
    if day - leak.day > 4 and not 0.6 < candidate[5] / leak.flow < 1.6:
        return
    gain, sure, told, places, weights, flow = candidate
    errors[day] = back - (weights @ effects.at(places, flow)) * load * flow
    if sure >= rules.sure and float(weights[effects.apart[leak.told][places] <= NEAR].sum()) < _ELSEWHERE:
        # The place told was wrong: it is said, and the right one is told today.
        leak.closed, leak.end = day, "déplacée"
        found.append(
            Leak(
                day,
                told,
                flow,
                gain,
                sure,
                1,
                places,
                weights,
                flow,
                {day: flow},
                placed=gain,
                since=leak.since,
            )
        )
        return
    leak.placed, leak.places, leak.weights, leak.flow = gain, places, weights, flow


def _gains(inverse: Vector, error: Vector, signatures: Vector) -> tuple[Vector, Vector]:
    weighted = signatures @ inverse
    power = np.einsum("kc,kc->k", weighted, signatures)
    match = weighted @ error
    amount = match / np.maximum(power, 1e-12)
    return match * amount, amount


def _place(
    inverse: Vector,
    error: Vector,
    shapes: Vector,
    effects: Effects,
    usable: Rows,
    rules: Rules,
    unlikely: Vector,
) -> tuple[float, float, int, Rows, Vector, float] | None:
    """The likely pipes of one more leak: (gain, sure, pipe told, places, weights, flow), or None under the threshold."""
    tried = [_gains(inverse, error, shape) for shape in shapes]
    gains = np.array([np.where(amount > 0, gain, 0.0) for gain, amount in tried])
    # Each pipe by the shape whose amount is nearest to the flow that it finds.
    amounts = np.array([amount for _, amount in tried])
    apart = np.abs(np.log(np.maximum(amounts, 0.05)) - np.log(np.array(effects.amounts))[:, None])
    pick = np.argmin(apart, axis=0)
    rows = np.arange(gains.shape[1])
    gain, amount = gains[pick, rows], amounts[pick, rows]
    top = int(np.argmax(gain))
    misfit = (float(error @ inverse @ error) - float(gain[top])) / max(1, len(error) - 2)
    gain = gain / max(1.0, misfit)
    if gain[top] < rules.gain:
        return None
    log = 0.5 * (gain - gain[top]) / (1 + rules.temper**2 * gain[top]) - unlikely
    log -= log.max()
    weights = np.exp(log)
    likely = np.argsort(-weights, kind="stable")[:_KEPT]
    share = weights[likely] / weights[likely].sum()
    reach = np.minimum(effects.apart[np.ix_(usable[likely], usable[likely])], _FAR)
    told = int(np.argmin(reach @ share))
    sure = float(share[reach[told] <= NEAR].sum())
    return (
        float(gain[top]),
        sure,
        int(usable[likely[told]]),
        usable[likely],
        share,
        float(share @ amount[likely]),
    )
