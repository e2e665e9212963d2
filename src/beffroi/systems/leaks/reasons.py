"""Reasons of a proposed inspection, in short French sentences.

In come a `Reading` and one leak, or one watch; out go the sentences of the proposal.
"""

import numpy as np

from beffroi.systems.kit.words import fr, listed, share, short_day
from beffroi.systems.leaks.losses import Loss
from beffroi.systems.leaks.night import Watch
from beffroi.systems.leaks.rises import Rise
from beffroi.systems.leaks.search_types import Leak
from beffroi.systems.leaks.sector import Reading


def _chances(chance: float) -> str:
    """« 86 % »; nothing is certain before it is seen: « plus de 99 % » at the most."""
    return f"plus de {share(0.99, 0)}" if chance >= 0.995 else share(chance, 0)


def leak_reasons(reading: Reading, leak: Leak, best: int, sector: Loss) -> tuple[str, ...]:
    """Reasons drawn from the network's model."""
    names, day = reading.known_network.pipes.names, reading.readings.day
    sentences = [
        f"Une fuite d’environ {fr(leak.flow, 1)} m³/h explique mieux les mesures que tout autre changement.",
        f"Elle se voit depuis le {short_day(day(leak.since))}. L’alerte date du {short_day(day(leak.day))}.",
    ]
    near = [
        names[int(pipe)]
        for pipe in leak.places[np.argsort(-leak.weights, kind="stable")[:4]]
        if int(pipe) != best
    ]
    weight = float(leak.weights[leak.places == best].sum())
    if near:
        sentences.append(
            f"La conduite {names[best]} vient en tête ({_chances(weight)} de chances), puis {listed(near[:3])}."
        )
    dropped = _lowest(reading)
    if dropped:
        sentences.append(dropped)
    if sector.unlocated > 0:
        sentences.append(f"Dans ce secteur, {unlocated_sentence(sector)}")
    sentences.append(f"Il y a {_chances(leak.sure)} de chances qu’elle soit à moins de 300 m du lieu donné.")
    return tuple(sentences)


def sentence(text: str) -> str:
    """A sentence of its own: a capital first, a full stop last."""
    return f"{text[0].upper()}{text[1:]}."


def area_reasons(
    reading: Reading, flow: float, since: int, likely: list[tuple[str, float]]
) -> tuple[str, ...]:
    """Reasons to look around a sensor. `likely`: the sensors of the likeliest areas, with how likely each is."""
    (first, chance), *others = likely
    sentences = [
        f"Environ {fr(flow, 1)} m³/h partent sans qu’une conduite l’explique, depuis le {short_day(reading.readings.day(since))}.",
        f"Les pressions baissent comme pour une fuite autour du capteur {first} ({_chances(chance)} de chances).",
    ]
    if others:
        sentences.append(
            f"Sinon, autour de {listed(f'{name} ({_chances(chance)})' for name, chance in others)}."
        )
    sentences.append("Les capteurs sont trop loin pour donner la conduite : écoutez le réseau rue par rue.")
    return tuple(sentences)


def rise_reasons(reading: Reading, rise: Rise) -> tuple[str, ...]:
    return (
        rise.sentence(reading.readings),
        "Rien ne dit où : cherchez dans tout le secteur.",
    )


def unlocated_sentence(found: Loss) -> str:
    """French sentence on the loss of a sector that has no place yet."""
    return (
        f"{fr(found.total, 1)} m³/h se perdent, dont {fr(found.unlocated, 1)} m³/h pas encore situés : "
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
        f"La nuit, le secteur prend {fr(float(watch.night[last]), 1)} m³/h. On en attendait {fr(float(watch.expected[last]), 1)}.",
        f"Cela dure depuis le {short_day(day(since))}. L’excès des dernières nuits est de {fr(excess, 1)} m³/h.",
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
    return f"Au capteur {sensor}, la pression est plus basse de {fr(falls[sensor], 2)} m que d’habitude."
