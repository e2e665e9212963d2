"""AI system `drought`: lowest flows of rivers, week by week, and the chance of each level of the decree in force.

The two verbs of the contract are here; `reading` cleans, `forecast` looks ahead with `hydrology`, `judgement` judges, `sample` invents.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from beffroi.systems.contract import TRAINING_SHARE, BadInput, Figure, Outcome, ProposedAct, Score, Tables
from beffroi.systems.drought import forecast, judgement
from beffroi.systems.drought.reading import LEVELS, Rivers, read_rivers
from beffroi.systems.drought.sample import make_sample
from beffroi.systems.kit import writing
from beffroi.systems.kit.baselines import climatology
from beffroi.systems.kit.probabilistic import probability_below
from beffroi.systems.kit.settings import Settings
from beffroi.systems.kit.words import day as in_words
from beffroi.systems.kit.words import fr, listed, plural, share, short_day

__all__ = ["backtest", "make_sample", "run"]

NONE = "aucun niveau"
_STALE = 28  # days between the last known flow and the day of the calculation


@dataclass(frozen=True)
class Line:
    """One station and horizon: `day` is its last one, `chances` by level of the decree in force on that day, flows in m³/s."""

    station: str
    day: date
    week: int  # 0: the month
    expected: float
    low: float
    high: float
    usual: float
    limits: Mapping[str, float]
    chances: Mapping[str, float]

    def level(self, least: float) -> str:
        """The worst level whose chance is `least` or more."""
        return next((level for level in reversed(LEVELS) if self.chances.get(level, 0.0) >= least), NONE)

    def row(self, least: float) -> dict[str, Any]:
        """The cells that the two output tables share."""
        flows = {name: float(f"{getattr(self, name):.4g}") for name in ("expected", "low", "high", "usual")}
        chances = {f"p{1 + LEVELS.index(level)}": round(100 * one, 1) for level, one in self.chances.items()}
        return {"station": self.station, "day": self.day, **flows, "status": self.level(least), **chances}


def run(tables: Tables, settings: dict[str, Any], seed: int) -> Outcome:
    """Forecast the weeks after the last known flow. Raises `BadInput`."""
    options = Settings(__package__, settings)
    rivers, least = read_rivers(tables, options), options.number("act_percent") / 100
    last, stations = rivers.flow.last, rivers.flow.places
    if options.today and (options.today - last).days > _STALE:
        raise BadInput(
            f"Le dernier débit connu est du {short_day(last)} : c’est trop vieux. Versez les dernières semaines."
        )
    horizons = (forecast.MONTH, *(forecast.week(number + 1) for number in range(options.whole("weeks"))))
    every = list(_lines(rivers, horizons, seed))
    month = [line for line in every if not line.week]
    lines = [line for line in every if line.week and line.day >= (options.today or line.day)]
    if not lines:
        raise forecast.too_short(rivers)
    now = {station: _level_now(rivers, station) for station in stations}
    acts, notes = _acts(lines, now, least), list(rivers.notes)
    alarming = list(dict.fromkeys(act.place for act in acts))
    if silent := sorted(set(stations) - {line.station for line in month}):
        notes.append(f"Trop peu de débits, ou aucun depuis dix jours ; pas de prévision : {listed(silent)}.")
    base = f"{plural(len(month), 'station', 'stations')}, du {short_day(lines[0].day)} au {short_day(lines[-1].day)}"
    below = float(sum(level != NONE for level in now.values()))
    figures = (
        Figure("warned", "Stations à prévenir", float(len(alarming)), "stations", base, better="lower"),
        Figure("below", "Stations déjà sous un seuil", below, "stations", f"dix jours jusqu’au {short_day(last)}", better="lower"),
    )  # fmt: skip
    weeks = [line.row(least) | {"week": line.week} for line in lines]
    months = [line.row(least) | {"now": now[line.station]} for line in month]
    return Outcome(
        writing.table(__package__, "forecast", weeks),
        acts,
        tuple(notes),
        layers={"month": writing.table(__package__, "month", months)},
        figures=figures,
        summary=_summary(lines, now, alarming, least),
    )


def backtest(tables: Tables, settings: dict[str, Any], seed: int) -> Score:
    """Judge on the second half of the history, learned on the first. Raises `BadInput`."""
    rivers = read_rivers(tables, Settings(__package__, settings))
    return judgement.judge(__package__, rivers, float(settings.get(TRAINING_SHARE, 1.0)), seed)


def _lines(rivers: Rivers, horizons: tuple[forecast.Horizon, ...], seed: int) -> Iterator[Line]:
    """By horizon, then by station, those that can be forecast."""
    flow, origins = rivers.flow, forecast.origins_of(rivers)
    views = forecast.look(rivers, origins, flow.days, horizons, seed)
    tails = 0.5, (1 - forecast.STATED) / 2, (1 + forecast.STATED) / 2
    for week, horizon in enumerate(horizons):
        made = forecast.quantiles(views, horizon, week)[:, -1]
        came, day = forecast.lowest(flow.values, horizon), flow.last + timedelta(horizon[1])
        past = climatology(came, flow.first, origins[-1:], flow.days - horizon[1], range(-7, 8))[:, 0]
        for station, ordered, usual in zip(flow.places, made, past, strict=True):
            if np.isfinite(ordered).all():
                limits, known = rivers.thresholds(station, day), usual[np.isfinite(usual)]
                chances = {
                    level: probability_below(ordered, limits[level]) for level in LEVELS if level in limits
                }
                expected, low, high = (float(one) for one in np.quantile(ordered, tails))
                median = float(np.median(known)) if len(known) else float("nan")
                yield Line(station, day, week, expected, low, high, median, limits, chances)


def _ranked(lines: list[Line], least: float) -> list[Line]:
    """As the table of weeks is ranked: the worst level first, then the flow furthest from that of the other years."""
    rank = (NONE, *LEVELS).index
    return sorted(
        lines,
        key=lambda line: (
            -rank(line.level(least)),
            -abs(line.expected - line.usual) / line.usual if line.usual > 0 else 0.0,
        ),
    )


def _summary(lines: list[Line], now: dict[str, str], alarming: list[str], least: float) -> str:
    """The river that comes first in the table, then the others to warn."""
    worst = _ranked(lines, least)[0]
    level = worst.level(least)
    if level == NONE:
        return f"Aucun nouveau niveau n’est à craindre jusqu’au {short_day(lines[-1].day)}."
    others = [station for station in alarming if station != worst.station]
    also = f" À prévenir aussi : {listed(others)}." if others else ""
    if worst.station in alarming:
        return f"À prévenir d’abord : {worst.station}, niveau « {level} ».{also}"
    return f"Reste au niveau « {level} » : {worst.station}.{also}"


def _level_now(rivers: Rivers, station: str) -> str:
    """The worst level whose threshold is above the mean of the last ten days."""
    recent = rivers.flow.values[rivers.flow.places.index(station), -forecast.AVERAGED :]
    known = recent[np.isfinite(recent)]
    limits = rivers.thresholds(station, rivers.flow.last) if len(known) else {}
    reached = [level for level in LEVELS if level in limits and known.mean() < limits[level]]
    return reached[-1] if reached else NONE


def _acts(lines: list[Line], now: dict[str, str], least: float) -> tuple[ProposedAct, ...]:
    """By station, one act for the worst level to come, on the first week of it; none where the river is there already."""
    rank, found = (NONE, *LEVELS).index, []
    for station in dict.fromkeys(line.station for line in lines):
        own = [line for line in lines if line.station == station]
        first = max(own, key=lambda line: rank(line.level(least)))
        if rank(level := first.level(least)) > rank(now[station]):
            found.append(_act(first, level, now[station], own))
    return tuple(sorted(found, key=lambda act: (act.day, act.place)))


def _act(line: Line, level: str, now: str, own: list[Line]) -> ProposedAct:
    chance = share(line.chances[level], 0)
    return ProposedAct(
        subject=f"{line.station} : préparer le niveau « {level} »",
        value=float(f"{line.expected:.3g}"),
        unit="m³/s",
        low=float(f"{line.low:.3g}"),
        high=float(f"{line.high:.3g}"),
        reasons=(
            f"Le seuil « {level} » de l’arrêté est à {fr(line.limits[level], 3)} m³/s.",
            f"Dans la semaine qui finit le {in_words(line.day)}, le débit le plus bas a {chance} de chances de passer dessous.",
            f"Niveau des dix derniers jours : {now}.",
        ),
        evidence={
            "threshold": line.limits[level],
            "chance_by_week": {one.day.isoformat(): round(one.chances.get(level, 0.0), 3) for one in own},
            "expected_by_week": {one.day.isoformat(): float(f"{one.expected:.4g}") for one in own},
        },
        key=f"{line.station}/{level}",
        day=line.day,
        place=line.station,
        about=f"{chance} de chances dans {plural(line.week, 'semaine', 'semaines')}",
    )
