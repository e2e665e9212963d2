"""Invented places for tests and for `beffroi check`: seeded, with the habits of a pool, a library and a town hall's desk."""

from datetime import date, timedelta

from beffroi.public_holidays import french_public_holidays
from beffroi.systems.contract import Tables
from beffroi.systems.kit.samples import Territory, counted, season, wandering
from beffroi.systems.kit.writing import input_table

# By place: mean, by weekday, how much summer and holidays add.
_PLACES = {
    "Piscine des Tilleuls": (320, (0.7, 0.8, 1.3, 0.8, 0.9, 1.5, 1.2), 0.35, 0.4),
    "Médiathèque Bellevue": (210, (0.0, 0.9, 1.5, 0.8, 1.0, 1.4, 0.0), -0.15, 0.1),
    "Accueil de la mairie": (95, (1.3, 1.0, 1.0, 0.9, 1.1, 0.4, 0.0), -0.1, -0.2),
}
_FIRST = date(2023, 9, 4)


def make_sample(seed: int = 0, days: int = 775) -> Tables:
    """Two years of three places; Mondays and Sundays closed where the profile says nothing comes."""
    town = Territory(seed, _FIRST, _FIRST + timedelta(days - 1))
    every, chance, pool = town.days, town.chance("attendance"), next(iter(_PLACES))
    # All places three days, the pool alone while it is emptied: some people still come to its door.
    emptied = {*chance.sample(every[60:], 3), every[-1] + timedelta(3)}
    closed = [(day, "") for day in chance.sample(every[60:], 3)] + [(day, pool) for day in sorted(emptied)]
    counts = []
    for place, (mean, week, summer, off) in _PLACES.items():
        for day, level in zip(every, wandering(chance, days), strict=True):
            expected = mean * week[day.weekday()] * level * (1 + summer * season(day))
            expected *= 1 + off * town.calendar.on_holiday(day)
            if expected == 0 or (day, "") in closed or day in french_public_holidays(day.year):
                continue
            expected *= 0.05 if (day, place) in closed else 1.0
            counts.append({"place": place, "date": day, "count": counted(chance, expected)})
    return {
        "counts": input_table(__package__, "counts", counts),
        "closures": input_table(
            __package__, "closures", ({"date": day, "place": place} for day, place in closed)
        ),
        **town.shared(__package__),
    }
