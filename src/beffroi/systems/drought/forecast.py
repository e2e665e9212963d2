"""Lowest ten-day flows to come: two views of each station, whose quantiles are averaged.

One view regresses on the last flows and the rain fallen; the other on the flows that a rainfall–runoff model would give under the weather of
the same days of past years (ensemble streamflow prediction, Day 1985). In come `Rivers`; out go quantiles in m³/s.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from beffroi.systems.contract import BadInput
from beffroi.systems.drought import hydrology
from beffroi.systems.drought.reading import Rivers
from beffroi.systems.kit import probabilistic
from beffroi.systems.kit.arrays import Matrix, Rows
from beffroi.systems.kit.baselines import same_days_of_other_years
from beffroi.systems.kit.series import last_known, mean_of_known, trailing_mean
from beffroi.systems.kit.words import short_day

type Horizon = tuple[int, int]
"""First and last day, after that of the forecast, on which the mean of ten days may end."""

AVERAGED, STEP, STATED = 10, 7, 0.90
MONTH: Horizon = (10, 30)  # the lowest mean of ten days wholly within the next thirty
_KNOWN = 0.8  # of the ten days, under which a mean is not known
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
    known = trailing_mean(np.isfinite(flow).astype(float).T, AVERAGED).T
    means = np.where(known >= _KNOWN, trailing_mean(flow.T, AVERAGED).T, np.nan)
    found, (first, last) = np.full_like(flow, np.nan), horizon
    if (count := flow.shape[1] - last) > 0:
        windows = np.lib.stride_tricks.sliding_window_view(means, last - first + 1, axis=1)
        found[:, :count] = windows[:, first : first + count].min(axis=2)
    return found


@dataclass(frozen=True)
class Views:
    """What is known on the days `origins`, from which each horizon is forecast; `floor`: by station, added to flows before a logarithm."""

    rivers: Rivers
    origins: Rows
    learned_until: int  # the day from which nothing is learned
    floor: Matrix
    past: Matrix  # (places, origins, columns)
    rain: Matrix | None
    simulated: Sequence[Matrix]  # (places, origins, columns) by horizon; empty without weather
    season: Matrix


def look(rivers: Rivers, origins: Rows, learned_until: int, horizons: Sequence[Horizon], seed: int) -> Views:
    """Raises `BadInput` where the history is too short."""
    flow = rivers.flow.values
    usual = np.nanmedian(flow, axis=1, keepdims=True)
    floor = (
        np.maximum(0.2 * np.nanquantile(flow[:, :learned_until], 0.01, axis=1, keepdims=True), 0.002 * usual)
        + 1e-6
    )
    logs = {days: np.log(trailing_mean(flow.T, days).T + floor)[:, origins] for days in (3, 7, 10, 30, 90)}
    last = np.log(last_known(flow, _LATE) + floor)[:, origins]
    angle = 2 * np.pi * np.array([rivers.flow.day(day).timetuple().tm_yday for day in origins]) / 365.25
    waves = [
        np.broadcast_to(wave(times * angle), last.shape) for times in (1, 2) for wave in (np.sin, np.cos)
    ]
    past = [last, *(np.where(np.isfinite(part), part - last, 0.0) for part in logs.values()), *waves]
    rain, simulated = None, []
    if rivers.weather is not None:
        learned = np.arange(rivers.flow.days) < learned_until
        basins = hydrology.calibrate(rivers.weather, (flow + floor).T, learned, seed)
        rain = np.stack([np.log(part + 0.02) for part in _remembered(basins.water, origins)], axis=2)
        simulated = [
            np.stack([*columns, *waves], axis=2)
            for columns in _simulated(rivers, basins, origins, learned_until, horizons, floor, last)
        ]
    return Views(
        rivers,
        origins,
        learned_until,
        floor,
        np.stack(past, axis=2),
        rain,
        simulated,
        np.stack(waves[:2], axis=2),
    )


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
    with_season = np.concatenate([views.past[:, :, [0, 1, 4]], views.season], axis=2)
    designs = [(views.past, with_season)]
    if with_rain and views.rain is not None:
        seen, ahead = np.concatenate([views.past, views.rain], axis=2), views.simulated[rank]
        spread, model = np.concatenate([ahead[:, :, :2], views.season], axis=2), ahead[:, :, :5]
        designs = [(seen, with_season), (ahead, spread), (np.concatenate([seen, model], axis=2), spread)]
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


def _remembered(water: Matrix, origins: Rows) -> Matrix:
    """(memories, places, origins): means of the water that reached the soil, the older the less."""
    decay = np.exp(-1 / np.array(_MEMORIES))[:, None]
    level, found = np.repeat(water.mean(axis=0)[None], len(_MEMORIES), axis=0), []
    for day in water:
        level = decay * level + (1 - decay) * day
        found.append(level)
    return np.moveaxis(np.array(found)[origins], 0, 2)


def _simulated(
    rivers: Rivers,
    basins: hydrology.Basins,
    origins: Rows,
    until: int,
    horizons: Sequence[Horizon],
    floor: Matrix,
    last: Matrix,
) -> Iterator[list[Matrix]]:
    """By horizon, the columns of the second view: mean and spread of the simulated logarithm, and how far the model is from the last flow."""
    days = max(end for _, end in horizons)
    members = same_days_of_other_years(rivers.flow.first, origins, until - days, _AROUND)
    if members.shape[1] > _MEMBERS:
        members = same_days_of_other_years(rivers.flow.first, origins, until - days)
    parts: list[list[Matrix]] = [[] for _ in horizons]
    size = max(1, _CHUNK // (members.shape[1] * len(floor)))
    for begin in range(0, len(origins), size):
        some = slice(begin, begin + size)
        ahead = hydrology.simulate_members(basins, origins[some], members[some], days)
        before = [
            basins.flow[np.maximum(origins[some] - back, 0)].T[..., None]
            for back in range(AVERAGED - 2, -1, -1)
        ]
        whole = np.concatenate([np.broadcast_to(np.stack(before), (AVERAGED - 1, *ahead.shape[1:])), ahead])
        means = trailing_mean(whole, AVERAGED)[AVERAGED - 1 :]
        for part, (first, end) in zip(parts, horizons, strict=True):
            low = np.log(means[first - 1 : end].min(axis=0) + floor[..., None])
            part.append(np.where(members[some] >= 0, low, np.nan))
    error = last - np.log(basins.flow[origins].T + floor)
    for part in parts:
        low = np.concatenate(part, axis=1)
        mean = mean_of_known(low, axis=2)
        spread = np.sqrt(mean_of_known((low - mean[..., None]) ** 2, axis=2))
        yield [mean, spread, error, error * spread, mean * mean]
