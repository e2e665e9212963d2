"""AI system `drought`: lowest flows of rivers, week by week, and the chance of each level of the decree in force.

The two verbs of the contract are here; `reading` cleans, `forecast` looks ahead with `hydrology`, `judgement` judges, `sample` invents.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from beffroi.systems.contract import TRAINING_SHARE, BadInput, Figure, Outcome, ProposedAct, Score, Tables
from beffroi.systems.drought import forecast, judgement
from beffroi.systems.drought.reading import LEVELS, Rivers, read_rivers
from beffroi.systems.drought.sample import make_sample
from beffroi.systems.kit import writing
from beffroi.systems.kit.arrays import Vector
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
    week: int
    expected: float
    low: float
    high: float
    usual: float
    limits: dict[str, float]
    chances: dict[str, float]

    def level(self, least: float) -> str:
        """The worst level whose chance is `least` or more."""
        return next((level for level in reversed(LEVELS) if self.chances.get(level, 0.0) >= least), NONE)


def run(tables: Tables, settings: dict[str, Any], seed: int) -> Outcome:
    """Forecast the weeks after the last known flow. Raises `BadInput`."""
    options = Settings(__package__, settings)
    rivers, least = read_rivers(tables, options), options.number("act_percent") / 100
    if options.today and (options.today - rivers.flow.last).days > _STALE:
        raise BadInput(
            f"Le dernier débit connu est du {short_day(rivers.flow.last)} : c’est trop vieux. Versez les dernières semaines."
        )
    horizons = (forecast.MONTH, *(forecast.week(number + 1) for number in range(options.whole("weeks"))))
    month, *weeks = _lines(rivers, horizons, seed)
    lines = [line for one in weeks for line in one if line.day >= (options.today or line.day)]
    silent = [station for station in rivers.flow.places if station not in {line.station for line in month}]
    if not lines:
        raise forecast.too_short(rivers)
    now = {station: _level_now(rivers, station) for station in rivers.flow.places}
    acts = _acts(lines, now, least)
    notes = (
        (f"Trop peu de débits, ou aucun depuis dix jours ; pas de prévision : {listed(silent)}.",)
        if silent
        else ()
    )
    alarming = sorted({act.place for act in acts})
    base = f"{plural(len(month), 'station', 'stations')}, du {short_day(lines[0].day)} au {short_day(lines[-1].day)}"
    figures = (
        Figure("warned", "Stations à prévenir", float(len(alarming)), "stations", base, better="lower"),
        Figure("below", "Stations déjà sous un seuil", float(sum(one != NONE for one in now.values())), "stations", f"dix jours jusqu’au {short_day(rivers.flow.last)}", better="lower"),
    )  # fmt: skip
    return Outcome(
        writing.table(__package__, "forecast", (_row(line, least) for line in lines)),
        acts,
        (*rivers.notes, *notes),
        layers={
            "month": writing.table(
                __package__, "month", (_row(line, least, now[line.station]) for line in month)
            )
        },
        figures=figures,
        summary=f"À prévenir d’abord : {listed(alarming)}."
        if alarming
        else f"Aucun nouveau niveau n’est à craindre jusqu’au {short_day(lines[-1].day)}.",
    )


def backtest(tables: Tables, settings: dict[str, Any], seed: int) -> Score:
    """Judge on the second half of the history, learned on the first. Raises `BadInput`."""
    rivers = read_rivers(tables, Settings(__package__, settings))
    return judgement.judge(__package__, rivers, float(settings.get(TRAINING_SHARE, 1.0)), seed)


def _lines(rivers: Rivers, horizons: tuple[forecast.Horizon, ...], seed: int) -> list[list[Line]]:
    """By horizon, the line of each station that can be forecast."""
    origins = forecast.origins_of(rivers)
    views = forecast.look(rivers, origins, rivers.flow.days, horizons, seed)
    found: list[list[Line]] = []
    for rank, horizon in enumerate(horizons):
        made = forecast.quantiles(views, horizon, rank)[:, -1]
        came, until = forecast.lowest(rivers.flow.values, horizon), rivers.flow.days - horizon[1]
        usual = climatology(came, rivers.flow.first, origins[-1:], until, range(-7, 8))[:, 0]
        day = rivers.flow.last + timedelta(horizon[1])
        found.append([])
        for station, ordered, past in zip(rivers.flow.places, made, usual, strict=True):
            if np.isfinite(ordered).all():
                found[-1].append(_line(rivers, station, day, rank, ordered, past))
    return found


def _line(rivers: Rivers, station: str, day: date, week: int, ordered: Vector, past: Vector) -> Line:
    limits = rivers.thresholds(station, day)
    tails = (0.5, (1 - forecast.STATED) / 2, (1 + forecast.STATED) / 2)
    expected, low, high = (float(np.quantile(ordered, tail)) for tail in tails)
    usual = float(np.median(past[np.isfinite(past)])) if np.isfinite(past).any() else float("nan")
    chances = {level: probability_below(ordered, limit) for level, limit in limits.items()}
    return Line(station, day, week, expected, low, high, usual, limits, chances)


def _level_now(rivers: Rivers, station: str) -> str:
    """The worst level whose threshold is above the mean of the last ten days."""
    recent = rivers.flow.values[rivers.flow.places.index(station), -forecast.AVERAGED :]
    known = recent[np.isfinite(recent)]
    limits = rivers.thresholds(station, rivers.flow.last) if len(known) else {}
    return next(
        (level for level in reversed(LEVELS) if level in limits and known.mean() < limits[level]), NONE
    )


def _row(line: Line, least: float, now: str = "") -> dict[str, Any]:
    chances = {
        f"p{rank}": round(100 * line.chances[level], 1)
        for rank, level in enumerate(LEVELS, 1)
        if level in line.chances
    }
    flows = {name: float(f"{getattr(line, name):.4g}") for name in ("expected", "low", "high", "usual")}
    row = {"station": line.station, "day": line.day, **flows, "status": line.level(least), **chances}
    return row | ({"now": now} if now else {"week": line.week})


def _acts(lines: list[Line], now: dict[str, str], least: float) -> tuple[ProposedAct, ...]:
    """By station, one act for the worst level to come, on the first week of it; none where the river is there already."""
    rank = (NONE, *LEVELS).index
    found = []
    for station in dict.fromkeys(line.station for line in lines):
        own = [line for line in lines if line.station == station]
        worst = max((line.level(least) for line in own), key=rank)
        if rank(worst) > rank(now[station]):
            found.append(
                _act(next(line for line in own if line.level(least) == worst), worst, now[station], own)
            )
    return tuple(sorted(found, key=lambda act: (act.day, act.place)))


def _act(line: Line, level: str, now: str, own: list[Line]) -> ProposedAct:
    return ProposedAct(
        subject=f"{line.station} : préparer le niveau « {level} »",
        value=float(f"{line.expected:.3g}"),
        unit="m³/s",
        low=float(f"{line.low:.3g}"),
        high=float(f"{line.high:.3g}"),
        reasons=(
            f"Le seuil « {level} » de l’arrêté est à {fr(line.limits[level], 3)} m³/s.",
            f"Dans la semaine qui finit le {in_words(line.day)}, le débit le plus bas a {share(line.chances[level], 0)} de chances de passer dessous.",
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
        about=f"{share(line.chances[level], 0)} de chances dans {plural(line.week, 'semaine', 'semaines')}",
    )
