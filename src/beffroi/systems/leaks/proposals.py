"""Proposed inspections: the likely pipe of a found leak, or a sector known by its night flow alone.

In comes a `Reading`; out go `ProposedAct`s, the largest flow first. Nothing is decided here.
"""

import numpy as np

from beffroi.systems.contract import ProposedAct
from beffroi.systems.leaks import reasons
from beffroi.systems.leaks.areas import Suspicion
from beffroi.systems.leaks.losses import flow_interval, last_known
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
    """The leaks located, then what is lost or taken without a place, by area or by sector; the largest first."""
    acts = [] if reading.study is None else propose_inspections(reading, reading.study, leaks, found, seed)
    for one in found:
        if one.to_look_for and one.suspicion is not None:
            acts.append(_propose_area(reading, one, one.suspicion, seed))
        elif one.watch is not None and one.watch.current is not None and one.loss.located == 0:
            acts.append(_propose_sector(reading, one, one.watch, seed))
        elif one.rise is not None and one.status == RISEN:
            acts.append(_propose_rise(reading, one, one.rise, seed))
    return sorted(acts, key=lambda act: -act.value)


def propose_inspections(
    reading: Reading, study: Study, leaks: list[Leak], found: list[SectorState], seed: int
) -> list[ProposedAct]:
    """One proposal a leak still open, the largest first."""
    acts = []
    losses = {one.sector: one.loss for one in found}
    for leak in sorted(leaks, key=lambda one: -one.flow):
        low, high = flow_interval(leak)
        names = reading.known_network.pipes.names
        best = int(leak.places[int(np.argmax(leak.weights))])
        sector = study.zones[study.zone_of[best]]
        acts.append(
            ProposedAct(
                subject=f"Inspecter le secteur {sector}, autour de la conduite {names[best]}",
                value=round_hundredths(leak.flow),
                unit="m³/h",
                low=round_hundredths(low),
                high=round_hundredths(high),
                reasons=reasons.leak_reasons(reading, leak, best, losses[sector]),
                evidence={
                    "sector": sector,
                    "pipe": names[best],
                    "told_pipe": names[leak.named_pipe],
                    "told_day": reading.readings.day(leak.day).isoformat(),
                    "gain": round(leak.gain, 1),
                    "sure_within_300_m": round(leak.sure, 3),
                    "likely_pipes": {
                        names[int(p)]: round(float(w), 3)
                        for p, w in list(zip(leak.places, leak.weights, strict=True))[:8]
                    },
                    "flow_by_day": {
                        reading.readings.day(d).isoformat(): round_hundredths(f)
                        for d, f in list(leak.flows.items())[-7:]
                    },
                    "model": VERSION,
                    "seed": seed,
                },
                confidence=round(min(leak.sure, 0.99), 3),
                place=sector,
                items=tuple(
                    stop.as_item() for stop in plan_stops(reading.known_network, leak.places, leak.weights)
                ),
            )
        )
    return acts


def _propose_area(reading: Reading, found: SectorState, suspicion: Suspicion, seed: int) -> ProposedAct:
    flow, since = flow_to_find(found), first_day(found)
    low, high = _ends(found, flow)
    areas = reading.areas.areas if reading.areas is not None else None
    order = np.argsort(-suspicion.shares, kind="stable")
    sensors = (
        [areas.sensors[area] for area in order[:3] if suspicion.shares[area] >= _LEAST_SHARE] if areas else []
    )
    return ProposedAct(
        subject=f"Chercher dans le secteur {found.sector}, autour du capteur {sensors[0]}",
        value=round_hundredths(flow),
        unit="m³/h",
        low=round_hundredths(low),
        high=round_hundredths(high),
        reasons=reasons.area_reasons(reading, flow, since, suspicion, sensors),
        evidence={
            "sector": found.sector,
            "around": sensors[0],
            "areas": {
                name: round(float(suspicion.shares[area]), 3)
                for name, area in zip(sensors, order, strict=False)
            },
            "since": reading.readings.day(since).isoformat(),
            "gain": round(suspicion.gain, 1),
            "model": VERSION,
            "seed": seed,
        },
        confidence=round(min(float(suspicion.shares.max()), 0.99), 3),
        key=f"autour/{found.sector}",
        place=found.sector,
        items=tuple(
            stop.as_item() for stop in plan_stops(reading.known_network, suspicion.pipes, suspicion.weights)
        ),
    )


def _propose_rise(reading: Reading, found: SectorState, rise: Rise, seed: int) -> ProposedAct:
    return ProposedAct(
        subject=f"Expliquer la hausse : {found.sector}",
        value=round_hundredths(rise.flow),
        unit="m³/h",
        low=round_hundredths(rise.low),
        high=round_hundredths(rise.high),
        reasons=reasons.rise_reasons(reading, rise),
        evidence={
            "sector": found.sector,
            "since": reading.readings.day(rise.since).isoformat(),
            "model": VERSION,
            "seed": seed,
        },
        key=f"hausse/{found.sector}",
        place=found.sector,
    )


def _ends(found: SectorState, flow: float) -> tuple[float, float]:
    if found.loss.unlocated > 0:
        return min(flow, max(0.0, found.loss.low - found.loss.located)), max(
            flow, found.loss.high - found.loss.located
        )
    if found.rise is not None:
        return found.rise.low, found.rise.high
    return 0.0, 2 * flow


def _propose_sector(reading: Reading, found: SectorState, watch: Watch, seed: int) -> ProposedAct:
    """A sector whose night alarm is on and where nothing is located."""
    raised, since = watch.current or (0, 0)
    last, lost = reading.readings.days - 1, found.loss
    return ProposedAct(
        subject=f"Inspecter le secteur {watch.sector}",
        value=round_hundredths(lost.total),
        unit="m³/h",
        low=round_hundredths(lost.low),
        high=round_hundredths(lost.high),
        reasons=reasons.night_reasons(reading, watch, since, lost.total),
        evidence={
            "sector": watch.sector,
            "since": reading.readings.day(since).isoformat(),
            "told_day": reading.readings.day(raised).isoformat(),
            "nights": {
                reading.readings.day(d).isoformat(): round_hundredths(float(watch.night[d]))
                for d in range(max(0, last - 6), last + 1)
                if np.isfinite(watch.night[d])
            },
            "expected": round_hundredths(last_known(watch.expected, last)),
            "model": VERSION,
            "seed": seed,
        },
        key=f"secteur/{watch.sector}",
        place=watch.sector,
    )
