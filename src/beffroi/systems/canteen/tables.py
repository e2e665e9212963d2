"""Output tables of a run, as the manifest declares them: by site and day, by day, by accepted risk, and the map.

In come the forecast and the options; out go Arrow tables. Each row of a table is a line that a person reads.
"""

from datetime import date
from typing import Any

import pyarrow as pa

from beffroi.systems.canteen.forecast import Forecast, Line
from beffroi.systems.canteen.history import History
from beffroi.systems.canteen.options import RISKS, Options
from beffroi.systems.canteen.tradeoff import trades
from beffroi.text import format_number

STRIKE, AS_USUAL = "grève annoncée", "jour ordinaire"

_BY_SITE = pa.schema(
    [
        ("site", pa.string()),
        ("site_type", pa.string()),
        ("date", pa.date32()),
        ("forecast", pa.float64()),
        ("low", pa.int64()),
        ("high", pa.int64()),
        ("order", pa.int64()),
        ("baseline", pa.int64()),
        ("town_order", pa.int64()),
        ("announced", pa.int64()),
        ("lead", pa.int64()),
        ("warning", pa.string()),
    ]
)
_BY_DAY = pa.schema(
    [
        ("date", pa.date32()),
        ("forecast", pa.float64()),
        ("low", pa.int64()),
        ("high", pa.int64()),
        ("order", pa.int64()),
        ("baseline", pa.float64()),
        ("sites", pa.int64()),
        ("lead", pa.int64()),
        ("warning", pa.string()),
    ]
)
_BY_RISK = pa.schema(
    [
        ("choice", pa.string()),
        ("shortage_risk", pa.float64()),
        ("order", pa.int64()),
        ("too_many", pa.int64()),
        ("euros", pa.int64()),
        ("lacking", pa.int64()),
        ("services", pa.int64()),
        ("surplus", pa.float64()),
        ("shortage", pa.float64()),
    ]
)
_BY_PLACE = pa.schema(
    [
        ("site", pa.string()),
        ("site_type", pa.string()),
        ("date", pa.date32()),
        ("forecast", pa.float64()),
        ("low", pa.int64()),
        ("high", pa.int64()),
        ("order", pa.int64()),
        ("geometry", pa.string()),
    ]
)


def build_site_table(history: History, made: Forecast, options: Options) -> pa.Table:
    """One row a site and day, sorted by day."""
    rows: list[dict[str, Any]] = [
        {
            **_forecast_row(history, line, options),
            "baseline": round(line.baseline),
            "town_order": _planned(history, line),
            "announced": round(line.announced) if line.announced == line.announced else None,
            "lead": line.lead,
            "warning": STRIKE if line.strike else "",
        }
        for line in made.lines
    ]
    return pa.Table.from_pylist(rows, schema=_BY_SITE)


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
    return pa.Table.from_pylist(rows, schema=_BY_DAY)


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
                "choice": f"{format_number(option, 'g')} %",
                "shortage_risk": option,
                "order": sum(line.orders[trade.risk] for line in open_lines),
                "too_many": round(too_many),
                "euros": round(too_many * options.euros) if options.euros else None,
                "lacking": round(trade.lacking * len(open_lines)),
                "services": len(open_lines),
                "surplus": trade.surplus,
                "shortage": trade.shortage,
            }
        )
    return pa.Table.from_pylist(rows, schema=_BY_RISK)


def build_map_table(
    history: History, made: Forecast, options: Options, shapes: dict[int, str]
) -> pa.Table | None:
    """One row a site whose place is known, for its next day with a proposal; None where no place is known."""
    rows: dict[int, dict[str, Any]] = {}
    for line in made.lines:
        if line.site in shapes and line.site not in rows and not line.strike:
            rows[line.site] = {**_forecast_row(history, line, options), "geometry": shapes[line.site]}
    return pa.Table.from_pylist(list(rows.values()), schema=_BY_PLACE) if rows else None


def lines_by_day(made: Forecast) -> dict[date, list[Line]]:
    """The lines of each day, in order."""
    found: dict[date, list[Line]] = {}
    for line in made.lines:
        found.setdefault(line.day, []).append(line)
    return found


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


def _planned(history: History, line: Line) -> int | None:
    planned = history.planned.get((history.sites[line.site], line.day))
    return None if planned is None else round(planned)
