"""What the operator reads in the morning: sectors, pipes to inspect, nights, the journal of alarms, proposals, figures.

In comes a `Reading`; out goes an `Outcome`. A leak that is still open is proposed for inspection; nothing is decided.
"""

import math
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from beffroi.systems.contract import Figure, Outcome, ProposedAct
from beffroi.systems.leaks import reasons
from beffroi.systems.leaks.known import Leak
from beffroi.systems.leaks.night import Watch
from beffroi.systems.leaks.options import Options
from beffroi.systems.leaks.place import shapes
from beffroi.systems.leaks.residuals import Study
from beffroi.systems.leaks.sector import Reading

VERSION = "leaks-1"
_TWICE = 1.645  # 90 %
_SHAPE_ERROR = 0.12  # relative error of a flow, beyond the noise: what the place does not tell
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


def interval(leak: Leak) -> tuple[float, float]:
    """90 % around the flow of a leak: the noise (1 / √gain) and what its place leaves unsure."""
    reach = _TWICE * math.sqrt(
        1 / max(leak.gain, leak.placed if math.isfinite(leak.placed) else 0.0) + _SHAPE_ERROR**2
    )
    return max(0.0, leak.flow * (1 - reach)), leak.flow * (1 + reach)


def write(reading: Reading, options: Options, seed: int) -> Outcome:
    """Tables, proposals, figures and notes of the last day read."""
    notes = list(reading.notes)
    last = reading.readings.days - 1
    open_leaks = [leak for leak in reading.leaks if leak.closed is None and leak.flow >= 0.1]
    lines = [_sector_line(reading, watch, row, open_leaks, last) for row, watch in enumerate(reading.watches)]
    lines.sort(key=lambda line: -(line["excess"] or 0.0))
    proposals = (
        _night_proposals(reading, seed)
        if reading.study is None
        else _leak_proposals(reading, reading.study, open_leaks, seed)
    )
    layers = {
        "pipes": _pipes(reading, open_leaks, options, notes),
        "nights": _nights(reading),
        "alarms": _alarms(reading),
    }
    notes.append(_level(reading))
    return Outcome(
        pa.Table.from_pylist(lines, schema=SECTORS),
        tuple(proposals),
        tuple(notes),
        layers=layers,
        figures=tuple(_figures(reading, lines, options)),
    )


def _sector_line(reading: Reading, watch: Watch, row: int, leaks: list[Leak], last: int) -> dict[str, Any]:
    """The state of a sector on the last day: by the network where it is known, else by its night flow."""
    night, expected = _known(watch.night, last), _known(watch.expected, last)
    line: dict[str, Any] = {
        "sector": watch.sector,
        "day": reading.readings.day(last),
        "night": _two(night),
        "expected": _two(expected),
        "excess": 0.0,
        "low": 0.0,
        "high": 0.0,
        "since": None,
        "status": "calme",
        "basis": reading.level,
    }
    if reading.study is not None:
        own = [leak for leak in leaks if reading.study.zone_of[leak.places[0]] == row]
        if own:
            around = [interval(leak) for leak in own]
            total = sum(leak.flow for leak in own)
            # Errors of several leaks add as squares.
            below = math.sqrt(sum((leak.flow - low) ** 2 for leak, (low, _) in zip(own, around, strict=True)))
            above = math.sqrt(
                sum((high - leak.flow) ** 2 for leak, (_, high) in zip(own, around, strict=True))
            )
            line |= {
                "excess": _two(total),
                "low": _two(max(0.0, total - below)),
                "high": _two(total + above),
                "since": reading.readings.day(min(leak.since for leak in own)),
                "status": "fuite probable",
            }
        elif watch.current:
            line["status"] = "à surveiller"
        return line
    if watch.current:
        _, since = watch.current
        excess, low, high = night_excess(watch, last)
        line |= {
            "excess": _two(excess),
            "low": _two(low),
            "high": _two(high),
            "since": reading.readings.day(since),
            "status": "fuite probable",
        }
    return line


def night_excess(watch: Watch, last: int) -> tuple[float, float, float]:
    """m³/h above the expected night flow, mean of the last three nights, and its interval."""
    span = slice(max(0, last - 2), last + 1)
    recent = (watch.night - watch.expected)[span]
    recent = recent[np.isfinite(recent)]
    excess = max(0.0, float(recent.mean())) if len(recent) else max(0.0, float(watch.leaking[last]))
    below = _known(watch.expected - watch.low, last) or 0.0
    above = _known(watch.high - watch.expected, last) or 0.0
    share = math.sqrt(max(1, len(recent)))
    return excess, max(0.0, excess - above / share), excess + below / share


def _leak_proposals(reading: Reading, study: Study, leaks: list[Leak], seed: int) -> list[ProposedAct]:
    acts = []
    for leak in sorted(leaks, key=lambda one: -one.flow):
        low, high = interval(leak)
        names = reading.known_network.pipes.names
        best = int(leak.places[int(np.argmax(leak.weights))])
        sector = study.zones[study.zone_of[best]]
        acts.append(
            ProposedAct(
                subject=f"Inspecter le secteur {sector}, autour de la conduite {names[best]}",
                value=_two(leak.flow),
                unit="m³/h",
                low=_two(low),
                high=_two(high),
                reasons=reasons.of_leak(reading, leak, best),
                evidence={
                    "sector": sector,
                    "pipe": names[best],
                    "told_pipe": names[leak.told],
                    "told_day": reading.readings.day(leak.day).isoformat(),
                    "gain": round(leak.gain, 1),
                    "sure_within_300_m": round(leak.sure, 3),
                    "likely_pipes": {
                        names[int(p)]: round(float(w), 3)
                        for p, w in list(zip(leak.places, leak.weights, strict=True))[:8]
                    },
                    "flow_by_day": {
                        reading.readings.day(d).isoformat(): _two(f) for d, f in list(leak.flows.items())[-7:]
                    },
                    "model": VERSION,
                    "seed": seed,
                },
                confidence=round(min(leak.sure, 0.99), 3),
            )
        )
    return acts


def _night_proposals(reading: Reading, seed: int) -> list[ProposedAct]:
    acts = []
    last = reading.readings.days - 1
    for watch in reading.watches:
        if watch.current is None:
            continue
        excess, low, high = night_excess(watch, last)
        told, since = watch.current
        acts.append(
            ProposedAct(
                subject=f"Inspecter le secteur {watch.sector}",
                value=_two(excess),
                unit="m³/h",
                low=_two(low),
                high=_two(high),
                reasons=reasons.of_night(reading, watch, since, excess),
                evidence={
                    "sector": watch.sector,
                    "since": reading.readings.day(since).isoformat(),
                    "told_day": reading.readings.day(told).isoformat(),
                    "nights": {
                        reading.readings.day(d).isoformat(): _two(float(watch.night[d]))
                        for d in range(max(0, last - 6), last + 1)
                        if np.isfinite(watch.night[d])
                    },
                    "expected": _two(_known(watch.expected, last)),
                    "model": VERSION,
                    "seed": seed,
                },
            )
        )
    return sorted(acts, key=lambda act: -act.value)


def _pipes(reading: Reading, leaks: list[Leak], options: Options, notes: list[str]) -> pa.Table:
    rows: list[dict[str, Any]] = []
    if reading.network is not None and reading.study is not None:
        texts, told = shapes(reading.network)
        if told:
            notes.append(told)
        chance: dict[int, tuple[float, Leak]] = {}
        for leak in leaks:
            for pipe, weight in zip(leak.places, leak.weights, strict=True):
                if (
                    int(pipe) not in chance
                    or chance[int(pipe)][0] * chance[int(pipe)][1].flow < weight * leak.flow
                ):
                    chance[int(pipe)] = (float(weight), leak)
        # What is found there on average, in m³/h, makes the order of the visits.
        ranked = sorted(chance.items(), key=lambda item: -item[1][0] * item[1][1].flow)[: options.pipes]
        for rank, (pipe, (weight, leak)) in enumerate(ranked, start=1):
            rows.append(
                {
                    "rank": rank,
                    "pipe": reading.network.pipes.names[pipe],
                    "sector": reading.study.zones[reading.study.zone_of[pipe]],
                    "chance": round(100 * weight, 1),
                    "flow": _two(leak.flow),
                    "length": round(float(reading.network.pipes.length[pipe]), 1),
                    "since": reading.readings.day(leak.since),
                    "shape": texts[pipe] or None,
                }
            )
    return pa.Table.from_pylist(rows, schema=PIPES)


def _nights(reading: Reading) -> pa.Table:
    rows = [
        {
            "sector": watch.sector,
            "day": reading.readings.day(day),
            "night": _two(_or_none(watch.night[day])),
            "expected": _two(_or_none(watch.expected[day])),
            "low": _two(_or_none(watch.low[day])),
            "high": _two(_or_none(watch.high[day])),
        }
        for watch in reading.watches
        for day in range(max(0, len(watch.night) - _NIGHTS), len(watch.night))
        if np.isfinite(watch.expected[day])
    ]
    return pa.Table.from_pylist(rows, schema=NIGHTS)


def _alarms(reading: Reading) -> pa.Table:
    """Every alarm as it was, or would have been, raised: its day, its pipe of that day, and how it ended."""
    rows: list[dict[str, Any]] = []
    day_of = reading.readings.day
    if reading.study is not None and reading.network is not None:
        for leak in reading.leaks:
            name = reading.network.pipes.names[leak.told]
            rows.append(
                {
                    "key": f"{name} {day_of(leak.day).isoformat()}",
                    "day": day_of(leak.day),
                    "sector": reading.study.zones[reading.study.zone_of[leak.told]],
                    "pipe": name,
                    "flow": _two(leak.flow_told),
                    "sure": round(100 * leak.sure, 1),
                    "since": day_of(leak.since),
                    "status": leak.end or "en cours",
                    "ended": None if leak.closed is None else day_of(leak.closed),
                }
            )
    else:
        for watch in reading.watches:
            for told, since, end, size in watch.alarms:
                rows.append(
                    {
                        "key": f"{watch.sector} {day_of(told).isoformat()}",
                        "day": day_of(told),
                        "sector": watch.sector,
                        "pipe": None,
                        "flow": _two(size),
                        "sure": None,
                        "since": day_of(since),
                        "status": "en cours" if end is None else "disparue",
                        "ended": None if end is None else day_of(end),
                    }
                )
    return pa.Table.from_pylist(sorted(rows, key=lambda row: (row["day"], row["key"])), schema=ALARMS)


def _figures(reading: Reading, lines: list[dict[str, Any]], options: Options) -> list[Figure]:
    day: date = reading.readings.day(reading.readings.days - 1)
    base = f"{len(lines)} secteur(s), le {day:%d/%m/%Y}, {reading.level}"
    total, low, high = (24 * sum(line[key] for line in lines) for key in ("excess", "low", "high"))
    price = f"{options.price:g}".replace(".", ",")
    suspected = sum(line["status"] == "fuite probable" for line in lines)
    return [
        Figure(
            "lost_a_day",
            "Eau perdue en un jour",
            round(total, 1),
            "m³",
            base,
            round(low, 1),
            round(high, 1),
            "lower",
        ),
        Figure(
            "cost_a_year",
            "Coût si rien n’est fait pendant un an",
            round(total * 365 * options.price),
            "€",
            f"{base}, {price} € le m³",
            round(low * 365 * options.price),
            round(high * 365 * options.price),
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


def _level(reading: Reading) -> str:
    if reading.study is not None:
        return "Calcul fait avec les débits, les pressions et le modèle du réseau."
    if reading.drops:
        return "Calcul fait avec les débits et les pressions, sans modèle du réseau : le secteur est donné, pas la conduite."
    return "Calcul fait avec les débits de nuit seuls : le secteur est donné, pas la conduite."


def _known(values: npt.NDArray[np.float64], last: int) -> float | None:
    """The last known value of the last week."""
    recent = values[max(0, last - 6) : last + 1]
    recent = recent[np.isfinite(recent)]
    return float(recent[-1]) if len(recent) else None


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _two(value: float | None) -> Any:
    return None if value is None else round(float(value), 2)
