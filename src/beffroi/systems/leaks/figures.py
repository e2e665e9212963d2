"""Headline figures: water lost in a day, its cost in a year, sectors where a leak is likely.

In come the sectors' lines and losses; out go `Figure`s.
"""

from typing import Any

from beffroi.systems.contract import Figure
from beffroi.systems.kit.words import fr, plural, short_day
from beffroi.systems.leaks.losses import Loss
from beffroi.systems.leaks.options import Options
from beffroi.systems.leaks.sector import Reading


def build_figures(
    reading: Reading, found: list[Loss], lines: list[dict[str, Any]], options: Options
) -> list[Figure]:
    """The ends of the interval are the sums of those of the sectors: wider than 90 % where sectors err apart."""
    day = short_day(reading.readings.day(reading.readings.days - 1))
    base = f"{plural(len(lines), 'secteur', 'secteurs')}, le {day}, {reading.level}"
    total = 24 * sum(line["excess"] for line in lines)
    bounded = all(one.known for one in found)  # where a sector is not measured, nothing bounds the whole
    low, high = (24 * sum(line[key] for line in lines) if bounded else None for key in ("low", "high"))
    unlocated = 24 * sum(one.unlocated for one in found)
    if reading.study is not None and unlocated > 0:
        base += f", dont {fr(unlocated, 0)} m³ par jour pas encore situés"
    a_year = 365 * options.price
    suspected = sum(line["status"] == "fuite probable" for line in lines)
    return [
        Figure(
            "lost_a_day",
            "Eau perdue en un jour",
            round(total, 1),
            "m³",
            base,
            None if low is None else round(low, 1),
            None if high is None else round(high, 1),
            "lower",
        ),
        Figure(
            "cost_a_year",
            "Coût si rien n’est fait pendant un an",
            round(total * a_year),
            "€",
            f"{base}, {fr(options.price)} € le m³",
            None if low is None else round(low * a_year),
            None if high is None else round(high * a_year),
            "lower",
        ),
        Figure(
            "sectors",
            "Secteurs où une fuite est probable",
            float(suspected),
            "secteurs",
            base,
            better="lower",
        ),
    ]
