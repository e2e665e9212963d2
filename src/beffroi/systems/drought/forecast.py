"""Lowest ten-day flows to come: three views of each station, whose quantiles are averaged.

One view regresses on the last flows and the rain fallen; one on the flows that a rainfall–runoff model would give under the weather of the
same days of past years (ensemble streamflow prediction, Day 1985); one on both. In come `Rivers`; out go quantiles in m³/s.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from beffroi.systems.contract import BadInput
from beffroi.systems.drought import hydrology
from beffroi.systems.drought.reading import Rivers
from beffroi.systems.kit import probabilistic
from beffroi.systems.kit.arrays import Matrix, Rows
from beffroi.systems.kit.baselines import same_days_of_other_years
from beffroi.systems.kit.series import (
    decayed_means,
    last_known,
    lowest_mean_ahead,
    mean_of_known,
    trailing_mean,
)
from beffroi.systems.kit.words import short_day

type Horizon = tuple[int, int]
"""First and last day, after that of the forecast, on which the mean of ten days may end."""

AVERAGED, STEP, STATED = 10, 7, 0.90
MONTH: Horizon = (10, 30)  # the lowest mean of ten days wholly within the next thirty
_FIRST_DAY = 60  # known days before a first forecast
_LATE = 10  # days without a flow before the forecast, beyond which a station has none
_AROUND = (-STEP, 0, STEP)  # days around that of each past year whose weather is tried
_MEMBERS = 30  # beyond, one day a year is enough
_MEMORIES = (3, 10, 30, 90, 250)  # days over which fallen rain is remembered
_CHUNK = 60_000  # simulations at once


def week(number: int) -> Horizon:
    return STEP * number - STEP + 1, STEP * number


def lowest(flow: Matrix, horizon: Horizon) -> Matrix:
    """Of each day (places, days), the lowest ten-day mean that came on the days of the horizon; NaN where one is not known."""
    return lowest_mean_ahead(flow, AVERAGED, horizon)


@dataclass(frozen=True)
class Views:
    """What is known on the days `origins`, from which each horizon is forecast; columns are (places, origins, columns)."""

    rivers: Rivers
    origins: Rows
    learned_until: int  # the day from which nothing is learned
    floor: Matrix  # by station, added to flows before a logarithm
    flows: Matrix
    season: Matrix
    rain: Matrix | None
    simulated: Sequence[Matrix]  # by horizon; empty without weather


def look(rivers: Rivers, origins: Rows, learned_until: int, horizons: Sequence[Horizon], seed: int) -> Views:
    """What is known from the flows, from the rain and from the model. Raises `BadInput` where the history is too short."""
    flow = rivers.flow.values
    usual = np.nanmedian(flow, axis=1, keepdims=True)
    low = np.nanquantile(flow[:, :learned_until], 0.01, axis=1, keepdims=True)
    floor = np.maximum(0.2 * low, 0.002 * usual) + 1e-6
    last = np.log(last_known(flow, _LATE) + floor)[:, origins]
    recent = (np.log(trailing_mean(flow.T, days).T + floor)[:, origins] for days in (3, 7, 10, 30, 90))
    flows = [last, *(np.where(np.isfinite(part), part - last, 0.0) for part in recent)]
    angle = 2 * np.pi * np.array([rivers.flow.day(day).timetuple().tm_yday for day in origins]) / 365.25
    waves = [wave(times * angle) for times in (1, 2) for wave in (np.sin, np.cos)]
    season = np.broadcast_to(np.stack(waves, axis=1), (*last.shape, len(waves)))
    rain, simulated = None, []
    if rivers.weather is not None:
        basins = hydrology.calibrate(rivers.weather, (flow + floor).T, learned_until, seed)
        rain = np.log(np.moveaxis(decayed_means(basins.water, _MEMORIES)[:, origins], (0, 2), (2, 0)) + 0.02)
        error = last - np.log(basins.flow[origins].T + floor)
        lows = _lowest_simulated(rivers, basins, origins, learned_until, horizons)
        simulated = [_moments(np.log(low + floor[..., None]), error) for low in lows]
    return Views(rivers, origins, learned_until, floor, np.stack(flows, axis=2), season, rain, simulated)


def origins_of(rivers: Rivers) -> Rows:
    """A day of forecast a week, the last known one included; raises `BadInput` where there is not a year of them."""
    found = np.arange(rivers.flow.days - 1, _FIRST_DAY, -STEP)[::-1]
    if len(found) < 365 // STEP:
        raise too_short(rivers)
    return found


def quantiles(views: Views, horizon: Horizon, rank: int, with_rain: bool = True) -> Matrix:
    """(places, origins, shares) in m³/s, from the origins whose truth was known before `learned_until`. `rank`: of the horizon among those
    that were looked at."""
    truth = lowest(views.rivers.flow.values, horizon)[:, views.origins]
    learned = views.origins + horizon[1] < views.learned_until
    years = np.array([views.rivers.flow.day(day).year for day in views.origins])
    yearly = views.season[:, :, :2]
    designs = [(_join(views.flows, views.season), _join(views.flows[:, :, [0, 1, 4]], yearly))]
    if with_rain and views.rain is not None:
        simulated, (seen, spread) = views.simulated[rank], designs[0]
        seen, simulated_spread = _join(seen, views.rain), _join(simulated[:, :, :2], yearly)
        designs = [
            (seen, spread),
            (_join(simulated, views.season), simulated_spread),
            (_join(seen, simulated), simulated_spread),
        ]
    logs = np.log(truth + views.floor)
    found = np.array(
        [np.sort(probabilistic.quantiles(*design, logs, years, learned), axis=2) for design in designs]
    )
    made = np.maximum(np.exp(mean_of_known(found, axis=0)) - views.floor[..., None], 0.0)
    if not np.isfinite(made).any():
        raise too_short(views.rivers)
    return made


def too_short(rivers: Rivers) -> BadInput:
    first, last = short_day(rivers.flow.first), short_day(rivers.flow.last)
    return BadInput(
        f"Les débits vont du {first} au {last} : c’est trop peu pour apprendre et pour juger. Versez deux années au moins, dix de préférence."
    )


def _join(*columns: Matrix) -> Matrix:
    return np.concatenate(columns, axis=2)


def _lowest_simulated(
    rivers: Rivers, basins: hydrology.Basins, origins: Rows, until: int, horizons: Sequence[Horizon]
) -> list[Matrix]:
    """By horizon, the lowest ten-day mean (places, origins, members) under the weather of the same days of each past year."""
    days = max(end for _, end in horizons)
    members = same_days_of_other_years(rivers.flow.first, origins, until - days, _AROUND)
    if members.shape[1] > _MEMBERS:
        members = same_days_of_other_years(rivers.flow.first, origins, until - days)
    before = np.arange(AVERAGED - 2, -1, -1)[:, None]
    size, parts = max(1, _CHUNK // (members.shape[1] * len(rivers.flow.places))), []
    for begin in range(0, len(origins), size):
        some, tried = origins[begin : begin + size], members[begin : begin + size]
        ahead = hydrology.simulate_members(basins, some, tried, days)
        past = np.swapaxes(basins.flow[np.maximum(some - before, 0)], 1, 2)[..., None]
        whole = np.concatenate([np.broadcast_to(past, (len(past), *ahead.shape[1:])), ahead])
        means = trailing_mean(whole, AVERAGED)[len(past) :]
        lows = (means[first - 1 : end].min(axis=0) for first, end in horizons)
        parts.append([np.where(tried >= 0, low, np.nan) for low in lows])
    return [np.concatenate(part, axis=1) for part in zip(*parts, strict=True)]


def _moments(logs: Matrix, error: Matrix) -> Matrix:
    """Columns of the model: mean and spread of the simulated logarithm, and how far the model is from the last flow."""
    mean = mean_of_known(logs, axis=2)
    spread = np.sqrt(mean_of_known((logs - mean[..., None]) ** 2, axis=2))
    return np.stack([mean, spread, error, error * spread, mean * mean], axis=2)
