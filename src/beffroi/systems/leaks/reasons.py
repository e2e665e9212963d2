"""Reasons of a proposed inspection, in short French sentences.

In come a `Reading` and one leak, or one watch; out go the sentences of the proposal.
"""

import numpy as np

from beffroi.systems.leaks.losses import Loss
from beffroi.systems.leaks.night import Watch
from beffroi.systems.leaks.search_types import Leak
from beffroi.systems.leaks.sector import Reading
from beffroi.text import format_number


def _number(value: float) -> str:
    return format_number(value, ".1f")


def _chances(share: float) -> str:
    """« 86 % »; nothing is certain before it is seen: « plus de 99 % » at the most."""
    return "plus de 99 %" if share >= 0.995 else f"{100 * share:.0f} %"


def leak_reasons(reading: Reading, leak: Leak, best: int, sector: Loss) -> tuple[str, ...]:
    """Reasons drawn from the network's model."""
    names, day = reading.known_network.pipes.names, reading.readings.day
    sentences = [
        f"Une fuite d’environ {_number(leak.flow)} m³/h explique mieux les mesures que tout autre changement.",
        f"Elle se voit depuis le {day(leak.since):%d/%m/%Y}. L’alerte date du {day(leak.day):%d/%m/%Y}.",
    ]
    near = [
        names[int(pipe)]
        for pipe in leak.places[np.argsort(-leak.weights, kind="stable")[:4]]
        if int(pipe) != best
    ]
    weight = float(leak.weights[leak.places == best].sum())
    if near:
        sentences.append(
            f"La conduite {names[best]} vient en tête ({_chances(weight)} de chances), puis {', '.join(near[:3])}."
        )
    dropped = _lowest(reading)
    if dropped:
        sentences.append(dropped)
    if sector.unlocated > 0:
        sentences.append(f"Dans ce secteur, {unlocated_sentence(sector)}")
    sentences.append(f"Il y a {_chances(leak.sure)} de chances qu’elle soit à moins de 300 m du lieu donné.")
    return tuple(sentences)


def unlocated_sentence(found: Loss) -> str:
    """French sentence on the loss of a sector that has no place yet."""
    return (
        f"{_number(found.total)} m³/h se perdent, dont {_number(found.unlocated)} m³/h pas encore situés : "
        "la nuit prend plus que l’usage habituel et les fuites situées."
    )


def night_reasons(reading: Reading, watch: Watch, since: int, excess: float) -> tuple[str, ...]:
    """Reasons drawn from the night flow."""
    day = reading.readings.day
    known = [
        d for d in range(len(watch.night)) if np.isfinite(watch.night[d]) and np.isfinite(watch.expected[d])
    ]
    last = known[-1]
    sentences = [
        f"La nuit, le secteur prend {_number(float(watch.night[last]))} m³/h. On en attendait {_number(float(watch.expected[last]))}.",
        f"Cela dure depuis le {day(since):%d/%m/%Y}. L’excès des dernières nuits est de {_number(excess)} m³/h.",
    ]
    dropped = _lowest(reading)
    if dropped:
        sentences.append(dropped)
    sentences.append("Sans modèle du réseau, la conduite n’est pas connue : cherchez dans tout le secteur.")
    return tuple(sentences)


def _lowest(reading: Reading) -> str:
    last = reading.readings.days - 1
    falls = {
        sensor: float(np.nanmean(drop[max(0, last - 2) : last + 1]))
        for sensor, drop in reading.drops.items()
        if np.isfinite(drop[max(0, last - 2) : last + 1]).any()
    }
    if not falls:
        return ""
    sensor = max(falls, key=lambda name: falls[name])
    if falls[sensor] < 0.05:
        return ""
    metres = format_number(falls[sensor], ".2f")
    return f"Au capteur {sensor}, la pression est plus basse de {metres} m que d’habitude."
