"""Proposed inspections: the likely pipe of a found leak, or a sector known by its night flow alone.

In comes a `Reading`; out go `ProposedAct`s, the largest flow first. Nothing is decided here.
"""

import numpy as np

from beffroi.systems.contract import ProposedAct
from beffroi.systems.leaks import reasons
from beffroi.systems.leaks.losses import Loss, flow_interval, last_known
from beffroi.systems.leaks.residuals import Study
from beffroi.systems.leaks.search_types import Leak
from beffroi.systems.leaks.sector import Reading
from beffroi.systems.leaks.tables import round_hundredths

VERSION = "leaks-2"


def propose_inspections(
    reading: Reading, study: Study, leaks: list[Leak], found: list[Loss], seed: int
) -> list[ProposedAct]:
    """One proposal a leak still open, the largest first."""
    acts = []
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
                reasons=reasons.leak_reasons(reading, leak, best, found[study.zone_of[best]]),
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
            )
        )
    return acts


def propose_sectors(reading: Reading, found: list[Loss], seed: int) -> list[ProposedAct]:
    """One proposal a sector whose alarm is on, without the network."""
    acts = []
    last = reading.readings.days - 1
    for watch, lost in zip(reading.watches, found, strict=True):
        if watch.current is None:
            continue
        raised, since = watch.current
        acts.append(
            ProposedAct(
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
        )
    return sorted(acts, key=lambda act: -act.value)
