"""Design matrix of the model: heating and cooling degrees, days off, weekdays, season, holidays.

In come days and the balance points of each meter; out goes one array (meters, days, `SIZE`). Columns come in groups:
each group has its own shrinkage, chosen by cross-validation in `model`.
"""

from dataclasses import dataclass

import numpy as np

from beffroi.systems.buildings.bills import average
from beffroi.systems.buildings.changepoints import COOLING, HEATING, LAGS, NONE, Picks, felt_temperature
from beffroi.systems.buildings.days import Days, Ints, Mask, Matrix, Vector

ONE, HEAT, COOL, OFF, SUNDAY, HEAT_OFF, COOL_OFF = range(7)
HOLIDAY, HEAT_HOLIDAY = 15, 16
SIZE = 17
DEGREES = 5.0  # degrees a unit: columns of like size, for one shrinkage to fit all
GROUPS: dict[str, tuple[int, ...]] = {
    "always": (ONE, HEAT, COOL),
    "off": (OFF, SUNDAY),
    "heat_off": (HEAT_OFF, COOL_OFF),
    "weekday": (7, 8, 9, 10),
    "year": (11, 12),
    "half_year": (13, 14),
    "holiday": (HOLIDAY, HEAT_HOLIDAY),
}


@dataclass(frozen=True)
class Shared:
    """Columns common to all meters: felt temperatures (lags, days), and those that do not depend on a meter."""

    felt: Matrix
    off: Vector
    holiday: Vector
    columns: Matrix  # (days, SIZE), zero where a meter's own degrees come
    known: Mask  # days with a temperature, or all of them without weather
    period: Ints | None = None  # the bill of each day: columns are then means over bills

    def mean(self, columns: Matrix) -> Matrix:
        """Columns (…, days) as means over the bills, where these are what was read."""
        return columns if self.period is None else average(columns, self.period)


def shared_columns(days: Days, warmer: Vector | float = 0.0) -> Shared:
    """`warmer`: degrees added to the temperature outside, one number or one a day, for a scenario."""
    known = np.isfinite(days.temperature)
    if known.any():
        filled = np.interp(np.arange(len(days)), np.flatnonzero(known), days.temperature[known])
    else:
        filled, known = np.zeros(len(days)), np.ones(len(days), dtype=bool)
    columns = np.zeros((len(days), SIZE))
    columns[:, ONE] = 1
    columns[:, OFF], columns[:, SUNDAY] = days.off, days.sunday
    for place, weekday in zip(GROUPS["weekday"], (0, 2, 3, 4), strict=True):
        columns[:, place] = (days.weekday == weekday) & ~days.off
    angle = 2 * np.pi * days.day_of_year / 365.25
    for place, wave in zip(
        (*GROUPS["year"], *GROUPS["half_year"]),
        (np.cos(angle), np.sin(angle), np.cos(2 * angle), np.sin(2 * angle)),
        strict=True,
    ):
        columns[:, place] = wave
    columns[:, HOLIDAY] = days.holiday & ~days.off
    return Shared(
        felt=np.stack([felt_temperature(filled, lag) + warmer for lag in LAGS]),
        off=days.off.astype(float),
        holiday=columns[:, HOLIDAY].copy(),
        columns=columns,
        known=known,
    )


def slice_days(shared: Shared, begin: int, end: int) -> Shared:
    """The same for the days from `begin` to `end` (excluded): the felt temperature keeps its past."""
    return Shared(
        shared.felt[:, begin:end],
        shared.off[begin:end],
        shared.holiday[begin:end],
        shared.columns[begin:end],
        shared.known[begin:end],
        None if shared.period is None else shared.period[begin:end],
    )


def meter_degrees(shared: Shared, picks: Picks) -> tuple[Matrix, Matrix]:
    """Heating and cooling degrees of each meter, (meters, days) each, zero where it has none."""
    temperature = shared.felt[picks[:, 0]]
    heating = np.maximum(HEATING[picks[:, 1]][:, None] - temperature, 0) * (picks[:, 1] != NONE)[:, None]
    cooling = np.maximum(temperature - COOLING[picks[:, 2]][:, None], 0) * (picks[:, 2] != NONE)[:, None]
    return heating, cooling


def design_matrix(shared: Shared, picks: Picks) -> Matrix:
    """The columns of every meter, (meters, days, SIZE)."""
    heating, cooling = meter_degrees(shared, picks)
    columns = np.repeat(shared.columns[None], len(picks), axis=0)
    columns[:, :, HEAT], columns[:, :, COOL] = heating / DEGREES, cooling / DEGREES
    columns[:, :, HEAT_OFF] = columns[:, :, HEAT] * shared.off
    columns[:, :, COOL_OFF] = columns[:, :, COOL] * shared.off
    columns[:, :, HEAT_HOLIDAY] = columns[:, :, HEAT] * shared.holiday
    return shared.mean(columns.transpose(0, 2, 1)).transpose(0, 2, 1)
