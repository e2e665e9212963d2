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
    near = [names[pipe] for pipe in leak.places[np.argsort(-leak.weights, kind="stable")[:4]] if pipe != best]
    weight = float(leak.weights[leak.places == best].sum())
    sentences = [
        f"Une fuite d’environ {fr(leak.flow, 1)} m³/h explique mieux les mesures que tout autre changement.",
        f"Elle se voit depuis le {short_day(day(leak.since))}. L’alerte date du {short_day(day(leak.day))}.",
        f"La conduite {names[best]} vient en tête ({_chances(weight)} de chances), puis {listed(near[:3])}."
        if near
        else "",
        _lowest(reading),
        f"Dans ce secteur, {unlocated_sentence(sector)}" if sector.unlocated > 0 else "",
        f"Il y a {_chances(leak.sure)} de chances qu’elle soit à moins de 300 m du lieu donné.",
    ]
    return tuple(filter(None, sentences))


def sentence(text: str) -> str:
    """A sentence of its own: a capital first, a full stop last."""
    return f"{text[0].upper()}{text[1:]}."


def area_reasons(
    reading: Reading, flow: float, since: int, likely: list[tuple[str, float]]
) -> tuple[str, ...]:
    """Reasons to look around a sensor. `likely`: the sensors of the likeliest areas, with how likely each is."""
    (first, chance), *others = likely
    sensors = listed(f"{name} ({_chances(chance)})" for name, chance in others)
    sentences = [
        f"Environ {fr(flow, 1)} m³/h partent sans qu’une conduite l’explique, depuis le {short_day(reading.readings.day(since))}.",
        f"Les pressions baissent comme pour une fuite autour du capteur {first} ({_chances(chance)} de chances).",
        f"Sinon, autour de {sensors}." if others else "",
        "Les capteurs sont trop loin pour donner la conduite : écoutez le réseau rue par rue.",
    ]
    return tuple(filter(None, sentences))


def rise_reasons(reading: Reading, rise: Rise) -> tuple[str, ...]:
    return (rise.sentence(reading.readings), "Rien ne dit où : cherchez dans tout le secteur.")


def unlocated_sentence(found: Loss) -> str:
    """French sentence on the loss of a sector that has no place yet."""
    return (
        f"{fr(found.total, 1)} m³/h se perdent, dont {fr(found.unlocated, 1)} m³/h pas encore situés : "
        "la nuit prend plus que l’usage habituel et les fuites situées."
    )


def night_reasons(reading: Reading, watch: Watch, since: int, excess: float) -> tuple[str, ...]:
    """Reasons drawn from the night flow."""
    day = reading.readings.day
    last = int(np.flatnonzero(np.isfinite(watch.night + watch.expected))[-1])
    sentences = [
        f"La nuit, le secteur prend {fr(float(watch.night[last]), 1)} m³/h. On en attendait {fr(float(watch.expected[last]), 1)}.",
        f"Cela dure depuis le {short_day(day(since))}. L’excès des dernières nuits est de {fr(excess, 1)} m³/h.",
        _lowest(reading),
        "Sans modèle du réseau, la conduite n’est pas connue : cherchez dans tout le secteur.",
    ]
    return tuple(filter(None, sentences))


def _lowest(reading: Reading) -> str:
    recent = {
        sensor: drop[max(0, reading.readings.days - 3) : reading.readings.days]
        for sensor, drop in reading.drops.items()
    }
    falls = [(float(np.nanmean(drop)), sensor) for sensor, drop in recent.items() if np.isfinite(drop).any()]
    fall, sensor = max(falls, key=lambda one: one[0], default=(0.0, ""))
    if fall < 0.05:
        return ""
    return f"Au capteur {sensor}, la pression est plus basse de {fr(fall, 2)} m que d’habitude."
