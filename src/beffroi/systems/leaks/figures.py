"""Headline figures: water lost in a day, its cost in a year, sectors where a leak is likely.

In come the sectors' lines and losses; out go `Figure`s.
"""

from beffroi.systems.contract import Figure
from beffroi.systems.kit.words import fr, plural, short_day
from beffroi.systems.leaks.options import Options
from beffroi.systems.leaks.sector import Reading
from beffroi.systems.leaks.sector_states import LEAKING, SectorState
from beffroi.systems.leaks.tables import sector_line


def build_figures(reading: Reading, found: list[SectorState], options: Options) -> list[Figure]:
    """The ends of the interval are the sums of those of the sectors: wider than 90 % where sectors err apart."""
    lines = [sector_line(reading, one) for one in found]
    day = short_day(reading.readings.day(reading.readings.days - 1))
    base = f"{plural(len(lines), 'secteur', 'secteurs')}, le {day}, {reading.level}"
    hourly = sum(line["excess"] for line in lines)
    total = 24 * hourly
    bounded = all(one.loss.known for one in found)  # where a sector is not measured, nothing bounds the whole
    low, high = (24 * sum(line[key] for line in lines) if bounded else None for key in ("low", "high"))
    unlocated = 24 * sum(one.loss.unlocated for one in found)
    if reading.study is not None and unlocated > 0:
        base += f", dont {fr(unlocated, 0)} m³ par jour pas encore situés"
    suspected = sum(one.status == LEAKING for one in found)
    a_year, price = 365 * options.price, f"{base}, {fr(options.price)} € le m³"
    cost = (None if low is None else low * a_year, None if high is None else high * a_year)
    rises = [one.rise for one in found if one.rise is not None and one.status != LEAKING]
    risen = [24 * sum(part) for part in zip(*((one.flow, one.low, one.high) for one in rises), strict=True)]
    first = min((one.since for one in rises), default=0)
    since = f", depuis le {short_day(reading.readings.day(first))}" if rises else ""
    return [
        _figure(
            "lost_a_day", "Eau perdue en un jour", "m³", f"soit {fr(hourly)} m³/h, {base}", total, (low, high)
        ),
        _figure(
            "cost_a_year", "Coût si rien n’est fait pendant un an", "€", price, total * a_year, cost, None
        ),
        _figure("sectors", "Secteurs où une fuite est probable", "secteurs", base, float(suspected)),
        _figure("rise_a_day", "Hausse à expliquer, en un jour", "m³", base + since, *_with_ends(risen)),
    ]


def _with_ends(risen: list[float]) -> tuple[float, tuple[float | None, float | None]]:
    return (risen[0], (risen[1], risen[2])) if risen else (0, (None, None))


def _figure(
    key: str,
    label: str,
    unit: str,
    base: str,
    value: float,
    ends: tuple[float | None, float | None] = (None, None),
    digits: int | None = 1,
) -> Figure:
    """A figure that is better lower, rounded with its ends."""
    low, high = (None if end is None else round(end, digits) for end in ends)
    return Figure(key, label, round(value, digits), unit, base, low, high, "lower")
