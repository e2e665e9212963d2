"""Output tables of a run: sectors, pipes to inspect, nights, the journal of alarms.

In comes a `Reading`, with what each sector loses; out go Arrow tables, of the columns that the manifest declares.
"""

from typing import Any

import numpy as np
import pyarrow as pa

from beffroi.systems.leaks.losses import Loss, last_known
from beffroi.systems.leaks.options import Options
from beffroi.systems.leaks.pipe_shapes import pipe_shapes
from beffroi.systems.leaks.search_types import Leak
from beffroi.systems.leaks.sector import Reading

_NIGHTS = 400  # last nights written, by sector

SECTORS = pa.schema(
    [
        ("sector", pa.string()),
        ("day", pa.date32()),
        ("night", pa.float64()),
        ("expected", pa.float64()),
        ("excess", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("located", pa.float64()),
        ("unlocated", pa.float64()),
        ("since", pa.date32()),
        ("status", pa.string()),
        ("basis", pa.string()),
    ]
)
PIPES = pa.schema(
    [
        ("rank", pa.int64()),
        ("pipe", pa.string()),
        ("sector", pa.string()),
        ("chance", pa.float64()),
        ("flow", pa.float64()),
        ("length", pa.float64()),
        ("since", pa.date32()),
        ("shape", pa.string()),
    ]
)
NIGHTS = pa.schema(
    [
        ("sector", pa.string()),
        ("day", pa.date32()),
        ("night", pa.float64()),
        ("expected", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
    ]
)
ALARMS = pa.schema(
    [
        ("key", pa.string()),
        ("day", pa.date32()),
        ("sector", pa.string()),
        ("pipe", pa.string()),
        ("flow", pa.float64()),
        ("sure", pa.float64()),
        ("since", pa.date32()),
        ("status", pa.string()),
        ("ended", pa.date32()),
    ]
)


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
        best_leak: dict[int, tuple[float, Leak]] = {}
        for leak in leaks:
            for pipe, weight in zip(leak.places, leak.weights, strict=True):
                if (
                    int(pipe) not in best_leak
                    or best_leak[int(pipe)][0] * best_leak[int(pipe)][1].flow < weight * leak.flow
                ):
                    best_leak[int(pipe)] = (float(weight), leak)
        # What is found there on average, in m³/h, makes the order of the visits.
        ranked = sorted(best_leak.items(), key=lambda item: -item[1][0] * item[1][1].flow)[: options.pipes]
        for rank, (pipe, (weight, leak)) in enumerate(ranked, start=1):
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
    return pa.Table.from_pylist(rows, schema=PIPES)


def build_nights_table(reading: Reading) -> pa.Table:
    rows = [
        {
            "sector": watch.sector,
            "day": reading.readings.day(day),
            "night": round_hundredths(_or_none(watch.night[day])),
            "expected": round_hundredths(_or_none(watch.expected[day])),
            "low": round_hundredths(_or_none(watch.low[day])),
            "high": round_hundredths(_or_none(watch.high[day])),
        }
        for watch in reading.watches
        for day in range(max(0, len(watch.night) - _NIGHTS), len(watch.night))
        if np.isfinite(watch.expected[day])
    ]
    return pa.Table.from_pylist(rows, schema=NIGHTS)


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
    return pa.Table.from_pylist(sorted(rows, key=lambda row: (row["day"], row["key"])), schema=ALARMS)


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def round_hundredths(value: float | None) -> Any:
    return None if value is None else round(float(value), 2)
