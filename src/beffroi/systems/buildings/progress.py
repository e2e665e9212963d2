"""Progress to the goal: the last year against the reference year, weather-normalised.

In comes a town; out goes a `Progress`. A model of the reference year expects the last year at its own weather; the difference from actual
use is the change. Meters that lack one of the two years are left out, with a note.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from beffroi.systems.buildings.options import Options
from beffroi.systems.buildings.town import MIN_DAYS, Town
from beffroi.systems.buildings.uncertainty import T95, spread_of_meters
from beffroi.systems.buildings.verify import compare_periods
from beffroi.systems.kit.words import plural, short_day

_YEAR = 365
_MIN_LAST_DAYS = 297


@dataclass(frozen=True)
class Progress:
    """`change`, `low`, `high`: shares, negative where less is used (95 %); `meters`: how many are compared."""

    reference: date
    change: float
    low: float
    high: float
    meters: int


def measure_progress(town: Town, options: Options, drift: float, notes: list[str]) -> Progress | None:
    """None where the history does not hold both years."""
    end = len(town.days)
    begin = 0 if options.reference is None else town.days.at(options.reference)
    last = end - _YEAR
    if begin < 0 or begin + _YEAR > last:
        notes.append(
            "L’avancée vers l’objectif n’est pas calculée : il faut une année de référence entière avant la dernière année."
            if begin >= 0
            else f"L’année de référence commence avant les premiers relevés ({short_day(town.days.day(0))}) : choisissez-en une autre."
        )
        return None
    span = slice(begin, begin + _YEAR)
    both = (town.teaches[:, span].sum(axis=1), town.teaches[:, last:].sum(axis=1))
    rows = np.flatnonzero((both[0] >= MIN_DAYS) & (both[1] >= _MIN_LAST_DAYS))
    if not len(rows):
        return None
    if len(rows) < len(town.meters):
        notes.append(
            f"L’avancée vers l’objectif porte sur {plural(len(rows), 'compteur', 'compteurs')} sur {len(town.meters)} : les autres n’ont pas les deux années entières."
        )
    day = np.arange(end)
    reference = (day >= begin) & (day < begin + _YEAR)
    _, found = compare_periods(town, rows, reference, day >= last, 0.0)
    _, expected, actual, sd, _ = found.T
    total = float(expected.sum())
    if total <= 0:
        return None
    # Drift is what is looked for here: only the model and the noise of days make it unsure.
    wide = T95 * spread_of_meters(sd)
    change, reach = float(actual.sum()) / total - 1, wide / total
    return Progress(town.days.day(begin), change, change - reach, change + reach, len(rows))
