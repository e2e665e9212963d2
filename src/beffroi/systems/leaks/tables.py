"""Output tables of a run: sectors, pipes to inspect, nights, the journal of alarms.

In comes a `Reading`, with what each sector loses; out go Arrow tables, of the columns that the manifest declares.
"""

from typing import Any

import numpy as np
import pyarrow as pa

from beffroi.systems.kit.writing import table
from beffroi.systems.leaks.losses import Loss, last_known
from beffroi.systems.leaks.options import Options
from beffroi.systems.leaks.pipe_shapes import pipe_shapes
from beffroi.systems.leaks.search_types import Leak
from beffroi.systems.leaks.sector import Reading

_NIGHTS = 400  # last nights written, by sector


def sector_line(reading: Reading, row: int, found: Loss) -> dict[str, Any]:
    """The state of a sector on the last day. What is not located is a probable leak where a night alarm is active too."""
    last = reading.readings.days - 1
    watch = reading.watches[row]
    status = "calme"
    if found.located > 0 or (found.unlocated > 0 and watch.current):
        status = "fuite probable"
    elif found.unlocated > 0 or watch.current or not found.known:
        status = "à surveiller"
    # A tenth of m³/h: no more is known, and finer figures would tell of single readings.
    located, unlocated = round(found.located, 1), round(found.unlocated, 1)
    excess = round(located + unlocated, 1)
    return {
        "sector": watch.sector,
        "day": reading.readings.day(last),
        "night": round_hundredths(last_known(watch.night, last)),
        "expected": round_hundredths(last_known(watch.expected, last)),
        "excess": excess,
        "low": min(excess, round(found.low, 1)) if found.known else None,
        "high": max(excess, round(found.high, 1)) if found.known else None,
        "located": located,
        "unlocated": unlocated,
        "since": None if found.since is None else reading.readings.day(found.since),
        "status": status,
        "basis": reading.level,
    }


def build_pipes_table(reading: Reading, leaks: list[Leak], options: Options, notes: list[str]) -> pa.Table:
    rows: list[dict[str, Any]] = []
    if reading.network is not None and reading.study is not None:
        texts, note = pipe_shapes(reading.network)
        if note:
            notes.append(note)
        # What is found in a pipe on average, in m³/h, makes the order of the visits.
        best: dict[int, tuple[float, float, Leak]] = {}
        for leak in leaks:
            for pipe, weight in zip(leak.places.tolist(), leak.weights.tolist(), strict=True):
                if pipe not in best or best[pipe][0] < weight * leak.flow:
                    best[pipe] = (weight * leak.flow, weight, leak)
        ranked = sorted(best.items(), key=lambda item: -item[1][0])[: options.pipes]
        for rank, (pipe, (_, weight, leak)) in enumerate(ranked, start=1):
            rows.append(
                {
                    "rank": rank,
                    "pipe": reading.network.pipes.names[pipe],
                    "sector": reading.study.zones[reading.study.zone_of[pipe]],
                    "chance": round(100 * weight, 1),
                    "flow": round_hundredths(leak.flow),
                    "length": round(float(reading.network.pipes.length[pipe]), 1),
                    "since": reading.readings.day(leak.since),
                    "shape": texts[pipe] or None,
                }
            )
    return table(__package__, "pipes", rows)


def build_nights_table(reading: Reading) -> pa.Table:
    rows = [
        {
            "sector": watch.sector,
            "day": reading.readings.day(day),
            "night": round_hundredths(watch.night[day]),
            "expected": round_hundredths(watch.expected[day]),
            "low": round_hundredths(watch.low[day]),
            "high": round_hundredths(watch.high[day]),
        }
        for watch in reading.watches
        for day in range(max(0, len(watch.night) - _NIGHTS), len(watch.night))
        if np.isfinite(watch.expected[day])
    ]
    return table(__package__, "nights", rows)


def build_alarms_table(reading: Reading) -> pa.Table:
    """Every alarm as it was, or would have been, raised: its day, its pipe of that day, and how it ended."""
    rows: list[dict[str, Any]] = []
    day_of = reading.readings.day
    if reading.study is not None and reading.network is not None:
        for leak in reading.leaks:
            name = reading.network.pipes.names[leak.named_pipe]
            rows.append(
                {
                    "key": f"{name} {day_of(leak.day).isoformat()}",
                    "day": day_of(leak.day),
                    "sector": reading.study.zones[reading.study.zone_of[leak.named_pipe]],
                    "pipe": name,
                    "flow": round_hundredths(leak.alarm_flow),
                    "sure": round(100 * leak.sure, 1),
                    "since": day_of(leak.since),
                    "status": leak.end or "en cours",
                    "ended": None if leak.closed is None else day_of(leak.closed),
                }
            )
    else:
        for watch in reading.watches:
            for raised, since, end, size in watch.alarms:
                rows.append(
                    {
                        "key": f"{watch.sector} {day_of(raised).isoformat()}",
                        "day": day_of(raised),
                        "sector": watch.sector,
                        "pipe": None,
                        "flow": round_hundredths(size),
                        "sure": None,
                        "since": day_of(since),
                        "status": "en cours" if end is None else "disparue",
                        "ended": None if end is None else day_of(end),
                    }
                )
    return table(__package__, "alarms", sorted(rows, key=lambda row: (row["day"], row["key"])))


def round_hundredths(value: float | None) -> Any:
    return None if value is None else round(float(value), 2)
