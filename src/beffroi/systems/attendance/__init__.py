"""AI system `attendance`: daily visits of any counter, with an interval; a day that leaves the usual is proposed to a person.

The two verbs of the contract are here; `reading` cleans, `beffroi.systems.kit` forecasts and judges, `sample` invents three places.
"""

from datetime import timedelta
from typing import Any

import numpy as np

from beffroi.systems.attendance.reading import read_counts
from beffroi.systems.attendance.sample import make_sample
from beffroi.systems.contract import TRAINING_SHARE, Figure, Outcome, ProposedAct, Score, Tables
from beffroi.systems.kit import daily, writing
from beffroi.systems.kit.daily import Line
from beffroi.systems.kit.settings import Settings
from beffroi.systems.kit.words import day as in_words
from beffroi.systems.kit.words import fr, plural, short_day

__all__ = ["backtest", "make_sample", "run"]

CALM, USUAL, CROWDED = "plus calme que d’habitude", "comme d’habitude", "plus de monde que d’habitude"


def run(tables: Tables, settings: dict[str, Any], seed: int) -> Outcome:
    """Forecast from the day of the calculation on, or after the last known day. Raises `BadInput`."""
    options = Settings(__package__, settings)
    unusual, counts = options.number("unusual_percent"), read_counts(tables, options.today)
    first = options.today or counts.series.last + timedelta(1)
    lines, notes = daily.forecast(
        counts.series, first, options.whole("days"), counts.columns, counts.is_closed
    )
    acts = tuple(_act(line) for line in lines if _status(line, unusual) != USUAL)
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
    notes = [*counts.notes, *notes, *counts.calendar_warnings(lines[-1].day)]
    return Outcome(table, acts, tuple(notes), figures=figures, summary=_summary(lines, unusual))


def backtest(tables: Tables, settings: dict[str, Any], seed: int) -> Score:
    """Judge on the last year, forecast `lead_days` before. Raises `BadInput`."""
    lead, counts = Settings(__package__, settings).whole("lead_days"), read_counts(tables, None)
    share = float(settings.get(TRAINING_SHARE, 1.0))
    return daily.judge(__package__, counts.series, lead, counts.columns, share, seed)


def _status(line: Line, unusual: float) -> str:
    if abs(line.change) < unusual:
        return USUAL
    return CROWDED if line.change > 0 else CALM


def _row(line: Line, unusual: float) -> dict[str, Any]:
    return {
        "place": line.place,
        "day": line.day,
        "expected": round(line.expected, 1),
        "low": int(np.floor(line.low)),
        "high": int(np.ceil(line.high)),
        "usual": round(line.usual, 1),
        "status": _status(line, unusual),
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
    # As the table is ranked: crowds first, then the days furthest from their habit.
    away = max(lines, key=lambda line: (_status(line, unusual) == CROWDED, abs(line.change)))
    if _status(away, unusual) == USUAL:
        return f"Rien d’inhabituel n’est attendu du {short_day(lines[0].day)} au {short_day(lines[-1].day)}."
    more = "plus" if away.change > 0 else "moins"
    return f"À prévoir d’abord : {away.place}, {in_words(away.day)}, {fr(abs(round(away.change)))} % de {more} que d’habitude."
