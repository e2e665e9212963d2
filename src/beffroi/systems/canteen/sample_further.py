"""Optional tables of the invented town: bookings of the morning, weather, places of the sites.

In come what the town served and its days' moods; out go tables with the habits of real ones, from a seed of their own.
"""

import json
import math
import random
from datetime import date, timedelta

import pyarrow as pa

from beffroi.systems.contract import Tables

_BOOKED_SITES = 5  # in six: the last one keeps a paper list


def further(
    attendance: dict[str, list[object]], mood: dict[date, float], next_day: date, seed: int
) -> Tables:
    """`mood`: by day, the share by which the whole town ate more or less; `next_day`: the first day not served yet."""
    rng = random.Random(f"further {seed}")  # noqa: S311  (an invented town, no secret)
    names = sorted({str(site) for site in attendance["site"]})
    return {
        "bookings": _bookings(attendance, names, next_day, rng),
        "weather": _weather(mood, next_day, rng),
        "sites": _places(names, rng),
    }


def _bookings(
    attendance: dict[str, list[object]], names: list[str], next_day: date, rng: random.Random
) -> pa.Table:
    """Two readings a day in the last year: the morning's, then, lower in the file, the one of the week before."""
    comes = {name: rng.uniform(0.88, 0.97) for name in names}
    keeps = set(names[: max(1, len(names) * _BOOKED_SITES // 6)])
    begin = next_day - timedelta(365)
    last: dict[str, int] = {}
    rows: list[tuple[str, date, int]] = []
    for site, day, meals in zip(attendance["site"], attendance["date"], attendance["meals"], strict=True):
        if str(site) in keeps and isinstance(day, date) and isinstance(meals, int) and day >= begin:
            rows.append((str(site), day, meals))
            last[str(site)] = meals
    rows += [(site, next_day, round(meals * rng.gauss(1, 0.03))) for site, meals in sorted(last.items())]
    table: dict[str, list[object]] = {"site": [], "date": [], "booked": [], "taken_on": []}
    for site, day, meals in rows:
        for before, noise in ((0, 0.03), (7, 0.08)):
            table["site"].append(site)
            table["date"].append(day)
            table["booked"].append(max(1, round(meals / comes[site] * rng.gauss(1, noise))))
            table["taken_on"].append(day - timedelta(before))
    return pa.table(table)


def _weather(mood: dict[date, float], next_day: date, rng: random.Random) -> pa.Table:
    """Warm days go with good appetites here, rain with bad ones; neither explains all."""
    first = min(mood)
    days = [first + timedelta(step) for step in range((next_day - first).days + 8)]
    warmth, rain = [], []
    for day in days:
        season = 12 + 8 * math.cos((day - date(day.year, 7, 20)).days / 58)
        here = mood.get(day, 0.0)
        warmth.append(round(season + 300 * here + rng.gauss(0, 1), 1))
        rain.append(round(max(0.0, rng.gauss(-1, 4) - 200 * here), 1))
    return pa.table({"date": days, "temperature": warmth, "rain": rain})


def _places(names: list[str], rng: random.Random) -> pa.Table:
    """Half of the sites by longitude and latitude, the others by a GeoJSON point."""
    table: dict[str, list[object]] = {"site": [], "longitude": [], "latitude": [], "geometry": []}
    for number, name in enumerate(names):
        longitude, latitude = (
            round(2 + rng.uniform(-0.03, 0.03), 5),
            round(46 + rng.uniform(-0.02, 0.02), 5),
        )
        shaped = number % 2 == 1
        shape = json.dumps({"type": "Point", "coordinates": [longitude, latitude]})
        table["site"].append(name)
        table["longitude"].append(None if shaped else longitude)
        table["latitude"].append(None if shaped else latitude)
        table["geometry"].append(shape if shaped else None)
    return pa.table(table)
