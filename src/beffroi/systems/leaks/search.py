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

from beffroi.systems.kit.arrays import Mask, Vector
from beffroi.systems.leaks.areas import AreaWatch
from beffroi.systems.leaks.likelihood import (
    FAR,
    NEAR,
    Candidate,
    drift_covariance,
    flow_drift,
    gains_by_amount,
    leak_signatures,
    likelihood_gains,
    locate_leak,
    onset,
    place_covariance,
)
from beffroi.systems.leaks.search_types import AlarmRules, Effects, FieldVisit, Leak, Study

WINDOWS = (1, 3, 7)  # days averaged together
_SEEN, _DISBELIEF = 100.0, 3.0  # metres around a visit for nothing, and how much (log) less likely they are
_WEEK = 7
_WRONG_PLACE = 0.15  # a named place is wrong when the leak is less likely than this within 300 m of it


def search(
    study: Study,
    first: int,
    rules: AlarmRules,
    field_work: tuple[FieldVisit, ...] = (),
    areas: AreaWatch | None = None,
) -> list[Leak]:
    """`first`: first day judged; `areas`: follows the areas on the same errors, and changes nothing here."""
    state = _Search(study, first, rules, field_work, areas)
    for day in range(first, len(study.residual)):
        state.follow(day, float(study.loads[day]))
    return state.found


class _Search:
    """The leaks found up to a day, the errors that they leave by day and channel, and what the visits made unlikely (log)."""

    def __init__(
        self,
        study: Study,
        first: int,
        rules: AlarmRules,
        field_work: tuple[FieldVisit, ...],
        areas: AreaWatch | None,
    ) -> None:
        self.study, self.first, self.rules, self.field_work, self.areas = (
            study,
            first,
            rules,
            field_work,
            areas,
        )
        self.effects = effects = study.effects
        self.least = rules  # with the least gain of today, which the visits move
        self.usable = np.flatnonzero(np.isfinite(effects.shapes).all(axis=(0, 2)))
        self.ordinary = effects.ordinary.T @ effects.ordinary
        self.unlikely = np.zeros(effects.shapes.shape[1])
        self.found: list[Leak] = []
        self.errors = np.full_like(study.residual, np.nan)
        self.waiting = 0  # days of a suspicion that is not sure enough
        self.day, self.load = first, 1.0
        self.seen: Mask = np.isfinite(study.residual[first])
        self.shapes = effects.shapes[:, self.usable]

    def follow(self, day: int, load: float) -> None:
        """Apply the visits of the day, look for one more leak, then adjust the known ones."""
        self.day, self.load, self.seen = day, load, np.isfinite(self.study.residual[day])
        for visit in self.field_work:
            if visit.day == day:
                _apply_visit(visit, self.found, self.effects, self.unlikely)
                self.least = replace(self.rules, gain=self.rules.gain * visit.gain_factor)
        for leak in self.active:
            if leak.repaired_on is not None and day > leak.repaired_on:
                leak.closed, leak.end = day, "réparée"
        if self.seen.sum() < 2:
            return
        active = self.active
        drift = flow_drift(active, day, self.rules)
        columns = self._subtract(active)
        steady = place_covariance(active, self.effects, load, self.rules) + self.ordinary
        self.shapes = self.effects.shapes[:, self.usable] * load
        if active and self._explain_by_jump(active, columns, steady, drift):
            columns = self._subtract(active)
        moved = drift_covariance(columns, drift)
        best = self._suspect(steady, moved)
        self.waiting = 0 if best is None else self.waiting + 1
        if best is not None and self._raise_alarm(*best, steady):
            if self.areas is not None:
                self.areas.take_over(day)
            return
        if self.areas is not None:
            self.areas.follow(self.errors[: day + 1], day, self.seen, steady + moved, load, self.unlikely)
        if not active:
            return
        inverse = self._inverse(self._variance() + steady + moved, self.seen)
        step = (drift**2) * (columns[:, self.seen] @ inverse @ self.errors[day][self.seen])
        if best is not None:  # the share of a leak not reported yet is not attributed to known ones
            step *= 0.2
        for leak, move in zip(active, step, strict=True):
            leak.flow = max(0.0, leak.flow + float(move))
        self._subtract(active)
        for leak in active:
            if best is None and leak.flow > 0:
                self._relocate(leak, active)
            if leak.closed is None:
                self._end_where_low(leak)

    @property
    def active(self) -> list[Leak]:
        return [leak for leak in self.found if leak.closed is None]

    def _variance(self, window: int = 1) -> Vector:
        return np.diag(self.study.noise**2 / window + self.study.floor**2)

    def _inverse(self, covariance: Vector, channels: Mask) -> Vector:
        return np.asarray(np.linalg.inv(covariance[np.ix_(channels, channels)]))

    def _subtract(self, active: list[Leak]) -> Vector:
        """The signatures of these leaks today; the errors of the day are what their flows leave."""
        columns = leak_signatures(active, self.effects) * self.load
        self.errors[self.day] = (
            self.study.residual[self.day] - np.array([leak.flow for leak in active]) @ columns
        )
        return columns

    def _suspect(self, steady: Vector, moved: Vector) -> tuple[Candidate, int] | None:
        """The likeliest one more leak over the windows that end today, and the days of its window."""
        best: tuple[Candidate, int] | None = None
        for window in WINDOWS:
            part = self.errors[max(0, self.day - window + 1) : self.day + 1]
            if self.day - window + 1 < self.first or (window > 1 and not np.isfinite(part).any(axis=1).all()):
                continue
            here = np.isfinite(part).any(axis=0) & self.seen
            mean = np.array([np.nanmean(part[:, c]) if here[c] else np.nan for c in range(len(here))])
            candidate = self._locate(self._variance(window) + steady + moved, mean, here, self.least)
            if candidate and (best is None or candidate[0] * candidate[1] > best[0][0] * best[0][1]):
                best = candidate, window
        return best

    def _locate(
        self, covariance: Vector, error: Vector, channels: Mask, rules: AlarmRules
    ) -> Candidate | None:
        return locate_leak(
            self._inverse(covariance, channels),
            error[channels],
            self.shapes[:, :, channels],
            self.effects,
            self.usable,
            rules,
            self.unlikely[self.usable],
        )

    def _raise_alarm(self, candidate: Candidate, window: int, steady: Vector) -> bool:
        """Whether the place is sure enough, or has been waited for: then the leak is found, and the errors begin anew."""
        gain, sure, named_pipe, places, weights, flow = candidate
        patient = self.waiting >= self.rules.patience and sure >= self.rules.sure / 2
        if sure < self.rules.sure and not patient:
            return False
        leak = Leak(self.day, named_pipe, flow, gain, sure, places, weights, flow, {self.day: flow})
        errors, signature = self.errors[self.first : self.day + 1], leak_signatures([leak], self.effects)[0]
        leak.since = self.first + onset(errors, steady + self._variance(), signature * self.load)
        self.found.append(leak)
        errors[:] = np.nan
        self.waiting = 0
        return True

    def _end_where_low(self, leak: Leak) -> None:
        leak.flows[self.day] = leak.flow
        leak.peak = max(leak.peak, leak.flow)
        leak.low_days = leak.low_days + 1 if leak.flow < max(0.2, 0.1 * leak.peak) else 0
        if leak.low_days >= 2:
            leak.closed = self.day
            leak.end = "réparée" if _was_repaired(leak, self.day, self.field_work) else "disparue"

    def _explain_by_jump(self, active: list[Leak], columns: Vector, steady: Vector, drift: Vector) -> bool:
        """Adjust a known leak that stopped, or grew at once, where that explains the day better than a new one."""
        inverse = self._inverse(self._variance() + steady + drift_covariance(columns, drift), self.seen)
        error, seen_columns = self.errors[self.day][self.seen], columns[:, self.seen]
        _, moves = likelihood_gains(inverse, error, seen_columns)
        flows = np.array([leak.flow for leak in active])
        # Downwards at any age (a repair); upwards in the first days only (the first day was not whole): a leak that grows
        # at once later is, more often, a second one.
        young = np.array([self.day - leak.day <= 4 for leak in active])
        moves = np.clip(moves, -flows, np.where(young, np.inf, 0.0))
        weighted = np.einsum("ac,cd,ad->a", seen_columns, inverse, seen_columns)
        match = seen_columns @ inverse @ error
        jumps = 2 * moves * match - moves**2 * weighted
        fresh = float(gains_by_amount(inverse, error, self.shapes[:, :, self.seen])[0].max())
        best = int(np.argmax(jumps))
        if jumps[best] <= self.rules.gain or jumps[best] < 0.8 * fresh:
            return False
        active[best].flow = max(0.0, active[best].flow + float(moves[best]))
        return True

    def _relocate(self, leak: Leak, active: list[Leak]) -> None:
        """Relocate a leak that shows better than when it was located."""
        day, effects = self.day, self.effects
        others = [other for other in active if other is not leak and other.closed is None]
        columns = leak_signatures(others, effects) * self.load
        steady = place_covariance(others, effects, self.load, self.rules) + self.ordinary
        covariance = (
            self._variance() + steady + drift_covariance(columns, flow_drift(others, day, self.rules))
        )
        back = self.errors[day] + (leak.weights @ effects.at(leak.places, leak.flow)) * self.load * leak.flow
        candidate = self._locate(covariance, back, self.seen, self.rules)
        if candidate is None or candidate[0] < 1.15 * max(leak.placed, leak.gain):
            return
        gain, sure, named_pipe, places, weights, flow = candidate
        # A flow that would change much at the same time is, more often, a second leak nearby.
        if day - leak.day > 4 and not 0.6 < flow / leak.flow < 1.6:
            return
        self.errors[day] = back - (weights @ effects.at(places, flow)) * self.load * flow
        near = float(weights[effects.apart[leak.named_pipe][places] <= NEAR].sum())
        if sure >= self.rules.sure and near < _WRONG_PLACE:
            # The named place was wrong: the alarm is closed as moved, and a new one is raised today.
            leak.closed, leak.end = day, "déplacée"
            again = Leak(day, named_pipe, flow, gain, sure, places, weights, flow, {day: flow})
            again.placed, again.since = gain, leak.since
            self.found.append(again)
            return
        leak.placed, leak.places, leak.weights, leak.flow = gain, places, weights, flow


def _apply_visit(visit: FieldVisit, found: list[Leak], effects: Effects, unlikely: Vector) -> None:
    """Apply a field visit: a repaired leak is located and ends; a visit for nothing rejects the suspicion and its surroundings."""
    running = [leak for leak in found if leak.closed is None]
    if not visit.exact:  # the sector alone is known: the readings tell which of its leaks stops then
        return
    near = effects.apart[visit.pipes].min(axis=0)
    close = [leak for leak in running if near[leak.places[: max(1, len(leak.places) // 4)]].min() <= NEAR]
    if visit.found:
        if close:
            leak = min(close, key=lambda one: float(one.weights @ np.minimum(near[one.places], FAR)))
            leak.places, leak.weights = visit.pipes, np.full(len(visit.pipes), 1 / len(visit.pipes))
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
