"""Rises of the inflow beyond what is expected: how much, since when. A rise is to be explained, whether or not a leak is located.

In comes a `Reading`; out goes a `Rise` for each sector whose last week takes more than its weeks before, or for the whole network where no
single sector stands out. What seasons change is expected; so is the usual scatter of weeks.
"""

from dataclasses import dataclass

import numpy as np

from beffroi.systems.kit.arrays import Vector
from beffroi.systems.kit.series import mean_of_known
from beffroi.systems.kit.words import fr, share, short_day
from beffroi.systems.leaks.losses import MIN_LEAK, run_start
from beffroi.systems.leaks.readings import Readings
from beffroi.systems.leaks.residuals import JOINED
from beffroi.systems.leaks.sector import Reading

WHOLE = "tout le réseau"
_MEASURED_DAYS = 4  # of a week, with 12 hours each
_FEW = 3  # weeks, the last one included, before any rise is told
_WALK = 0.015  # of the level: how far seasons may move it in a week
_LAGS = 8  # weeks back at most
_SURE = 2.6  # standard errors: one week in a hundred by chance, several lags being tried
MIN_RISE = 0.05  # of the level
_NOISE = (0.01, 0.05)  # of the level: the least scatter of weeks, and the most where few weeks tell it
_MONTH, _YEAR = 4, 52  # weeks
_SLOW, _SLOW_YEAR = 0.20, 0.10  # rise of a month over the lowest month, over the same one a year before


@dataclass(frozen=True)
class Rise:
    """`flow`, `low`, `high`: m³/h above what was expected, within 90 %; `share`: of it; `since`: number of the first day."""

    sector: str
    flow: float
    low: float
    high: float
    share: float
    since: int

    def sentence(self, readings: Readings) -> str:
        return (
            f"L’eau qui entre a augmenté de {share(self.share, 0)}, soit {fr(self.flow, 1)} m³/h, depuis le "
            f"{short_day(readings.day(self.since))} ({self.sector[:60]}), et rien ne l’explique ici : cherchez une fuite, et "
            "vérifiez compteurs, réservoirs, purges et gros consommateurs."
        )


def find_rises(reading: Reading) -> list[Rise]:
    """The largest first. A zone of the network is followed by what it uses, tanks included; a sector without one by its meters."""
    readings = reading.readings
    flows = {watch.sector: reading.inflow(row) for row, watch in enumerate(reading.watches)}
    followed = {sector for name in flows for sector in name.split(JOINED)}
    for sector in readings.sectors:
        if sector not in followed:
            flows[sector] = np.abs(readings.sector_flow(sector))
    found = [rise for sector, hours in flows.items() if (rise := rise_of(sector, hours))]
    if not found and len(flows) > 1 and (rise := rise_of(WHOLE, np.sum(list(flows.values()), axis=0))):
        found = [rise]
    return sorted(found, key=lambda rise: -rise.flow)


def rise_of(sector: str, hours: Vector) -> Rise | None:
    """`hours`: m³/h, from midnight to midnight; NaN where nothing was read."""
    days = mean_of_known(hours.reshape(-1, 24), axis=1, least=12)
    weeks = mean_of_known(days[len(days) % 7 :].reshape(-1, 7), axis=1, least=_MEASURED_DAYS)
    known = weeks[np.isfinite(weeks)]
    if len(known) < _FEW or not np.isfinite(weeks[-1]):
        return None
    found = (_sudden(sector, days, known), _slow(sector, days, weeks))
    return max((one for one in found if one and one.flow >= MIN_LEAK), key=lambda one: one.flow, default=None)


def _sudden(sector: str, days: Vector, known: Vector) -> Rise | None:
    """The last week above one, two… weeks before: what seasons may add grows with the time between, so a rise over weeks shows too."""
    before, last = known[:-1], float(known[-1])
    best: tuple[float, float, float, float] | None = None
    for lag in range(1, min(_LAGS, len(before) - 1) + 1):
        past = before[: len(before) - lag + 1]
        level = float(np.median(past[-3:]))
        if level <= 0:
            continue
        unsure = float(np.sqrt(_noise(before, level) ** 2 * 4 / 3 + lag * (_WALK * level) ** 2))
        best = max(best or (-np.inf, 0.0, 0.0, 0.0), ((last - level) / unsure, last - level, unsure, level))
    if best is None or best[0] <= _SURE or best[1] <= MIN_RISE * best[3]:
        return None
    _, gap, unsure, level = best
    low, high = max(0.0, gap - 1.645 * unsure), gap + 1.645 * unsure
    return Rise(sector, gap, low, high, gap / level, run_start(days, level + gap / 2))


def _noise(weeks: Vector, level: float) -> float:
    """The usual scatter of a week, from the steps between weeks, all or the older half: a rise of some weeks is no scatter."""
    steps = np.abs(np.diff(weeks))
    parts = [part for part in (steps, steps[: len(steps) // 2]) if len(part) >= 2]
    found = min((1.4826 * float(np.median(part)) / np.sqrt(2) for part in parts), default=_NOISE[1] * level)
    most = _NOISE[1] * level if len(steps) < 4 else np.inf
    return float(min(max(found, _NOISE[0] * level), most))


def _slow(sector: str, days: Vector, weeks: Vector) -> Rise | None:
    """The last four weeks above the same ones a year before; without a year, above the lowest four."""
    if len(weeks) < 2 * _MONTH:
        return None
    with np.errstate(all="ignore"):
        months = np.array([weeks[end - _MONTH : end].mean() for end in range(_MONTH, len(weeks) + 1)])
    a_year_before = months[-1 - _YEAR] if len(months) > _YEAR else np.nan
    past = months[: -_MONTH if len(months) > _MONTH else 1]
    reference = a_year_before if np.isfinite(a_year_before) else np.nanmin(past, initial=np.inf)
    least = _SLOW_YEAR if np.isfinite(a_year_before) else _SLOW
    if not np.isfinite(reference + months[-1]) or reference <= 0 or months[-1] <= (1 + least) * reference:
        return None
    gap = float(months[-1] - reference)
    reach = _NOISE[1] * float(reference)
    since = run_start(days, float(reference) + gap / 2)
    return Rise(sector, gap, max(0.0, gap - reach), gap + reach, gap / float(reference), since)
