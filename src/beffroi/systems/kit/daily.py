"""Daily forecasts of places from end to end: the lines of the days to come, and the judgement of past ones.

In come a `Series`, what is known by day (`columns(days)`), and which days are closed; out go `Line`s, or a `Score`. Raises `BadInput`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from beffroi.systems.contract import BadInput, Score
from beffroi.systems.kit import baselines, forecasting, judging
from beffroi.systems.kit.forecasting import Extra
from beffroi.systems.kit.series import Series
from beffroi.systems.kit.words import listed, plural, short_day

JUDGED, CALIBRATION = 365, 120  # days held out at most; days before them on which intervals begin to be set
MIN_DAYS = 60  # known days of a place that is forecast, and rows that are judged
MAX_LEAD = 120  # days from the last known one
LEARNED_LEADS = 28  # beyond, the model of four weeks ahead serves
HABIT_WEEKS = 8  # a weekday on which nothing came all these weeks is one of closure

type Columns = Callable[[int], Extra]
"""What is known of the first days of the series, so many."""


@dataclass(frozen=True)
class Line:
    """One place and day to come. `usual`: the mean of the last same weekdays, which `before` gives by ISO day."""

    place: str
    day: date
    lead: int  # days since the last known one
    expected: float
    low: float
    high: float
    usual: float
    before: dict[str, float]

    @property
    def change(self) -> float:
        """In % of the usual."""
        return 100 * (self.expected - self.usual) / self.usual if self.usual > 0 else 0.0


def no_columns(days: int) -> Extra:
    return {}


def forecast(
    series: Series,
    first: date,
    days: int,
    columns: Columns = no_columns,
    is_closed: Callable[[str, date], bool] = lambda place, day: False,
) -> tuple[list[Line], list[str]]:
    """The lines of `days` days from `first` on, but closed ones, and notes on the places that are left out."""
    counts = np.isfinite(series.values).sum(axis=1)
    new = [place for place, count in zip(series.places, counts, strict=True) if count < MIN_DAYS]
    notes = [f"Trop peu de jours connus pour être prévu : {listed(new)}."] if new else []
    ahead = (first - series.last).days + days - 1
    if ahead > MAX_LEAD:
        raise BadInput(
            f"Le dernier jour connu est le {short_day(series.last)} : c’est trop loin des jours à prévoir. Versez les derniers mois."
        )
    longer, shut = series.extended(max(0, ahead)), _closed_by_habit(series)
    near = max(1, min(ahead, LEARNED_LEADS))
    begin = max(series.days - forecasting.WINDOW, series.days // 2)
    try:
        model = forecasting.fit(series, range(1, near + 1), columns(series.days))
        past = forecasting.roll(series, begin, (near + 1) // 2, columns(series.days))
    except ValueError as error:
        raise _too_short(series) from error
    intervals = forecasting.roll_intervals(series.values, past, begin, 1).next
    known, lines = columns(longer.days), []
    for day in (first + timedelta(n) for n in range(days)):
        until, lead = longer.until(longer.index(day) + 1), max(1, (day - series.last).days)
        expected = forecasting.predict(model, until, lead, known)[:, -1]
        usual = baselines.same_weekdays(until, lead)[:, -1]
        low, high = intervals.around(expected[:, None])
        for row, place in enumerate(series.places):
            closed = place in new or shut[row, day.weekday()] or is_closed(place, day)
            if not closed and np.isfinite(expected[row] + usual[row]):
                ends, before = (float(low[row, 0]), float(high[row, 0])), _before(series, row, day, lead)
                lines.append(Line(place, day, lead, float(expected[row]), *ends, float(usual[row]), before))
    if not lines:
        raise BadInput(
            "Aucun jour ne peut être prévu : tous les lieux sont fermés, ou connus depuis trop peu de temps."
        )
    return lines, notes


def judge(
    package: str, series: Series, lead: int, columns: Columns, training_share: float, seed: int
) -> Score:
    """The last year, or the last third of a short history, forecast `lead` days before, beside the last same weekdays."""
    start = series.days - min(JUDGED, series.days // 3)
    begin = start - min(CALIBRATION, start // 3)
    learned = Series(series.places, series.first, series.values.copy())
    learned.values[:, : int((1 - training_share) * begin)] = np.nan
    try:
        made = forecasting.roll(learned, begin, lead, columns(series.days))
    except ValueError as error:
        raise _too_short(series) from error
    rolled = forecasting.roll_intervals(series.values, made, begin, lead)
    usual, flat = baselines.same_weekdays(series, lead), baselines.last_days(series, lead)
    known = np.isfinite(series.values + made + usual + flat + rolled.low)
    known[:, :start] = False
    if known.sum() < MIN_DAYS:
        raise _too_short(series)
    place, day = np.nonzero(known)
    judged = judging.Judged(
        truth=series.values[known],
        system=made[known],
        baseline=usual[known],
        low=np.floor(rolled.low[known]),
        high=np.ceil(rolled.high[known]),
        block=(day // 7).astype(np.int64),
        group=[series.places[row] for row in place],
        without_ai={"Moyenne des vingt-huit derniers jours": flat[known]},
    )
    test_period = f"du {short_day(series.day(int(day.min())))} au {short_day(series.last)}, {plural(lead, 'jour', 'jours')} à l’avance"
    rows = int(np.isfinite(learned.values[:, :begin]).sum())
    return judging.score(
        package, judged, stated=forecasting.STATED, test_period=test_period, seed=seed, training_rows=rows
    )


def _closed_by_habit(series: Series) -> npt.NDArray[np.bool_]:
    """(places, weekdays): nothing came on that weekday in the last weeks."""
    recent = np.nan_to_num(series.values[:, -7 * HABIT_WEEKS :])
    weekdays = series.weekdays[-recent.shape[1] :]
    return np.stack([(recent[:, weekdays == weekday] == 0).all(axis=1) for weekday in range(7)], axis=1)


def _before(series: Series, row: int, day: date, lead: int) -> dict[str, float]:
    past = (day - timedelta(7 * (-(-lead // 7) + week)) for week in range(4))
    known = ((one, series.index(one)) for one in past)
    return {
        one.isoformat(): float(series.values[row, at])
        for one, at in known
        if 0 <= at < series.days and np.isfinite(series.values[row, at])
    }


def _too_short(series: Series) -> BadInput:
    return BadInput(
        f"L’historique va du {short_day(series.first)} au {short_day(series.last)} : c’est trop peu pour apprendre et pour juger. "
        "Versez trois mois au moins, une année de préférence."
    )
