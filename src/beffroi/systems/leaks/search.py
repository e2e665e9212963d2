"""Sequential leak detection and location: day by day, a test of one more leak and of its pipe.

In come daily residuals of pressures and flows (measured less modelled) and what a leak in each pipe would change; out
go the leaks found, in the order of their alarms: no day uses later ones.

A generalised likelihood ratio test (Willsky and Jones, 1976) with the leaks already found as nuisances: residual
e = y − Σ q_a s_a, of covariance Σ = R + N Nᵀ + Σ q_a² C_a + Σ τ_a² s_a s_aᵀ (N: what an error of the ordinary use
changes; C_a: how unsure the place of leak a is; τ_a: how far its flow may have moved in a day). The gain of a pipe k is
(s_kᵀΣ⁻¹e)² / s_kᵀΣ⁻¹s_k, divided by the misfit left where it is above 1: a misfit of every single leak raises no alarm.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from beffroi.systems.leaks.likelihood import (
    FAR,
    NEAR,
    flow_drift,
    leak_signatures,
    likelihood_gains,
    locate_leak,
    onset,
    place_covariance,
)
from beffroi.systems.leaks.search_types import AlarmRules, Effects, FieldVisit, Leak, Rows, Vector

WINDOWS = (1, 3, 7)  # days averaged together
_SEEN, _DISBELIEF = (
    100.0,
    3.0,
)  # metres around a visit for nothing, and by how much (log) they are less likely
_WEEK = 7
_WRONG_PLACE = 0.15  # a named place is wrong when the leak is less likely than this within 300 m of it


def search(
    residual: Vector,
    noise: Vector,
    floor: Vector,
    effects: Effects,
    loads: Vector,
    first: int,
    rules: AlarmRules,
    field_work: tuple[FieldVisit, ...] = (),
) -> list[Leak]:
    """`residual`: days × channels (NaN: missing); `noise`, `floor`: standard deviation by channel of one day's mean, and
    of what no averaging takes away; `loads`: (days) sensitivity of that day over the mean one; `first`: first day judged."""
    usable = np.flatnonzero(np.isfinite(effects.shapes).all(axis=(0, 2)))
    found: list[Leak] = []
    errors = np.full_like(residual, np.nan)
    waiting = 0
    ordinary = effects.ordinary
    unlikely = np.zeros(effects.shapes.shape[1])
    current_rules = rules
    for day in range(first, len(residual)):
        for visit in field_work:
            if visit.day == day:
                _apply_visit(visit, found, effects, unlikely)
                current_rules = replace(rules, gain=rules.gain * visit.gain_factor)
        for leak in found:
            if leak.closed is None and leak.repaired_on is not None and day > leak.repaired_on:
                leak.closed, leak.end = day, "réparée"
        seen = np.isfinite(residual[day])
        if seen.sum() < 2:
            continue
        load = float(loads[day])
        active = [leak for leak in found if leak.closed is None]
        columns = leak_signatures(active, effects) * load
        flows = np.array([leak.flow for leak in active])
        errors[day] = residual[day] - flows @ columns
        drift = flow_drift(active, day, rules)
        steady = place_covariance(active, effects, load, rules) + ordinary.T @ ordinary
        shapes = effects.shapes[:, usable] * load
        if active and _explain_by_jump(
            active, columns, steady, drift, shapes, residual, errors, noise, floor, day, seen, rules
        ):
            columns = leak_signatures(active, effects) * load
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
            candidate = locate_leak(
                inverse, mean[here], shapes[:, :, here], effects, usable, current_rules, unlikely[usable]
            )
            if candidate and (best is None or candidate[0] * candidate[1] > best[0] * best[1]):
                best = (*candidate, window)
        if best is not None:
            waiting += 1
            gain, sure, named_pipe, places, weights, flow, window = best
            if sure >= rules.sure or (waiting >= rules.patience and sure >= rules.sure / 2):
                leak = Leak(day, named_pipe, flow, gain, sure, window, places, weights, flow, {day: flow})
                leak.since = (
                    onset(
                        errors[first : day + 1],
                        steady + np.diag(noise**2 + floor**2),
                        leak_signatures([leak], effects)[0] * load,
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
            if best is not None:  # the share of a leak not reported yet is not attributed to known ones
                step *= 0.2
            for leak, move in zip(active, step, strict=True):
                leak.flow = max(0.0, leak.flow + float(move))
            errors[day] = residual[day] - np.array([leak.flow for leak in active]) @ (
                leak_signatures(active, effects) * load
            )
            for leak in active:
                _relocate(
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
                    leak.closed, leak.end = (
                        day,
                        "réparée" if _was_repaired(leak, day, field_work) else "disparue",
                    )
    return found


def _apply_visit(visit: FieldVisit, found: list[Leak], effects: Effects, unlikely: Vector) -> None:
    """Apply a field visit: a repaired leak is located and ends; a visit for nothing rejects the suspicion and its surroundings."""
    running = [leak for leak in found if leak.closed is None]
    if len(visit.pipes) > 1:  # the sector alone is known: the readings tell which of its leaks stops then
        return
    pipe = int(visit.pipes[0])
    near = effects.apart[pipe]
    close = [leak for leak in running if near[leak.places[: max(1, len(leak.places) // 4)]].min() <= NEAR]
    if visit.found:
        if close:
            leak = min(close, key=lambda one: float(one.weights @ np.minimum(near[one.places], FAR)))
            leak.places, leak.weights = np.array([pipe]), np.ones(1)
            leak.repaired_on, leak.placed = visit.repaired_on, np.inf
        return
    unlikely[near <= _SEEN] += _DISBELIEF
    for leak in close:
        leak.weights = leak.weights * np.exp(-np.where(near[leak.places] <= _SEEN, _DISBELIEF, 0.0))
        if leak.weights.sum() < 0.3:
            leak.closed, leak.end = visit.day, "écartée"
        leak.weights = leak.weights / leak.weights.sum()


def _was_repaired(leak: Leak, day: int, field_work: tuple[FieldVisit, ...]) -> bool:
    """Whether a leak of this sector was repaired in the week before, by a visit that did not note the pipe."""
    return any(
        visit.found
        and visit.repaired_on is not None
        and 0 <= day - visit.repaired_on <= _WEEK
        and visit.day <= day
        and bool(np.isin(leak.places[0], visit.pipes))
        for visit in field_work
    )


def _explain_by_jump(
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
    rules: AlarmRules,
) -> bool:
    """Adjust a known leak that stopped, or grew at once, where that explains the day better than a new one."""
    moved = (columns * drift[:, None] ** 2).T @ columns
    inverse = np.linalg.inv((np.diag(noise**2 + floor**2) + steady + moved)[np.ix_(seen, seen)])
    jumps, moves = likelihood_gains(inverse, errors[day][seen], columns[:, seen])
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
        for g, a in (likelihood_gains(inverse, errors[day][seen], s[:, seen]) for s in shapes)
    )
    best = int(np.argmax(jumps))
    if jumps[best] <= rules.gain or jumps[best] < 0.8 * fresh:
        return False
    active[best].flow = max(0.0, active[best].flow + float(moves[best]))
    return True


def _relocate(
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
    rules: AlarmRules,
    suspicion: bool,
    unlikely: Vector,
) -> None:
    """Relocate a leak that shows better than when it was located."""
    if leak.flow <= 0 or suspicion:
        return
    others = [other for other in active if other is not leak and other.closed is None]
    columns = leak_signatures(others, effects) * load
    drift = flow_drift(others, day, rules)
    covariance = (
        np.diag(noise**2 + floor**2)
        + place_covariance(others, effects, load, rules)
        + effects.ordinary.T @ effects.ordinary
        + (columns * drift[:, None] ** 2).T @ columns
    )
    own = (leak.weights @ effects.at(leak.places, leak.flow)) * load * leak.flow
    back = errors[day] + own
    inverse = np.linalg.inv(covariance[np.ix_(seen, seen)])
    candidate = locate_leak(inverse, back[seen], shapes[:, :, seen], effects, usable, rules, unlikely)
    if candidate is None or candidate[0] < 1.15 * max(leak.placed, leak.gain):
        return
    # A flow that would change much at the same time is, more often, a second leak nearby.
    if day - leak.day > 4 and not 0.6 < candidate[5] / leak.flow < 1.6:
        return
    gain, sure, named_pipe, places, weights, flow = candidate
    errors[day] = back - (weights @ effects.at(places, flow)) * load * flow
    if (
        sure >= rules.sure
        and float(weights[effects.apart[leak.named_pipe][places] <= NEAR].sum()) < _WRONG_PLACE
    ):
        # The named place was wrong: the alarm is closed as moved, and a new one is raised today.
        leak.closed, leak.end = day, "déplacée"
        found.append(
            Leak(
                day,
                named_pipe,
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
