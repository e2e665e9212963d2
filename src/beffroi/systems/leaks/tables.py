"""Output tables of a run: sectors, pipes to inspect, nights, the journal of alarms.

In comes a `Reading`, with what each sector loses; out go Arrow tables, of the columns that the manifest declares.
"""

from typing import Any

import numpy as np
import pyarrow as pa

from beffroi.systems.kit.words import listed
from beffroi.systems.kit.writing import table
from beffroi.systems.leaks.judgeable import Obstacle
from beffroi.systems.leaks.losses import last_known
from beffroi.systems.leaks.options import Options
from beffroi.systems.leaks.pipe_shapes import joined_shapes, pipe_shapes
from beffroi.systems.leaks.reasons import sentence
from beffroi.systems.leaks.search_types import Leak
from beffroi.systems.leaks.sector import Reading
from beffroi.systems.leaks.sector_states import SectorState

_OBSTACLE = ("subject", "problem", "remedy")
_NIGHTS = 400  # last nights written, by sector
_AREAS, _LEAST_SHARE = 6, 0.03  # areas listed at most, and how likely one must be


def sector_line(reading: Reading, found: SectorState) -> dict[str, Any]:
    """The state of a sector on the last day. A tenth of m³/h: no more is known, and finer figures would tell of single readings."""
    last = reading.readings.days - 1
    loss, watch, rise = found.loss, found.watch, found.rise
    located, unlocated = round(loss.located, 1), round(loss.unlocated, 1)
    excess = round(located + unlocated, 1)
    since = loss.since if loss.since is not None or rise is None else rise.since
    return {
        "sector": found.sector,
        "day": reading.readings.day(last),
        "night": None if watch is None else round_hundredths(last_known(watch.night, last)),
        "expected": None if watch is None else round_hundredths(last_known(watch.expected, last)),
        "excess": excess,
        "low": min(excess, round(loss.low, 1)) if loss.known else None,
        "high": max(excess, round(loss.high, 1)) if loss.known else None,
        "located": located,
        "unlocated": unlocated,
        "rise": None if rise is None else round(rise.flow, 1),
        "since": None if since is None else reading.readings.day(since),
        "status": found.status,
    }


def build_obstacles_table(obstacles: list[Obstacle]) -> pa.Table:
    texts = ((one.subject, sentence(one.problem), sentence(one.remedy)) for one in obstacles)
    return table(__package__, "obstacles", [dict(zip(_OBSTACLE, row, strict=True)) for row in texts])


def build_areas_table(reading: Reading, found: list[SectorState]) -> pa.Table:
    """Where to look for what no pipe explains: the parts of the network, the likeliest first."""
    rows: list[dict[str, Any]] = []
    for one in found:
        if not one.to_look_for or one.suspicion is None or reading.areas is None:
            continue
        areas, texts = reading.areas.areas, pipe_shapes(reading.known_network)[0]
        metres = areas.metres(reading.known_network)
        for area in np.argsort(-one.suspicion.shares, kind="stable")[:_AREAS].tolist():
            if one.suspicion.shares[area] < _LEAST_SHARE:
                continue
            own = np.flatnonzero(areas.of_pipe == area).tolist()
            streets = dict.fromkeys(reading.known_network.streets[pipe] for pipe in own)
            rows.append(
                {
                    "area": f"autour du capteur {areas.sensors[area]}",
                    "sector": one.sector,
                    "chance": round(100 * float(one.suspicion.shares[area]), 1),
                    "length": round(metres[area] / 1000, 1),
                    "streets": listed(filter(None, streets), 6),
                    "shape": next(joined_shapes(texts[pipe] for pipe in own), None),
                }
            )
    return table(__package__, "areas", rows)


def first_day(found: SectorState) -> int:
    """Since when the water that is looked for is lost."""
    if found.rise is not None:
        return found.rise.since
    if found.loss.since is not None:
        return found.loss.since
    return found.suspicion.since if found.suspicion is not None else 0


def flow_to_find(found: SectorState) -> float:
    """m³/h that no pipe explains."""
    if found.loss.unlocated > 0:
        return found.loss.unlocated
    if found.rise is not None:
        return found.rise.flow
    return found.suspicion.flow if found.suspicion is not None else 0.0


def build_pipes_table(
    reading: Reading, leaks: list[Leak], found: list[SectorState], options: Options, notes: list[str]
) -> pa.Table:
    """The pipes to inspect: those of the leaks located, then those of the areas suspected."""
    network, study = reading.network, reading.study
    if network is None or study is None:
        return table(__package__, "pipes", [])
    texts, note = pipe_shapes(network)
    notes += [note] if note else []
    sought = [(leak.flow, leak.since, leak.places, leak.weights) for leak in leaks]
    sought += [
        (flow_to_find(one), first_day(one), one.suspicion.places, one.suspicion.weights)
        for one in found
        if one.to_look_for and one.suspicion is not None
    ]
    # What is found in a pipe on average, in m³/h, makes the order of the visits, sector after sector as their table has them.
    best: dict[int, tuple[float, float, float, int]] = {}
    for flow, since, pipes, weights in sought:
        for pipe, weight in zip(pipes.tolist(), weights.tolist(), strict=True):
            best[pipe] = max(best.get(pipe, (-1.0, 0.0, 0.0, 0)), (weight * flow, weight, flow, since))
    likeliest = sorted(best.items(), key=lambda item: -item[1][0])[: options.pipes]
    sectors = [one.sector for one in found]
    order = {zone: sectors.index(zone) if zone in sectors else len(sectors) for zone in study.zones}
    ranked = sorted(likeliest, key=lambda item: order[study.zones[study.zone_of[item[0]]]])
    rows = [
        {
            "rank": rank,
            "pipe": network.pipes.names[pipe],
            "street": network.streets[pipe] or None,
            "sector": study.zones[study.zone_of[pipe]],
            "chance": round(100 * weight, 1),
            "flow": round_hundredths(flow),
            "length": round(float(network.pipes.length[pipe]), 1),
            "since": reading.readings.day(since),
            "shape": texts[pipe] or None,
        }
        for rank, (pipe, (_, weight, flow, since)) in enumerate(ranked, start=1)
    ]
    return table(__package__, "pipes", rows)


def build_network_table(reading: Reading) -> pa.Table:
    """The whole network, joined: the ground of the maps."""
    network = reading.network
    shapes = [] if network is None or reading.study is None else joined_shapes(pipe_shapes(network)[0])
    return table(
        __package__, "network", [{"part": str(rank), "shape": one} for rank, one in enumerate(shapes, 1)]
    )


def build_nights_table(reading: Reading) -> pa.Table:
    rows = [
        {"sector": watch.sector, "day": reading.readings.day(day)}
        | {name: round_hundredths(getattr(watch, name)[day]) for name in ("night", "expected", "low", "high")}
        for watch in reading.watches
        for day in range(max(0, len(watch.night) - _NIGHTS), len(watch.night))
        if np.isfinite(watch.expected[day])
    ]
    return table(__package__, "nights", rows)


def build_alarms_table(reading: Reading) -> pa.Table:
    """Every alarm as it was, or would have been, raised: its day, its place of that day, and how it ended."""
    rows: list[dict[str, Any]] = []
    day_of = reading.readings.day

    def add(
        place: str, sector: str, days: tuple[int, int, int | None], flow: float, status: str, **more: Any
    ) -> None:
        """`days`: when it was raised, since when it shows, when it ended."""
        raised, since, ended = (None if day is None else day_of(day) for day in days)
        key = f"{place} {day_of(days[0]).isoformat()}"
        row = {"key": key, "day": raised, "sector": sector, "flow": round_hundredths(flow), "since": since}
        rows.append({**row, "status": status, "ended": ended, **more})

    if reading.study is None:
        for watch in reading.watches:
            for raised, since, end, size in watch.alarms:
                status = "en cours" if end is None else "disparue"
                add(watch.sector, watch.sector, (raised, since, end), size, status)
    else:
        for leak in reading.leaks:
            name = reading.known_network.pipes.names[leak.named_pipe]
            sector = reading.study.zones[reading.study.zone_of[leak.named_pipe]]
            days, status = (leak.day, leak.since, leak.closed), leak.end or "en cours"
            add(name, sector, days, leak.alarm_flow, status, pipe=name, sure=round(100 * leak.sure, 1))
    watched = reading.areas
    for alarm in watched.alarms if watched is not None else ():
        sensor = watched.areas.sensors[alarm.first.area] if watched is not None else ""
        days, status = (
            (alarm.day, alarm.first.since, alarm.end),
            "en cours" if alarm.end is None else "située ou disparue",
        )
        add(f"autour de {sensor}", f"autour du capteur {sensor}", days, alarm.first.flow, status)
    return table(__package__, "alarms", sorted(rows, key=lambda row: (row["day"], row["key"])))


def round_hundredths(value: float | None) -> Any:
    return None if value is None else round(float(value), 2)
