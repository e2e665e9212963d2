"""Levels that rise until somebody empties: containers, tanks, bins. How fast each fills, what it will hold, how wrong that has been.

In come readings of a level in percent; out go percents, by gauge. Growth is known where nothing was emptied in between, or where the
reading before says that it was emptied just after. Times are in days since the year 1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from beffroi.systems.contract import BadInput, Tables
from beffroi.systems.kit import cells
from beffroi.systems.kit.arrays import Mask, Matrix, Rows, Vector
from beffroi.systems.kit.words import fr, plural, short_day

MOST_PERCENT = 200  # beyond, a reading was mistyped
FALL = 15.0  # percent points: a level lower by more was emptied in between
HALF_LIFE = 28.0  # days: growth so old counts for half
PRIOR = 3.0  # days of the mean growth of all, added to each gauge's own
STATED = 0.9  # of the intervals
MIN_ERRORS = 30
NOON = 0.5  # when a gauge is emptied, in days
LONGEST_GAP = 28.0  # days: a longer growth says nothing of the days of a week
WEEK_PRIOR = 0.05  # of the weight of a day of the week, drawn to that of a usual one
LEAST_WEIGHT, MOST_WEIGHT = 0.2, 3.0  # of a day of the week


@dataclass(frozen=True)
class Readings:
    """By gauge, then by time: the `level` in %, and whether it was emptied just after."""

    gauge: Rows
    time: Vector
    level: Vector
    emptied: Mask


@dataclass(frozen=True)
class Growth:
    """From `start` to `end`, `amount` percent points came into `gauge`; not `known` across an emptying that nobody noted."""

    gauge: Rows
    start: Vector
    end: Vector
    amount: Vector
    known: Mask

    def at(self, rows: Mask) -> "Growth":
        return Growth(self.gauge[rows], self.start[rows], self.end[rows], self.amount[rows], self.known[rows])


@dataclass(frozen=True)
class Week:
    """What a day counts for, from Monday on: 1 on average, more where gauges fill faster."""

    weights: Vector

    def days(self, start: Vector, end: Vector) -> Vector:
        """Usual days between two times; 0 where the end comes before the start."""
        passed: Vector = self._since_monday(end) - self._since_monday(start)
        return np.maximum(passed, 0.0)

    def _since_monday(self, time: Vector) -> Vector:
        day = np.floor(time)
        week, weekday = np.divmod(day.astype(int) - 1, 7)  # the first day of the year 1 is a Monday
        before = np.concatenate([[0.0], np.cumsum(self.weights)])
        return np.asarray(7 * week + before[weekday] + (time - day) * self.weights[weekday])


EVEN = Week(np.ones(7))


@dataclass(frozen=True)
class Forecast:
    """By gauge: `level` at the time `since` (NaN where unknown), `rate` in points a usual day. `errors`: the scaled errors of the interval."""

    level: Vector
    since: Vector
    rate: Vector
    errors: tuple[float, float]
    week: Week = EVEN

    def expected(self, time: float) -> Vector:
        return self.level + self.rate * self._days(time)

    def interval(self, time: float) -> tuple[Vector, Vector]:
        scale, level = scale_of(self.rate, self._days(time)), self.expected(time)
        return np.maximum(level + self.errors[0] * scale, 0.0), level + self.errors[1] * scale

    def _days(self, time: float) -> Vector:
        return self.week.days(self.since, np.full_like(self.since, time))


def read(
    package: str, tables: Tables, table: str, column: str, names: Sequence[str], before: date | None
) -> tuple[Readings, list[str]]:
    """Rows (`column`, date, fill, emptied) of the gauges `names`, and notes on those left out. Raises `BadInput` where none can serve."""
    rejected, rank = cells.Rejected.of(package, table), {name: row for row, name in enumerate(names)}
    found: dict[tuple[int, float], tuple[float, bool]] = {}
    twice = 0
    for row in cells.rows(tables, table):
        name, moment, level = (
            cells.text(row.get(column)),
            cells.moment(row.get("date")),
            cells.number(row.get("fill")),
        )
        if name not in rank:
            rejected.add("nom absent de l’autre table", name)
        elif moment is None or level is None:
            rejected.add("sans moment ou sans remplissage", name)
        elif not 0 <= level <= MOST_PERCENT:
            rejected.add(f"remplissage négatif ou au-delà de {MOST_PERCENT} %", f"{name} : {fr(level)}")
        elif before is not None and moment.date() >= before:
            rejected.add("jour qui n’est pas encore passé", short_day(moment.date()))
        else:
            key = rank[name], _days(moment)
            twice += key in found
            found[key] = level, bool(row.get("emptied"))
    notes = rejected.notes()
    if not found:
        raise BadInput(
            "Aucun relevé ne peut servir : il faut un nom connu, un moment et un remplissage par ligne. Vérifiez que les noms "
            f"sont les mêmes dans les deux tables. {' '.join(notes)}".strip()
        )
    if twice:
        message = plural(twice, "relevé est donné", "relevés sont donnés")
        notes.append(f"{message} deux fois au même moment : le dernier compte.")
    return _ordered(found, notes), notes


def _days(moment: datetime) -> float:
    return moment.toordinal() + (moment.hour + moment.minute / 60) / 24


def _ordered(found: Mapping[tuple[int, float], tuple[float, bool]], notes: list[str]) -> Readings:
    keys = sorted(found)
    level = np.array([found[key][0] for key in keys])
    if len(level) > 2 and 0 < level.max() <= 1:
        notes.append("Les remplissages vont de 0 à 1 : ils sont lus comme des parts, 0,5 pour 50 %.")
        level = 100 * level
    gauge = np.array([gauge for gauge, _ in keys], dtype=np.int64)
    return Readings(
        gauge, np.array([time for _, time in keys]), level, np.array([found[key][1] for key in keys])
    )


def left(readings: Readings) -> Vector:
    """The level after each reading: nothing where it was emptied."""
    return np.where(readings.emptied, 0.0, readings.level)


def steps(readings: Readings) -> tuple[Vector, Mask]:
    """Of each reading, the growth since the one before, and whether it is known; 0 for the first of a gauge. Small falls are noise."""
    same = np.diff(readings.gauge, prepend=-1) == 0
    change = np.where(same, readings.level - np.roll(left(readings), 1), 0.0)
    return np.maximum(change, 0.0), change >= -FALL


def growth(readings: Readings, lead: float = 0.0) -> Growth:
    """Growth between readings about `lead` days apart; between successive ones where it is 0."""
    same = np.diff(readings.gauge) == 0
    gap = float(np.median(np.diff(readings.time)[same])) if same.any() else 1.0
    apart = max(1, round(lead / max(gap, 1e-3)))
    amount, known = steps(readings)
    came, unknown = np.cumsum(amount), np.cumsum(~known)
    rows = np.flatnonzero(readings.gauge[apart:] == readings.gauge[:-apart])
    later = rows + apart
    no_gap = unknown[later] == unknown[rows]
    return Growth(
        readings.gauge[rows], readings.time[rows], readings.time[later], came[later] - came[rows], no_gap
    )


def emptyings(readings: Readings) -> tuple[Rows, Vector]:
    """Gauge and time of each emptying: where it was noted, or half-way to a level that has fallen."""
    fell, noted = np.flatnonzero(~steps(readings)[1]), readings.emptied
    half_way = (readings.time[fell] + readings.time[fell - 1]) / 2
    return np.concatenate([readings.gauge[noted], readings.gauge[fell]]), np.concatenate(
        [readings.time[noted], half_way]
    )


def emptying_weekdays(readings: Readings, before: float) -> frozenset[int]:
    """Weekdays on which something was emptied in a quarter of the weeks before; all of them where nothing was."""
    times = emptyings(readings)[1]
    days = np.unique(np.floor(times[(times < before) & (times >= before - 2 * HALF_LIFE)])).astype(int)
    counts = np.bincount([date.fromordinal(day).weekday() for day in days], minlength=7)
    return frozenset(np.flatnonzero(counts >= 2 * HALF_LIFE / 7 / 4).tolist()) or frozenset(range(7))


def last_before(readings: Readings, gauges: int, time: float) -> tuple[Rows, Mask]:
    """Of each gauge, the row of its last reading before `time`, and whether there is one."""
    early = np.flatnonzero(readings.time < time)
    rows = np.zeros(gauges, dtype=np.int64)
    rows[readings.gauge[early]] = early
    return rows, np.isin(np.arange(gauges), readings.gauge[early])


def week_before(found: Growth, time: float) -> Week:
    """What each day of the week has brought to all gauges together, beside the usual day of each; `EVEN` where too little is known."""
    gap = found.end - found.start
    recent = found.known & (found.end <= time) & (found.end > time - 3 * HALF_LIFE)
    some = found.at(recent & (gap > 0) & (gap <= LONGEST_GAP))
    if len(some.end) < MIN_ERRORS:
        return EVEN
    usual = np.bincount(some.gauge, some.amount) / np.maximum(
        np.bincount(some.gauge, some.end - some.start), 1e-9
    )
    spent = _days_of_week(some) * usual[some.gauge][:, None]
    products = spent.T @ spent
    prior = WEEK_PRIOR * np.trace(products) / 7
    if prior <= 0:
        return EVEN
    found_weights = np.linalg.solve(products + prior * np.eye(7), spent.T @ some.amount + prior)
    weights = np.clip(found_weights, LEAST_WEIGHT, MOST_WEIGHT)
    return Week(weights / weights.mean())


def _days_of_week(found: Growth) -> Matrix:
    """Of each growth (rows), the days that it spent in each day of the week."""
    rows, first = np.arange(len(found.end)), np.floor(found.start)
    spent = np.zeros((len(rows), 7))
    for more in range(int((found.end - first).max()) + 1):
        day = first + more
        inside = np.clip(np.minimum(found.end, day + 1) - np.maximum(found.start, day), 0.0, None)
        spent[rows, (day.astype(int) - 1) % 7] += inside
    return spent


def rates(found: Growth, gauges: int, time: float, week: Week = EVEN) -> Vector:
    """Points a usual day of each gauge, from the growth known before `time`, drawn to the mean of all."""
    age = np.maximum(time - found.end, 0.0)
    weight = np.where(found.known & (found.end <= time), 0.5 ** (age / HALF_LIFE), 0.0)
    amounts = np.bincount(found.gauge, weight * found.amount, gauges)
    days = np.bincount(found.gauge, weight * week.days(found.start, found.end), gauges)
    mean = amounts.sum() / days.sum() if days.sum() > 0 else 0.0
    return np.asarray((amounts + PRIOR * mean) / (days + PRIOR), dtype=np.float64)


def errors_of(found: Growth, rate: Vector, time: float, week: Week = EVEN) -> tuple[float, float]:
    """The scaled errors between which the stated share of recent growths fell; wide ones where too few are known."""
    recent = found.at(found.known & (found.end <= time) & (found.end > time - 3 * HALF_LIFE))
    if len(recent.end) < MIN_ERRORS:
        return -3.0, 3.0
    low, high = np.quantile(scaled_errors(recent, rate, week), [(1 - STATED) / 2, (1 + STATED) / 2])
    return float(low), float(high)


def scaled_errors(found: Growth, rate: Vector, week: Week = EVEN) -> Vector:
    days = week.days(found.start, found.end)
    off: Vector = (found.amount - rate[found.gauge] * days) / scale_of(rate[found.gauge], days)
    return off


def scale_of(rate: Vector, gap: Vector) -> Vector:
    """Errors grow as the square root of what came; one point is the sensor's own."""
    scale: Vector = np.sqrt(np.maximum(rate * gap, 0.0)) + 1.0
    return scale
