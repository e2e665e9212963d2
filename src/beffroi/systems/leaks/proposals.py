"""Proposed inspections: the likely pipe of a found leak, or a sector known by its night flow alone.

In comes a `Reading`; out go `ProposedAct`s in the order of the visits. Nothing is decided here.
"""

from typing import Any

import numpy as np

from beffroi.systems.contract import Item, ProposedAct
from beffroi.systems.leaks import reasons
from beffroi.systems.leaks.areas import Suspicion
from beffroi.systems.leaks.losses import Loss, flow_interval, last_known
from beffroi.systems.leaks.night import Watch
from beffroi.systems.leaks.rises import Rise
from beffroi.systems.leaks.search_types import Leak, Study
from beffroi.systems.leaks.sector import Reading
from beffroi.systems.leaks.sector_states import RISEN, SectorState
from beffroi.systems.leaks.tables import first_day, flow_to_find, round_hundredths
from beffroi.systems.leaks.work_orders import plan_stops

VERSION = "leaks-3"
_LEAST_SHARE = 0.1  # how likely a second or third area must be to be named


def propose(reading: Reading, found: list[SectorState], leaks: list[Leak], seed: int) -> list[ProposedAct]:
    """The leaks located, then what is lost or taken without a place, by area or by sector; in the order of the visits:
    sectors as their table has them, and in each the act first whose best pipe stops most water on average."""
    acts: list[tuple[float, ProposedAct]] = []
    losses = {one.sector: one.loss for one in found}
    if reading.study is not None:
        acts += [
            (leak.flow * float(leak.weights.max()), _propose_leak(reading, reading.study, leak, losses, seed))
            for leak in leaks
        ]
    for one in found:
        if one.to_look_for and one.suspicion is not None:
            stopped = flow_to_find(one) * float(one.suspicion.weights.max())
            acts.append((stopped, _propose_area(reading, one, one.suspicion, seed)))
        elif one.watch is not None and one.watch.current is not None and one.loss.located == 0:
            acts.append((one.loss.total, _propose_sector(reading, one, one.watch, seed)))
        elif one.rise is not None and one.status == RISEN:
            acts.append((one.rise.flow, _propose_rise(reading, one, one.rise, seed)))
    rank = {one.sector: rank for rank, one in enumerate(found)}
    acts.sort(key=lambda scored: (rank.get(scored[1].place, len(rank)), -scored[0]))
    return [act for _, act in acts]


def _propose_leak(
    reading: Reading, study: Study, leak: Leak, losses: dict[str, Loss], seed: int
) -> ProposedAct:
    """The inspection of the likely place of a leak still open."""
    names, iso = reading.known_network.pipes.names, reading.readings.iso_day
    best = int(leak.places[int(np.argmax(leak.weights))])
    sector = study.zones[study.zone_of[best]]
    evidence = {
        "pipe": names[best],
        "told_pipe": names[leak.named_pipe],
        "told_day": iso(leak.day),
        "gain": round(leak.gain, 1),
        "sure_within_300_m": round(leak.sure, 3),
        "likely_pipes": {
            names[pipe]: round(float(weight), 3)
            for pipe, weight in zip(leak.places[:8].tolist(), leak.weights, strict=False)
        },
        "flow_by_day": {iso(day): round_hundredths(flow) for day, flow in list(leak.flows.items())[-7:]},
    }
    return _act(
        f"Inspecter le secteur {sector}, autour de la conduite {names[best]}",
        sector,
        (leak.flow, *flow_interval(leak)),
        reasons.leak_reasons(reading, leak, best, losses[sector]),
        evidence,
        seed,
        confidence=round(min(leak.sure, 0.99), 3),
        items=_items(reading, leak),
    )


def _propose_area(reading: Reading, found: SectorState, suspicion: Suspicion, seed: int) -> ProposedAct:
    flow, since = flow_to_find(found), first_day(found)
    sensors = reading.areas.areas.sensors if reading.areas is not None else ()
    likely = [
        (sensors[area], float(suspicion.shares[area]))
        for area in np.argsort(-suspicion.shares, kind="stable")[:3]
        if suspicion.shares[area] >= _LEAST_SHARE
    ]
    return _act(
        f"Chercher dans le secteur {found.sector}, autour du capteur {likely[0][0]}",
        found.sector,
        (flow, *_ends(found, flow)),
        reasons.area_reasons(reading, flow, since, likely),
        {
            "around": likely[0][0],
            "areas": {sensor: round(chance, 3) for sensor, chance in likely},
            "since": reading.readings.iso_day(since),
            "gain": round(suspicion.gain, 1),
        },
        seed,
        confidence=round(min(float(suspicion.shares.max()), 0.99), 3),
        key=f"autour/{found.sector}",
        items=_items(reading, suspicion),
    )


def _propose_rise(reading: Reading, found: SectorState, rise: Rise, seed: int) -> ProposedAct:
    return _act(
        f"Expliquer la hausse : {found.sector}",
        found.sector,
        (rise.flow, rise.low, rise.high),
        reasons.rise_reasons(reading, rise),
        {"since": reading.readings.iso_day(rise.since)},
        seed,
        key=f"hausse/{found.sector}",
    )


def _propose_sector(reading: Reading, found: SectorState, watch: Watch, seed: int) -> ProposedAct:
    """A sector whose night alarm is on and where nothing is located."""
    raised, since = watch.current or (0, 0)
    last, lost, iso = reading.readings.days - 1, found.loss, reading.readings.iso_day
    evidence = {
        "since": iso(since),
        "told_day": iso(raised),
        "nights": {
            iso(day): round_hundredths(float(watch.night[day]))
            for day in range(max(0, last - 6), last + 1)
            if np.isfinite(watch.night[day])
        },
        "expected": round_hundredths(last_known(watch.expected, last)),
    }
    return _act(
        f"Inspecter le secteur {watch.sector}",
        watch.sector,
        (lost.total, lost.low, lost.high),
        reasons.night_reasons(reading, watch, since, lost.total),
        evidence,
        seed,
        key=f"secteur/{watch.sector}",
    )


def _act(
    subject: str,
    sector: str,
    flow: tuple[float, float, float],
    why: tuple[str, ...],
    evidence: dict[str, Any],
    seed: int,
    **more: Any,
) -> ProposedAct:
    """`flow`: m³/h, with its ends; `more`: other fields of the proposal."""
    value, low, high = (round_hundredths(one) for one in flow)
    evidence = {"sector": sector, **evidence, "model": VERSION, "seed": seed}
    return ProposedAct(subject, value, "m³/h", low, high, why, evidence, place=sector, **more)


def _items(reading: Reading, found: Leak | Suspicion) -> tuple[Item, ...]:
    """The work order, street by street."""
    return tuple(stop.as_item() for stop in plan_stops(reading.known_network, found.places, found.weights))


def _ends(found: SectorState, flow: float) -> tuple[float, float]:
    if found.loss.unlocated > 0:
        low, high = found.loss.low - found.loss.located, found.loss.high - found.loss.located
        return min(flow, max(0.0, low)), max(flow, high)
    if found.rise is not None:
        return found.rise.low, found.rise.high
    return 0.0, 2 * flow
