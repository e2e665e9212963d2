"""Invented places for tests and for `beffroi check`: seeded, with the habits of a pool, a library and a town hall's desk."""

import math
import random
from datetime import date, timedelta

import pyarrow as pa

from beffroi.systems.contract import Tables
from beffroi.systems.kit.calendar import days_within
from beffroi.systems.public_holidays import french_public_holidays

# By place: mean, by weekday, how much summer and holidays add.
_PLACES = {
    "Piscine des Tilleuls": (320, (0.7, 0.8, 1.3, 0.8, 0.9, 1.5, 1.2), 0.35, 0.4),
    "Médiathèque Bellevue": (210, (0.0, 0.9, 1.5, 0.8, 1.0, 1.4, 0.0), -0.15, 0.1),
    "Accueil de la mairie": (95, (1.3, 1.0, 1.0, 0.9, 1.1, 0.4, 0.0), -0.1, -0.2),
}
_BREAKS = ((2, 15, 16), (4, 12, 16), (7, 6, 56), (10, 19, 16), (12, 21, 14))  # month, day, length


def make_sample(seed: int = 0, days: int = 775) -> Tables:
    """Two years of three places; Mondays and Sundays closed where the profile says nothing comes."""
    rng = random.Random(seed)  # noqa: S311  (an invented town, no secret)
    first = date(2023, 9, 4)
    every = [first + timedelta(n) for n in range(days)]
    breaks = [
        (date(year, month, day), date(year, month, day) + timedelta(length - 1))
        for year in (2023, 2024, 2025)
        for month, day, length in _BREAKS
    ]
    holidays = days_within(breaks)
    pool = next(iter(_PLACES))
    # All places three days, the pool alone while it is emptied: some people still come to its door.
    emptied = {*rng.sample(every[60:], 3), every[-1] + timedelta(3)}
    closed = [(day, "") for day in rng.sample(every[60:], 3)] + [(day, pool) for day in emptied]
    counts: dict[str, list[object]] = {"place": [], "date": [], "count": []}
    for place, (mean, week, summer, off) in _PLACES.items():
        level = 1.0
        for day in every:
            level = 0.97 * level + 0.03 + rng.gauss(0, 0.03)
            season = 1 + summer * math.cos(2 * math.pi * (day.timetuple().tm_yday - 200) / 365)
            known = mean * week[day.weekday()] * level * season * (1 + off * (day in holidays))
            if known == 0 or (day, "") in closed or day in french_public_holidays(day.year):
                continue
            known *= 0.05 if (day, place) in closed else 1.0
            counts["place"].append(place)
            counts["date"].append(day)
            counts["count"].append(float(max(0, round(rng.gauss(known, 1.5 * math.sqrt(known))))))
    return {
        "counts": pa.table(counts),
        "closures": pa.table({"date": [day for day, _ in closed], "place": [place for _, place in closed]}),
        "holidays": pa.table({"start": [first for first, _ in breaks], "end": [last for _, last in breaks]}),
    }
