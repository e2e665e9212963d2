"""Validated settings of a run: the proposed variant, and the weight of each wish in metres.

In come the settings of the manifest; out go `Options`, or a `BadInput` with the accepted range.
"""

from dataclasses import dataclass, field
from functools import partial
from typing import Any

from beffroi.systems.contract import BadInput
from beffroi.systems.settings import read_number

TITLES = {
    "compromis": "Compromis",
    "plus_court": "Plus court",
    "plus_mixte": "Plus mixte",
    "plus_stable": "Plus stable",
    "pire_trajet": "Le pire trajet d’abord",
}
WORST_FIRST = "pire_trajet"  # the longest walk as short as can be, then the mean


@dataclass(frozen=True)
class Weights:
    """In metres: of a pupil who changes school; of the whole social separation, a pupil; of each metre beyond `far`."""

    move: float
    mix: float
    far: float
    sibling: float


@dataclass(frozen=True)
class Options:
    variant: str
    level: str
    far_m: float
    detour: float
    danger: float
    reserve: float  # share of the seats left free
    weights: dict[str, Weights] = field(default_factory=dict)


def read_options(settings: dict[str, Any]) -> Options:
    """Check the ranges. Raises `BadInput`."""
    number = partial(read_number, settings)
    variant = str(settings.get("variant", "compromis"))
    if variant not in TITLES:
        raise BadInput(f"La variante « {variant} » n’existe pas : choisissez parmi {', '.join(TITLES)}.")
    move = number("move_m", 150, 0, 5000, "Le prix d’un changement d’école (move_m, en mètres)")
    mix = number("mix_m", 300, 0, 20_000, "Le prix de la séparation sociale (mix_m, en mètres)")
    sibling = number("sibling_m", 500, 0, 20_000, "Le prix d’une fratrie séparée (sibling_m, en mètres)")
    return Options(
        variant=variant,
        level=str(settings.get("level", "")).strip(),
        far_m=number("far_m", 1500, 100, 50_000, "La distance jugée longue (far_m, en mètres)"),
        detour=number("detour", 1.3, 1, 3, "Le détour à pied (detour)"),
        danger=number("danger", 1.0, 0, 20, "Le poids du danger (danger)"),
        reserve=number("reserve", 10, 0, 50, "La part de places gardées libres (reserve, en %)") / 100,
        weights={
            "compromis": Weights(move, mix / 2, 0.5, sibling),
            "plus_court": Weights(0.0, 0.0, 0.0, 0.0),
            "plus_mixte": Weights(move / 3, 3 * mix, 0.5, sibling),
            "plus_stable": Weights(5 * move, 0.0, 0.5, sibling),
            WORST_FIRST: Weights(0.0, 0.0, 0.0, 0.0),
        },
    )
