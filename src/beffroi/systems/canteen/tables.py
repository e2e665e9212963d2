"""Output tables of a run, as the manifest declares them: by site and day, by day, by accepted risk, and the map.

In come the forecast and the options; out go Arrow tables. Each row of a table is a line that a person reads.
"""

from datetime import date
from itertools import groupby
from typing import Any

import pyarrow as pa

from beffroi.systems.canteen.forecast import Forecast, Line
from beffroi.systems.canteen.history import History
from beffroi.systems.canteen.options import RISKS, Options
from beffroi.systems.canteen.tradeoff import trades
from beffroi.systems.kit.words import share
from beffroi.systems.kit.writing import table

STRIKE, AS_USUAL = "grève annoncée", "jour ordinaire"


def build_site_table(history: History, made: Forecast, options: Options) -> pa.Table:
    """One row a site and day, sorted by day."""
    rows = [
        {
            **_forecast_row(history, line, options),
            "baseline": line.baseline,
            "town_order": history.planned.get((history.sites[line.site], line.day)),
            "announced": round(line.announced) if line.announced == line.announced else None,
            "lead": line.lead,
            "warning": STRIKE if line.strike else "",
        }
        for line in made.lines
    ]
    return table(__package__, "forecast", rows)


def build_day_table(made: Forecast, options: Options) -> pa.Table:
    """One row a day, all sites together; the interval is that of the sum, from past days forecast alike."""
    factors = {part.lead: part.calibration.total_factors(1) for part in made.parts}
    rows = []
    for day, lines in lines_by_day(made).items():
        low, high = factors[lines[0].lead]
        expected = sum(line.forecast for line in lines)
        rows.append(
            {
                "date": day,
                "forecast": round(expected, 1),
                "low": int(min(low, 1.0) * expected),
                "high": int(max(high, 1.0) * expected) + 1,
                "order": None if lines[0].strike else sum(line.orders[options.risk] for line in lines),
                "baseline": round(sum(line.baseline for line in lines), 1),
                "sites": len(lines),
                "lead": lines[0].lead,
                "warning": STRIKE if lines[0].strike else AS_USUAL,
            }
        )
    return table(__package__, "days", rows)


def build_risk_table(made: Forecast, options: Options) -> pa.Table:
    """One row an option of the dial: the meals to order on all days, and what is to be expected of it.

    The surplus in meals and in euros, and the services (one site, one day) where meals would lack, are the shares measured
    on past days, applied to the days forecast. `euros`: None where the price of a meal is unknown.
    """
    open_lines = [line for line in made.lines if not line.strike]
    expected = sum(line.forecast for line in open_lines)
    rows = []
    for option, trade in zip(RISKS, trades(made, tuple(option / 100 for option in RISKS)), strict=True):
        too_many = trade.surplus / 100 * expected
        rows.append(
            {
                "choice": share(option / 100, None),
                "shortage_risk": option,
                "order": sum(line.orders[trade.risk] for line in open_lines),
                "too_many": too_many,
                "euros": too_many * options.euros if options.euros else None,
                "lacking": trade.lacking * len(open_lines),
                "services": len(open_lines),
                "surplus": trade.surplus,
                "shortage": trade.shortage,
            }
        )
    return table(__package__, "risk", rows)


def build_map_table(
    history: History, made: Forecast, options: Options, shapes: dict[int, str]
) -> pa.Table | None:
    """One row a site whose place is known, for its next day with a proposal; None where no place is known."""
    rows: dict[int, dict[str, Any]] = {}
    for line in made.lines:
        if line.site in shapes and line.site not in rows and not line.strike:
            rows[line.site] = {**_forecast_row(history, line, options), "geometry": shapes[line.site]}
    return table(__package__, "sites", rows.values()) if rows else None


def lines_by_day(made: Forecast) -> dict[date, list[Line]]:
    """The lines of each day, in order."""
    return {day: list(lines) for day, lines in groupby(made.lines, key=lambda line: line.day)}


def _forecast_row(history: History, line: Line, options: Options) -> dict[str, Any]:
    return {
        "site": history.sites[line.site],
        "site_type": history.groups[line.site],
        "date": line.day,
        "forecast": line.forecast,
        "low": line.low,
        "high": line.high,
        "order": None if line.strike else line.orders[options.risk],
    }
