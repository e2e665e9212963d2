"""Weighed leftovers: what was thrown away a meal served, where somebody weighs it.

In come the optional table `leftovers` and a history; out go one headline figure, and notes on the rows left out.
"""

from datetime import date

import numpy as np

from beffroi.systems.canteen.history import History
from beffroi.systems.canteen.rows import site_key
from beffroi.systems.canteen.site_names import sites_by_key, unmatched_notes
from beffroi.systems.contract import Figure, Tables
from beffroi.systems.kit import cells
from beffroi.systems.kit.words import plural, short_day

_ENOUGH = 5  # weighings without which no average is given


def weigh(history: History, tables: Tables) -> tuple[tuple[Figure, ...], tuple[str, ...]]:
    """Grams thrown away a meal served, over the weighed services whose meals are known; nothing below five of them."""
    if "leftovers" not in tables:
        return (), ()
    place, column = sites_by_key(history), {day: index for index, day in enumerate(history.days)}
    rejected = cells.Rejected.of(__package__, "leftovers")
    weighed: dict[
        tuple[int, date], tuple[float, float]
    ] = {}  # kilograms and meals; weighed twice, the last counts
    for row in cells.rows(tables, "leftovers"):
        sites = place.get(site_key(row["site"]), ())
        day, kilos = cells.day(row["date"]), cells.number(row["kilos"])
        if day is None or kilos is None or kilos < 0:
            rejected.add("sans date ou sans poids positif")
            continue
        if len(sites) != 1 or day not in column:
            continue  # unknown names have their own note; the meals of the last days may not be known yet
        meals = history.meals[sites[0], column[day]]
        if np.isfinite(meals) and meals > 0:
            weighed[sites[0], day] = kilos, float(meals)
    notes = (*unmatched_notes(history, tables, "leftovers", "Restes pesés"), *rejected.notes())
    if len(weighed) < _ENOUGH:
        return (), notes
    kilos, meals = (sum(each) for each in zip(*weighed.values(), strict=True))
    days = sorted(day for _, day in weighed)
    base = f"{plural(len(weighed), 'pesée', 'pesées')}, du {short_day(days[0])} au {short_day(days[-1])}"
    figure = Figure(
        "weighed", "Restes pesés par repas servi", round(1000 * kilos / meals), "g", base, better="lower"
    )
    return (figure,), notes
