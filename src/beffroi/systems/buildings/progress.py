"""Progress to the goal: the last year against the reference year, weather-normalised.

In comes a town; out goes a `Progress`. A model of the reference year expects the last year at its own weather; the difference from actual
use is the change. Meters that lack one of the two years are left out, with a note.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from beffroi.systems.buildings.days import Vector
from beffroi.systems.buildings.model import fit
from beffroi.systems.buildings.options import Options
from beffroi.systems.buildings.town import MIN_DAYS, Town
from beffroi.systems.buildings.uncertainty import T95
from beffroi.systems.buildings.verify import avoided_consumption
from beffroi.systems.kit.words import plural, short_day

_YEAR = 365
_MIN_LAST_DAYS = 330


@dataclass(frozen=True)
class Progress:
    """`change`, `low`, `high`: shares, negative where less is used (95 %); `rows`: the meters compared."""

    reference: date
    change: float
    low: float
    high: float
    rows: tuple[int, ...]


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
    enough = (town.teaches[:, span].sum(axis=1) >= MIN_DAYS) & (
        town.teaches[:, last:].sum(axis=1) >= _MIN_LAST_DAYS * 0.9
    )
    rows = np.flatnonzero(enough)
    if not len(rows):
        return None
    if len(rows) < len(town.meters):
        notes.append(
            f"L’avancée vers l’objectif porte sur {plural(len(rows), 'compteur', 'compteurs')} sur {len(town.meters)} : les autres n’ont pas les deux années entières."
        )
    weight = np.zeros((len(rows), end))
    weight[:, span] = town.teaches[rows, span]
    fitted = fit(town.kwh[rows], weight, town.days)
    after = np.zeros(weight.shape, dtype=bool)
    after[:, last:] = town.teaches[rows, last:]
    found = avoided_consumption(fitted, town, rows, after, 0.0)
    expected, actual, sd = found[:, 1], found[:, 2], found[:, 3]
    total = float(expected.sum())
    if total <= 0:
        return None
    # Drift is what is looked for here: only the model and the noise of days make it unsure.
    wide = T95 * _of_sum(sd)
    change = float(actual.sum()) / total - 1
    return Progress(
        town.days.day(begin),
        change,
        change - wide / total,
        change + wide / total,
        tuple(int(row) for row in rows),
    )


def _of_sum(sd: Vector) -> float:
    """Meters share one weather: half of their errors are taken to move together."""
    return float(np.sqrt(0.5 * (sd**2).sum() + 0.5 * sd.sum() ** 2))
