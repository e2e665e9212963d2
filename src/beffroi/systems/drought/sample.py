"""Invented rivers for tests and for `beffroi check`: seeded weather, and basins that are two leaking stores, one fast and one slow."""

import math
import random
from datetime import date, timedelta
from typing import Any

from beffroi.systems.contract import Tables
from beffroi.systems.kit.writing import input_table

# By station: area (km²), days of the fast and of the slow store, share of the slow one.
_STATIONS = {
    "La Verne à Pont-Neuf (inventée)": (310, 6, 80, 0.45),
    "Le Rouvray à Saint-Clair (inventée)": (120, 3, 45, 0.3),
    "L’Osière aux Moulins (inventée)": (540, 9, 140, 0.6),
}
_SHARES = {
    "vigilance": 0.2,
    "alerte": 0.12,
    "alerte renforcée": 0.07,
    "crise": 0.03,
}  # of days under the threshold


def make_sample(seed: int = 0, years: int = 6) -> Tables:
    """Daily flows of three stations up to a dry July, their weather, and two decrees."""
    rng = random.Random(seed)  # noqa: S311  (invented rivers, no secret)
    first = date(2025, 7, 10) - timedelta(365 * years)
    days = [first + timedelta(n) for n in range(365 * years)]
    flows, weather, thresholds = [], [], []
    rain = [_rain(rng, day) for day in days]
    for station, (area, fast_days, slow_days, slow_share) in _STATIONS.items():
        fast, slow, soil, error, known = 10.0, 120.0 * slow_share, 90.0, 0.0, []
        for day, fallen in zip(days, rain, strict=True):
            season = math.cos(2 * math.pi * (day.timetuple().tm_yday - 196) / 365)
            warm, own = 11 + 8 * season + rng.gauss(0, 2.5), round(fallen * rng.uniform(0.7, 1.3), 1)
            evaporation = round(max(0.1, 1.9 + 1.6 * season + rng.gauss(0, 0.3)), 1)
            soil = max(0.0, soil + own - evaporation * min(1.0, soil / 80))
            drained = max(0.0, soil - 100) * 0.3 + 0.004 * soil
            soil -= drained
            fast += (1 - slow_share) * drained - fast / fast_days
            slow += slow_share * drained - slow / slow_days
            error = 0.9 * error + rng.gauss(0, 0.02)
            flow = (fast / fast_days + slow / slow_days) * area / 86.4 * math.exp(error)
            known.append(round(flow, 4))
            weather.append(
                {
                    "station": station,
                    "date": day,
                    "rain": own,
                    "evaporation": evaporation,
                    "temperature": round(warm, 1),
                }
            )
        flows += [
            {"station": station, "date": day, "flow": flow} for day, flow in zip(days, known, strict=True)
        ]
        thresholds += _decrees(station, sorted(known), first)
    return {name: input_table(__package__, name, rows) for name, rows in (("flows", flows), ("weather", weather), ("thresholds", thresholds))}  # fmt: skip


def _rain(rng: random.Random, day: date) -> float:
    """Showers, fewer in summer; none for the last weeks of the sample."""
    wet = 0.42 + 0.1 * math.cos(2 * math.pi * day.timetuple().tm_yday / 365)
    return rng.expovariate(1 / 6.0) if rng.random() < wet and day < date(2025, 5, 20) else 0.0


def _decrees(station: str, ordered: list[float], first: date) -> list[dict[str, Any]]:
    """An old decree, and the one in force, a little stricter."""
    limits = {level: ordered[int(part * len(ordered))] for level, part in _SHARES.items()}
    return [
        {"station": station, "level": level, "flow": round(factor * limit, 3), "since": since}
        for since, factor in ((first, 0.9), (date(2023, 4, 1), 1.0))
        for level, limit in limits.items()
    ]
