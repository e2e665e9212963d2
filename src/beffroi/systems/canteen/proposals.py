"""Proposed orders, one a site and day: the quantity at the chosen risk and at each option of the dial, its reasons, its evidence.

In come the forecast and the options; out go `ProposedAct`s. A day of announced strike has none: people decide.
"""

import math
from typing import Any

import numpy as np

from beffroi.systems.canteen.features import NAMES
from beffroi.systems.canteen.forecast import Forecast, Line
from beffroi.systems.canteen.history import History
from beffroi.systems.canteen.menus import CATEGORIES
from beffroi.systems.canteen.model import VERSION
from beffroi.systems.canteen.options import RISKS, Options
from beffroi.systems.contract import ProposedAct
from beffroi.systems.kit import words
from beffroi.systems.kit.arrays import Vector

_NOTABLE = 0.01  # effects under 1 % are not mentioned

_FEATURE_LABELS = {
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


def build_proposals(history: History, made: Forecast, options: Options, seed: int) -> tuple[ProposedAct, ...]:
    """In the order of the lines."""
    errors = {part.lead: part.calibration.site_errors(made.judged) for part in made.parts}
    return tuple(
        _act(history, line, options, seed, errors[line.lead].get(line.site))
        for line in made.lines
        if not line.strike
    )


def _act(
    history: History, line: Line, options: Options, seed: int, errors: tuple[float, float] | None
) -> ProposedAct:
    """`errors`: of the forecast and of the one without AI, measured at this site and this lead."""
    comparable = _last_comparable_days(history, line)
    evidence: dict[str, Any] = {
        "forecast": line.forecast,
        "baseline": line.baseline,
        "last_comparable": comparable,
        "features": {
            name: round(float(value), 4) if math.isfinite(value) else None
            for name, value in zip(NAMES, line.values, strict=True)
        },
        "effects": {
            NAMES[column]: round(float(line.effects[column]), 4)
            for column in np.argsort(-np.abs(line.effects))[:8]
        },
        "model": VERSION,
        "seed": seed,
        "horizon_days": line.lead,
        "shortage_risk": options.risk,
        "margin_factor": round(line.margin, 4),
        "last_known_day": history.days[-1].isoformat(),
    }
    if line.reference_order is not None:
        evidence["reference_order"] = line.reference_order
    if errors is not None:
        evidence["site_error"], evidence["site_reference_error"] = errors
    if math.isfinite(line.announced):
        evidence["announced_by_bookings"] = round(line.announced, 1)
    return ProposedAct(
        subject=f"{history.sites[line.site]}, {words.day(line.day)} {line.day.year}",
        value=float(line.orders[options.risk]),
        unit="repas",
        low=float(line.low),
        high=float(line.high),
        reasons=_reasons(line, comparable, options),
        evidence=evidence,
        key=f"{line.day.isoformat()}/{history.sites[line.site]}",
        day=line.day,
        place=history.sites[line.site],
        by_choice={f"{option:g}": float(line.orders[option / 100]) for option in RISKS},
    )


def _last_comparable_days(history: History, line: Line) -> dict[str, int]:
    """Meals of the last comparable days of this site, known at that lead."""
    found: dict[str, int] = {}
    for index in range(len(history.days) - 1, -1, -1):
        past = history.days[index]
        known = (line.day - past).days >= line.lead and history.usual[index]
        if known and past.weekday() == line.day.weekday() and np.isfinite(history.meals[line.site, index]):
            found[past.isoformat()] = int(history.meals[line.site, index])
        if len(found) == 4:
            break
    return found


def _reasons(line: Line, comparable: dict[str, int], options: Options) -> tuple[str, ...]:
    name = words.day(line.day).capitalize()
    reasons = [
        f"{name} : {line.forecast:.0f} repas attendus ; neuf fois sur dix, entre {line.low} et {line.high}."
    ]
    notable = _notable(line.values, line.effects)
    if notable:
        listed = ", ".join(f"{key} ({words.change(share)})" for key, share in notable)
        reasons.append(f"Ce qui compte par rapport au niveau récent du site : {listed}.")
    if abs(line.weather) >= _NOTABLE:
        reasons.append(f"La météo prévue change l’attendu de {words.change(line.weather)}.")
    if math.isfinite(line.announced):
        reasons.append(
            f"Les réservations du jour annoncent {line.announced:.0f} repas, d’après celles des jours passés."
        )
    if comparable:
        values_text = ", ".join(str(number) for number in comparable.values())
        reasons.append(
            f"Derniers {name.split()[0].lower()}s connus {line.lead} jours avant : {values_text} repas "
            f"(référence sans IA : {line.baseline:.0f})."
        )
    order = line.orders[options.risk]
    extra = order - round(line.forecast)
    reasons.append(
        f"Quantité proposée : {order} repas, soit {extra:+d} par rapport à l’attendu, pour un manque d’environ "
        f"{words.share(options.risk, None)} des repas sur l’année.".replace("-", "−")
    )
    return tuple(reasons)


def _notable(values: Vector, effects: Vector) -> list[tuple[str, float]]:
    """The three largest effects by label; effects of one label are combined."""
    shares: dict[str, float] = {}
    for column, share in enumerate(effects):
        feature = NAMES[column]
        if feature in CATEGORIES and values[column] == 1:
            key = f"menu {feature}"
        elif feature in _FEATURE_LABELS:
            key = _FEATURE_LABELS[feature]
        else:
            continue
        shares[key] = (1 + shares.get(key, 0.0)) * (1 + float(share)) - 1
    notable = (item for item in shares.items() if abs(item[1]) >= _NOTABLE)
    return sorted(notable, key=lambda item: -abs(item[1]))[:3]
