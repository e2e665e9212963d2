"""AI system `waste_rounds`: which containers to empty today and in which order, by fill, capacity and working time; a dispatcher decides.

The two verbs of the contract are here; `reading` cleans, `beffroi.systems.kit` forecasts fills and computes routes, `rounds` chooses the
stops, `outcome` words them, `judgement` plays past weeks again, `sample` invents a town.
"""

from datetime import date
from typing import Any

import numpy as np

from beffroi.systems.contract import TRAINING_SHARE, BadInput, Outcome, Score, Tables
from beffroi.systems.kit import gauges
from beffroi.systems.kit.gauges import NOON, Forecast
from beffroi.systems.kit.plans.fleet import read_trucks
from beffroi.systems.kit.settings import Settings
from beffroi.systems.kit.words import listed, plural, short_day
from beffroi.systems.settings import SettingBounds

from .judgement import judge
from .outcome import Rounds
from .reading import Town, read_town
from .rounds import next_round, plan_day
from .sample import make_sample

__all__ = ["backtest", "make_sample", "run", "setting_bounds"]

MOST_AGE = 21  # days: an older reading says nothing of today


def run(tables: Tables, settings: dict[str, Any], seed: int) -> Outcome:
    """Plan the day of the calculation, or the day after the last reading. Raises `BadInput`."""
    options = Settings(__package__, settings)
    town = read_town(tables, options)
    last = int(town.readings.time.max())
    day = last + 1 if options.today is None else options.today.toordinal()
    if day - last > MOST_AGE:
        message = short_day(date.fromordinal(last))
        raise BadInput(
            f"Le dernier relevé est du {message} : c’est trop vieux. Versez les relevés des derniers jours."
        )
    next_day = next_round(day, gauges.emptying_weekdays(town.readings, day))
    forecast, unread = _forecast(town, day, next_day)
    planned = plan_day(town, forecast, day, next_day, seed)
    return Rounds(town, planned, date.fromordinal(day), date.fromordinal(next_day)).outcome(
        (*town.notes, *unread)
    )


def backtest(tables: Tables, settings: dict[str, Any], seed: int) -> Score:
    """Play the last weeks again, beside what the town did. Raises `BadInput`."""
    town = read_town(tables, Settings(__package__, settings))
    return judge(town, float(settings.get(TRAINING_SHARE, 1.0)), seed)


def setting_bounds(tables: Tables) -> SettingBounds:
    """One truck at least must leave."""
    return {"trucks_off": (0, len(read_trucks(__package__, tables)[0]) - 1)}


def _forecast(town: Town, day: int, next_day: int) -> tuple[Forecast, list[str]]:
    """What is known on the morning of the day, and a note on the containers that nobody has read for long."""
    count, readings = len(town.names), town.readings
    rows, seen = gauges.last_before(readings, count, day)
    seen &= readings.time[rows] >= day - MOST_AGE
    steps = gauges.growth(readings)
    week = gauges.week_before(steps, day)
    rate = gauges.rates(steps, count, day, week)
    errors = gauges.errors_of(gauges.growth(readings, next_day + NOON - day), rate, day, week)
    unread = [town.names[row] for row in np.flatnonzero(~seen)]
    message = f"{plural(len(unread), 'borne', 'bornes')} sans relevé depuis {MOST_AGE} jours, à placer à la main : {listed(unread)}."
    level = np.where(seen, gauges.left(readings)[rows], np.nan)
    return Forecast(level, readings.time[rows], rate, errors, week), [message] if unread else []
