"""What-if scenarios of building use: one degree less, nights and week-ends lowered, a week closed, an hour less.

In come a town and its models; out goes one `Effect` a scenario and meter, in kWh a year of ordinary weather. Physical
savings are multiplied by the share realised in practice, between two bounds; the model's own uncertainty widens them.
"""

from dataclasses import dataclass

import numpy as np

from beffroi.systems.buildings.days import Ints, Mask, Matrix, Vector
from beffroi.systems.buildings.design import (
    HEAT,
    HEAT_HOLIDAY,
    HEAT_OFF,
    HOLIDAY,
    OFF,
    SUNDAY,
    design_matrix,
    shared_columns,
    slice_days,
)
from beffroi.systems.buildings.expected import Judgement
from beffroi.systems.buildings.options import Options
from beffroi.systems.buildings.town import Town
from beffroi.systems.buildings.uncertainty import Z90, coefficient_covariance, sum_standard_deviation
from beffroi.systems.kit.words import fr

_MAX_PAST_DAYS = 3 * 365  # days of past weather that make an ordinary year
_NIGHT_HOURS, _OPEN_HOURS = 8.0, 10.0


@dataclass(frozen=True)
class Effect:
    """kWh saved in an ordinary year by one meter, within an interval of about 90 %; `of` what it uses in that year."""

    title: str
    note: str
    row: int
    kwh: float
    low: float
    high: float
    of: float


def compare(town: Town, judgement: Judgement, options: Options) -> list[Effect]:
    """Meters whose model fits, in the order of the scenarios."""
    fitted = judgement.fitted
    end = len(town.days)
    years = max(1, min(_MAX_PAST_DAYS, end) // 365)
    begin = max(0, end - 365 * years)
    span = slice(begin, end)
    length = end - begin
    a_year = 365 / length
    rows = np.flatnonzero(judgement.judged & ~fitted.plain)
    if not len(rows):
        return []
    normal = fitted.predict(town.days, judgement.shared)[rows, span]
    heat = fitted.heating(town.days, judgement.shared)[rows, span]
    relative = _relative(town, judgement, rows, begin, end)

    def warmer(degrees: float) -> Matrix:
        there = shared_columns(town.days, warmer=degrees)
        return heat - np.minimum(fitted.heating(town.days, there)[rows, span], heat)

    off, holiday = town.days.off[span], town.days.holiday[span] & ~town.days.off[span]
    lowered, coldest = warmer(options.setback), _coldest(town, span)
    sunday = _open_surplus(judgement, rows)
    already = -fitted.coefficients[rows, HOLIDAY] * fitted.level[rows]
    left_on = np.maximum(sunday - np.maximum(already, 0.0), 0.0)
    schools = np.array([float(town.building(int(row)).school) for row in rows])
    closed = warmer(2 * options.setback)[:, coldest].sum(axis=1) + sunday * int((coldest & ~off).sum())
    one_night = warmer(options.setback * _NIGHT_HOURS / 24).sum(axis=1)
    in_holidays = (lowered[:, holiday].sum(axis=1) + left_on * int(holiday.sum())) * schools
    setback = fr(options.setback)
    # The shares of the physical savings that practice leaves are assumptions: people open windows, walls store heat.
    scenarios = (
        (f"Consigne de chauffage −{fr(options.setpoint)} °C", "tout l’hiver", 0.6, 1.1,
         warmer(options.setpoint).sum(axis=1) * a_year),
        (f"Réduit de nuit de {setback} °C, 8 heures", "s’il n’existe pas déjà", 0.3, 0.8, one_night * a_year),
        (f"Réduit de week-end de {setback} °C", "samedis, dimanches et fériés", 0.4, 0.9,
         lowered[:, off].sum(axis=1) * a_year),
        ("Fermer la semaine la plus froide", "comme un dimanche, chauffage réduit", 0.6, 1.0, closed),
        ("Abaisser les écoles pendant les vacances", "au niveau d’un dimanche", 0.4, 0.9, in_holidays * a_year),
        ("Une heure d’ouverture de moins par jour", "jours ouvrés", 0.4, 1.0,
         sunday * int((~off).sum()) / _OPEN_HOURS * a_year),
    )  # fmt: skip
    found: list[Effect] = []
    year = np.nan_to_num(normal).sum(axis=1) * a_year
    for title, note, least, most, amounts in scenarios:
        saved = np.minimum(amounts, year)
        middle = saved * (least + most) / 2
        half = saved * np.hypot((most - least) / 2, Z90 * relative * (least + most) / 2)
        low, high = np.maximum(middle - half, 0), np.minimum(middle + half, year)
        columns = (rows, middle, low, high, year)
        for row, *kwh in zip(*(column.tolist() for column in columns), strict=True):
            if kwh[0] > 0:
                found.append(Effect(title, note, row, *kwh))
    return found


def _relative(town: Town, judgement: Judgement, rows: Ints, begin: int, end: int) -> Vector:
    """Relative standard deviation of the heating of each meter: of its slope, and of the drift from year to year."""
    covariances = coefficient_covariance(judgement.fitted, town.days, rows, judgement.shared)
    found = np.zeros(len(rows))
    window = slice_days(judgement.shared, begin, end)
    for place, row in enumerate(rows):
        columns = design_matrix(window, judgement.fitted.picks[row : row + 1])[0]
        total = np.zeros(columns.shape[1])
        for column in (HEAT, HEAT_OFF, HEAT_HOLIDAY):
            total[column] = columns[:, column].sum()
        heat = float(total @ judgement.fitted.coefficients[row]) * judgement.fitted.level[row]
        sd = float(sum_standard_deviation(covariances[place : place + 1], total[None])[0])
        found[place] = np.hypot(min(sd / heat, 1.0) if heat > 0 else 0.0, judgement.drift)
    return found


def _open_surplus(judgement: Judgement, rows: Ints) -> Vector:
    """kWh that an open day uses beyond a Sunday, weather apart; 0 where Sundays use as much."""
    coefficients = judgement.fitted.coefficients[rows]
    return np.maximum(-(coefficients[:, OFF] + coefficients[:, SUNDAY]) * judgement.fitted.level[rows], 0.0)


def _coldest(town: Town, span: slice) -> Mask:
    """The coldest seven days in a row of the last year, all within the holidays where these are known."""
    temperature = np.nan_to_num(town.days.temperature[span], nan=99.0)
    chosen = np.zeros(len(temperature), dtype=bool)
    first = max(0, len(temperature) - 365)
    within = town.days.holiday[span] | town.days.off[span]
    best, place = np.inf, first
    for start in range(first, len(temperature) - 6):
        mean = float(temperature[start : start + 7].mean()) + (0 if within[start : start + 7].all() else 1000)
        if mean < best:
            best, place = mean, start
    chosen[place : place + 7] = True
    return chosen
