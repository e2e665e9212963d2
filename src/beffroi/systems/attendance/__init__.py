"""AI system `attendance`: daily visits of any counter, with an interval; a day that leaves the usual is proposed to a person.

The two verbs of the contract are here; `reading` cleans, `beffroi.systems.kit` forecasts and judges, `sample` invents three places.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from beffroi.systems.attendance.reading import Counts, closed_by_habit, read_counts
from beffroi.systems.attendance.sample import make_sample
from beffroi.systems.contract import TRAINING_SHARE, BadInput, Figure, Outcome, ProposedAct, Score, Tables
from beffroi.systems.kit import baselines, forecasting, judging, writing
from beffroi.systems.kit.series import Series
from beffroi.systems.kit.settings import Settings
from beffroi.systems.kit.words import day as in_words
from beffroi.systems.kit.words import fr, plural, short_day

__all__ = ["backtest", "make_sample", "run"]

JUDGED, CALIBRATION = 365, 120  # days held out at most; days before them on which the intervals are set
MIN_HISTORY = 60
CALM, USUAL, CROWDED = "plus calme que d’habitude", "comme d’habitude", "plus de monde que d’habitude"


@dataclass(frozen=True)
class Line:
    """One place and day to come."""

    place: str
    day: date
    lead: int
    expected: float
    low: float
    high: float
    usual: float
    before: dict[str, float]  # the last same weekdays, by ISO day

    @property
    def change(self) -> float:
        """In % of the usual."""
        return 100 * (self.expected - self.usual) / self.usual if self.usual > 0 else 0.0

    def status(self, unusual: float) -> str:
        if abs(self.change) < unusual:
            return USUAL
        return CROWDED if self.change > 0 else CALM


def run(tables: Tables, settings: dict[str, Any], seed: int) -> Outcome:
    """Forecast from the day of the calculation on, or after the last known day. Raises `BadInput`."""
    options = Settings(__package__, settings)
    unusual, counts = options.number("unusual_percent"), read_counts(tables, options.today)
    lines, notes = _forecast(
        counts, options.today or counts.series.last + timedelta(1), options.whole("days")
    )
    acts = tuple(_act(line) for line in lines if line.status(unusual) != USUAL)
    table = writing.table(__package__, "forecast", (_row(line, unusual) for line in lines))
    expected, usual = sum(line.expected for line in lines), sum(line.usual for line in lines)
    base = f"{plural(len({line.place for line in lines}), 'lieu', 'lieux')}, du {short_day(lines[0].day)} au {short_day(lines[-1].day)}"
    figures = (
        Figure("expected", "Passages attendus", round(expected), "passages", base),
        Figure(
            "unusual",
            "Jours inhabituels",
            float(len(acts)),
            "jours",
            f"{base}, écart de {fr(unusual)} % au moins",
            better="lower",
        ),
        Figure("usual", "Comme les mêmes jours passés", round(usual), "passages", base),
    )
    return Outcome(table, acts, (*counts.notes, *notes), figures=figures, summary=_summary(lines, unusual))


def backtest(tables: Tables, settings: dict[str, Any], seed: int) -> Score:
    """Judge on the last year, or the last third of a short history, forecast `lead_days` before. Raises `BadInput`."""
    lead = Settings(__package__, settings).whole("lead_days")
    counts = read_counts(tables, None)
    series, usual = counts.series, baselines.same_weekdays(counts.series, lead)
    start = series.days - min(JUDGED, series.days // 3)
    begin = start - min(CALIBRATION, start // 3)
    share = float(settings.get(TRAINING_SHARE, 1.0))
    learned = Series(series.places, series.first, series.values.copy())
    learned.values[:, : int((1 - share) * begin)] = np.nan
    try:
        made = forecasting.roll(learned, begin, lead, counts.columns(series.days))
    except ValueError as error:
        raise BadInput(_too_short(series)) from error
    rolled = forecasting.roll_intervals(series.values, made, begin, lead)
    low, high = rolled.low, rolled.high
    flat = baselines.last_days(series, lead)
    known = np.isfinite(series.values) & np.isfinite(made) & np.isfinite(usual) & np.isfinite(low)
    known &= np.isfinite(flat)
    known[:, :start] = False
    if known.sum() < MIN_HISTORY:
        raise BadInput(_too_short(series))
    place, day = np.nonzero(known)
    judged = judging.Judged(
        truth=series.values[known],
        system=made[known],
        baseline=usual[known],
        low=np.floor(low[known]),
        high=np.ceil(high[known]),
        block=(day // 7).astype(np.int64),
        group=[series.places[row] for row in place],
        without_ai={"Moyenne des vingt-huit derniers jours": flat[known]},
    )
    test_period = f"du {short_day(series.day(int(day.min())))} au {short_day(series.last)}, {plural(lead, 'jour', 'jours')} à l’avance"
    rows = int(np.isfinite(learned.values[:, :begin]).sum())
    return judging.score(
        __package__, judged, stated=forecasting.STATED, test_period=test_period, seed=seed, training_rows=rows
    )


def _forecast(counts: Counts, first: date, days: int) -> tuple[list[Line], list[str]]:
    series, notes = counts.series, []
    new = [
        place
        for place, row in zip(series.places, series.values, strict=True)
        if np.isfinite(row).sum() < MIN_HISTORY
    ]
    if new:
        notes.append(f"Trop peu de jours connus pour être prévu : {', '.join(new)}.")
    ahead = (first - series.last).days + days - 1
    if ahead > 120:
        raise BadInput(
            f"Le dernier comptage date du {short_day(series.last)} : c’est trop loin du jour du calcul. Versez les derniers mois."
        )
    longer, shut = series.extended(max(0, ahead)), closed_by_habit(series)
    extra = counts.columns(longer.days)
    try:
        model = forecasting.fit(
            series,
            range(1, max(2, min(ahead, 28) + 1)),
            {name: row[: series.days] for name, row in extra.items()},
        )
        begin = max(series.days - forecasting.WINDOW, series.days // 2)
        past = forecasting.roll(
            series,
            begin,
            max(1, min(ahead, 28) // 2),
            {name: row[: series.days] for name, row in extra.items()},
        )
    except ValueError as error:
        raise BadInput(_too_short(series)) from error
    intervals = forecasting.roll_intervals(series.values, past, begin, 1).next
    lines = []
    for day in (first + timedelta(n) for n in range(days)):
        index, lead = longer.index(day), max(1, (day - series.last).days)
        expected = forecasting.predict(model, longer.until(index + 1), lead, extra)[:, -1]
        usual = baselines.same_weekdays(longer.until(index + 1), lead)[:, -1]
        low, high = intervals.around(expected[:, None])
        for row, place in enumerate(series.places):
            if (
                place not in new
                and not shut[row, day.weekday()]
                and not counts.is_closed(place, day)
                and np.isfinite(expected[row] + usual[row])
            ):
                before = _last_same_weekdays(series, row, day, lead)
                lines.append(
                    Line(
                        place,
                        day,
                        lead,
                        float(expected[row]),
                        float(low[row, 0]),
                        float(high[row, 0]),
                        float(usual[row]),
                        before,
                    )
                )
    if not lines:
        raise BadInput(
            "Aucun jour ne peut être prévu : tous les lieux sont fermés, ou connus depuis trop peu de temps."
        )
    return lines, notes


def _last_same_weekdays(series: Series, row: int, day: date, lead: int) -> dict[str, float]:
    past = (day - timedelta(7 * (-(-lead // 7) + week)) for week in range(4))
    known = ((one, series.index(one)) for one in past)
    return {
        one.isoformat(): float(series.values[row, at])
        for one, at in known
        if 0 <= at < series.days and np.isfinite(series.values[row, at])
    }


def _row(line: Line, unusual: float) -> dict[str, Any]:
    return {
        "place": line.place,
        "day": line.day,
        "expected": round(line.expected, 1),
        "low": int(np.floor(line.low)),
        "high": int(np.ceil(line.high)),
        "usual": round(line.usual, 1),
        "status": line.status(unusual),
    }


def _act(line: Line) -> ProposedAct:
    more = "plus" if line.change > 0 else "moins"
    return ProposedAct(
        subject=f"{line.place}, {in_words(line.day)} {line.day.year}",
        value=float(round(line.expected)),
        unit="passages",
        low=float(np.floor(line.low)),
        high=float(np.ceil(line.high)),
        reasons=(
            f"{in_words(line.day).capitalize()} : {fr(round(line.expected))} passages attendus, {fr(abs(round(line.change)))} % de {more} que d’habitude.",
            f"Les quatre derniers mêmes jours en ont compté {fr(round(line.usual))} en moyenne.",
            f"Neuf fois sur dix, le compte tombe entre {fr(np.floor(line.low))} et {fr(np.ceil(line.high))}.",
        ),
        evidence={"usual": round(line.usual, 1), "last_same_weekdays": line.before, "lead_days": line.lead},
        key=f"{line.day.isoformat()}/{line.place}",
        day=line.day,
        place=line.place,
        about=f"{'Plus' if line.change > 0 else 'Moins'} de monde que d’habitude",
    )


def _summary(lines: list[Line], unusual: float) -> str:
    away = max(lines, key=lambda line: abs(line.change))
    if away.status(unusual) == USUAL:
        return f"Rien d’inhabituel n’est attendu du {short_day(lines[0].day)} au {short_day(lines[-1].day)}."
    more = "plus" if away.change > 0 else "moins"
    return f"À prévoir d’abord : {away.place}, {in_words(away.day)}, {fr(abs(round(away.change)))} % de {more} que d’habitude."


def _too_short(series: Series) -> str:
    return (
        f"L’historique va du {short_day(series.first)} au {short_day(series.last)} : c’est trop peu pour apprendre et pour juger. "
        "Versez trois mois au moins, une année de préférence."
    )
