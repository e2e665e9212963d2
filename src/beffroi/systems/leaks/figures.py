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
    total = 24 * sum(line["excess"] for line in lines)
    bounded = all(one.loss.known for one in found)  # where a sector is not measured, nothing bounds the whole
    low, high = (24 * sum(line[key] for line in lines) if bounded else None for key in ("low", "high"))
    unlocated = 24 * sum(one.loss.unlocated for one in found)
    if reading.study is not None and unlocated > 0:
        base += f", dont {fr(unlocated, 0)} m³ par jour pas encore situés"
    a_year = 365 * options.price
    suspected = sum(one.status == LEAKING for one in found)
    rises = [one.rise for one in found if one.rise is not None and one.status != LEAKING]
    risen = 24 * sum(rise.flow for rise in rises)
    since = (
        f", depuis le {short_day(reading.readings.day(min(rise.since for rise in rises)))}" if rises else ""
    )
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
        Figure(
            "rise_a_day",
            "Hausse à expliquer, en un jour",
            round(risen, 1),
            "m³",
            base + since,
            round(24 * sum(rise.low for rise in rises), 1) if rises else None,
            round(24 * sum(rise.high for rise in rises), 1) if rises else None,
            "lower",
        ),
    ]
