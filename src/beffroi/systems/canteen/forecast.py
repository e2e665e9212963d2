"""The forecast of the next school days, and the quantity proposed for each site and day, with its reasons in French.

In come a history and the options; out goes an `Outcome`: one row and one proposal a site and day. The margin is the one
that would have given the chosen shortage over the last school year of forecasts made in the same conditions.
"""

import math
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from beffroi.systems.canteen import features as described
from beffroi.systems.canteen import rolling
from beffroi.systems.canteen.calendar import in_french
from beffroi.systems.canteen.features import NAMES, Features
from beffroi.systems.canteen.history import History
from beffroi.systems.canteen.menus import CATEGORIES
from beffroi.systems.canteen.model import VERSION, Model, Predictions, Vector
from beffroi.systems.canteen.options import Options
from beffroi.systems.contract import BadInput, Outcome, ProposedAct, Tables

_RECENT_DAYS = 40  # served days that tell which sites are open, on which weekdays
_NOTABLE = 0.01  # effects under 1 % are not worth a sentence


def propose(history: History, tables: Tables, options: Options, seed: int) -> Outcome:
    """Forecast and propose. Raises `BadInput` where no day can be forecast."""
    notes = list(history.notes)
    past = described.build(history, tables, options.horizon, history.days)
    days = next_days(history, options.days)
    ahead = described.build(history, tables, options.horizon, days)
    rows = _served(history, ahead, notes)
    first = max(0, len(history.days) - rolling.CALIBRATION_DAYS)
    described_days = np.unique(past.day)
    if not len(rows) or len(described_days) < 10:
        raise BadInput(
            f"L’historique est trop court pour prévoir {options.horizon} jours à l’avance. Ajoutez les mois précédents "
            "ou réduisez le délai de prévision."
        )
    first = max(first, int(described_days[0]) + min(25, len(described_days) // 2))
    rolled = rolling.roll(history, past, options.horizon, first, seed)
    known = np.flatnonzero(rolled.usual & np.isfinite(rolled.predictions.middle))
    if len(known) < 20:
        raise BadInput(
            "L’historique est trop court pour régler la marge de sécurité : il faut au moins trois mois d’école."
        )
    k = rolling.margin(
        rolled.meals[known], rolled.predictions.middle[known], rolled.predictions.above[known], options.risk
    )
    factors = rolling.interval_factors(rolled.meals, rolled.predictions, known, (1 - rolling.STATED) / 2)
    model = Model(past, rolled.meals, np.flatnonzero(rolled.usual), seed)
    predictions = model.predict(ahead, rows)
    notes += _warnings(history, days, options)
    return _outcome(
        history, ahead, rows, predictions, model.effects(ahead, rows), k, factors, options, seed, notes
    )


def next_days(history: History, count: int) -> tuple[date, ...]:
    """The `count` next days on which the town serves meals, after the last known one."""
    recent = history.days[-60:]
    weekdays = {day.weekday() for day in recent}
    days: list[date] = []
    day = history.days[-1]
    for _ in range(400):
        day += timedelta(1)
        if day.weekday() in weekdays and not history.calendar.closed(day):
            days.append(day)
        if len(days) == count:
            break
    return tuple(days)


def _served(history: History, ahead: Features, notes: list[str]) -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Rows of sites still open, on the weekdays that each serves."""
    window = [index for index in range(len(history.days)) if history.usual[index]][-_RECENT_DAYS:]
    weekdays = np.array([history.days[index].weekday() for index in window])
    served = np.isfinite(history.meals[:, window])
    closed = [site for site, line in zip(history.sites, served, strict=True) if not line.any()]
    if closed:
        notes.append(
            f"{len(closed)} site(s) sans repas depuis {_RECENT_DAYS} jours servis ne sont pas prévus : "
            f"{', '.join(closed[:3])}{'…' if len(closed) > 3 else ''}."
        )
    share = np.zeros((len(history.sites), 7))
    for weekday in range(7):
        if (weekdays == weekday).any():
            share[:, weekday] = served[:, weekdays == weekday].mean(axis=1)
    when = np.array([day.weekday() for day in ahead.days], dtype=np.int64)
    return np.flatnonzero(share[ahead.site, when[ahead.day]] >= 0.25)


def _warnings(history: History, days: tuple[date, ...], options: Options) -> list[str]:
    notes: list[str] = []
    last = history.days[-1]
    holidays = history.calendar.holidays
    if not holidays or max(end for _, end in holidays) < days[-1]:
        notes.append(
            "Les vacances scolaires à venir ne sont pas connues : retirez vous-même les jours sans école, ou liez un calendrier."
        )
    far = [day for day in days if (day - last).days > options.horizon]
    if far:
        notes.append(
            f"À partir du {far[0]:%d/%m/%Y}, la prévision porte à plus de {options.horizon} jours : elle est moins sûre que mesuré."
        )
    strikes = [day for day in days if day in history.calendar.strikes]
    if strikes:
        notes.append(
            f"Grève annoncée le {', le '.join(f'{day:%d/%m/%Y}' for day in strikes)} : aucune quantité n’est proposée ces jours-là. "
            "Décidez avec les directions d’école."
        )
    return notes


def _outcome(
    history: History,
    ahead: Features,
    rows: "np.ndarray[Any, np.dtype[np.int64]]",
    predictions: Predictions,
    effects: Vector,
    k: float,
    factors: tuple[float, float],
    options: Options,
    seed: int,
    notes: list[str],
) -> Outcome:
    order = np.maximum(np.ceil(predictions.middle + k * predictions.above - 1e-9), 0)
    low = np.maximum(predictions.middle - factors[0] * predictions.below, 0)
    high = np.maximum(predictions.middle + factors[1] * predictions.above, low)
    lines: list[dict[str, Any]] = []
    proposals: list[ProposedAct] = []
    for place, row in enumerate(rows):
        site, day = int(ahead.site[row]), ahead.days[ahead.day[row]]
        strike = day in history.calendar.strikes
        line: dict[str, Any] = {
            "site": history.sites[site],
            "date": day,
            "forecast": round(float(predictions.middle[place]), 1),
            "low": math.floor(low[place]),
            "high": math.ceil(high[place]),
            "order": int(order[place]),
            "baseline": round(float(ahead.baseline[row]), 1),
            "warning": "grève annoncée" if strike else "",
        }
        lines.append(line)
        if strike:
            continue
        comparable = _last_same_days(history, site, day, options.horizon)
        proposals.append(
            ProposedAct(
                subject=f"{history.sites[site]}, {in_french(day)} {day.year}",
                value=float(line["order"]),
                unit="repas",
                low=float(line["low"]),
                high=float(line["high"]),
                reasons=_reasons(line, effects[place], ahead.values[row], comparable, options),
                evidence={
                    "site": history.sites[site],
                    "date": day.isoformat(),
                    "forecast": line["forecast"],
                    "baseline": line["baseline"],
                    "last_comparable": comparable,
                    "features": _features(ahead.values[row]),
                    "effects": {
                        NAMES[column]: round(float(effects[place, column]), 4)
                        for column in np.argsort(-np.abs(effects[place]))[:8]
                    },
                    "model": VERSION,
                    "seed": seed,
                    "horizon_days": options.horizon,
                    "shortage_risk": options.risk,
                    "margin_factor": round(k, 4),
                    "last_known_day": history.days[-1].isoformat(),
                },
            )
        )
    schema = pa.schema(
        [
            ("site", pa.string()),
            ("date", pa.date32()),
            ("forecast", pa.float64()),
            ("low", pa.int64()),
            ("high", pa.int64()),
            ("order", pa.int64()),
            ("baseline", pa.float64()),
            ("warning", pa.string()),
        ]
    )
    lines.sort(key=lambda line: (line["date"], line["site"]))
    return Outcome(pa.Table.from_pylist(lines, schema=schema), tuple(proposals), tuple(notes))


def _last_same_days(history: History, site: int, day: date, horizon: int) -> dict[str, int]:
    """The meals of the last comparable days of this site, known at that horizon."""
    found: dict[str, int] = {}
    for index in range(len(history.days) - 1, -1, -1):
        past = history.days[index]
        if (day - past).days < horizon or past.weekday() != day.weekday() or not history.usual[index]:
            continue
        if np.isfinite(history.meals[site, index]):
            found[past.isoformat()] = int(history.meals[site, index])
        if len(found) == 4:
            break
    return found


def _features(values: Vector) -> dict[str, float | None]:
    return {
        name: round(float(value), 4) if math.isfinite(value) else None
        for name, value in zip(NAMES, values, strict=True)
    }


_TOLD = {
    "jour de la semaine": "le jour de la semaine",
    "mois": "la période de l’année",
    "jours depuis la rentrée": "la période de l’année",
    "jours avant les vacances": "l’approche des vacances",
    "jours depuis les vacances": "le retour de vacances",
    "jours fermés juste avant": "le retour d’un congé",
    "jours fermés juste après": "la veille d’un congé",
    "pont": "le pont",
    "même période l’an dernier": "le niveau de la même période l’an dernier",
    "évolution du site l’an dernier": "l’évolution de ce site l’an dernier",
    "évolution de la ville l’an dernier": "l’évolution de la ville l’an dernier",
    "niveau des 5 derniers jours": "les derniers jours connus",
    "effectif rapporté à l’an dernier": "l’effectif de l’école cette année",
}


def _reasons(
    line: dict[str, Any], effects: Vector, values: Vector, comparable: dict[str, int], options: Options
) -> tuple[str, ...]:
    day: date = line["date"]
    name = in_french(day).capitalize()
    reasons = [
        f"{name} : {line['forecast']:.0f} repas attendus ; neuf fois sur dix, entre {line['low']} et {line['high']}."
    ]
    told: dict[str, float] = {}
    for column, share in enumerate(effects):
        feature = NAMES[column]
        if feature in CATEGORIES:
            if values[column] != 1:
                continue
            key = f"menu {feature}"
        elif feature in _TOLD:
            key = _TOLD[feature]
        else:
            continue
        told[key] = (1 + told.get(key, 0.0)) * (1 + float(share)) - 1
    notable = sorted(
        (item for item in told.items() if abs(item[1]) >= _NOTABLE), key=lambda item: -abs(item[1])
    )[:3]
    if notable:
        listed = ", ".join(f"{key} ({100 * share:+.0f} %)".replace("-", "−") for key, share in notable)
        reasons.append(f"Ce qui compte par rapport au niveau récent du site : {listed}.")
    if comparable:
        values_told = ", ".join(str(number) for number in comparable.values())
        reasons.append(
            f"Derniers {_plural(day)} connus {options.horizon} jours avant : {values_told} repas "
            f"(référence sans IA : {line['baseline']:.0f})."
        )
    extra = line["order"] - line["forecast"]
    percent = f"{100 * options.risk:.1f}".replace(".", ",")
    reasons.append(
        f"Quantité proposée : {line['order']} repas, soit {extra:+.0f} par rapport à l’attendu, pour un manque d’environ {percent} % "
        "des repas sur l’année.".replace("-", "−")
    )
    return tuple(reasons)


def _plural(day: date) -> str:
    return in_french(day).split(" ", 1)[0] + "s"
