"""Validated settings of a run: the proposed variant, and the weight of each wish in metres.

In come the settings; out go `Options`, or a `BadInput`. Bounds, defaults and titles are those of the manifest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from beffroi.systems.kit.declared import manifest_of
from beffroi.systems.kit.settings import Settings

TITLES: dict[str, str] = manifest_of(__package__)["settings_help"]["variant"]["choices"]
WORST_FIRST = "pire_trajet"  # the longest walk as short as can be, then the mean


@dataclass(frozen=True)
class Weights:
    """In metres: of a pupil who changes school; of the whole social separation, a pupil; of each metre beyond `far`."""

    move: float = 0.0
    mix: float = 0.0
    far: float = 0.0
    sibling: float = 0.0


@dataclass(frozen=True)
class Options:
    variant: str
    level: str
    far_m: float
    detour: float
    danger: float
    reserve: float  # share of the seats left free
    weights: dict[str, Weights] = field(default_factory=dict)


def read_options(settings: Mapping[str, Any]) -> Options:
    """Check the settings. Raises `BadInput`."""
    chosen = Settings(__package__, settings)
    move, mix, sibling = (chosen.number(name) for name in ("move_m", "mix_m", "sibling_m"))
    return Options(
        variant=chosen.choice("variant"),
        level=chosen.text("level"),
        far_m=chosen.number("far_m"),
        detour=chosen.number("detour"),
        danger=chosen.number("danger"),
        reserve=chosen.number("reserve") / 100,
        weights={
            "compromis": Weights(move, mix / 2, 0.5, sibling),
            "plus_court": Weights(),
            "plus_mixte": Weights(move / 3, 3 * mix, 0.5, sibling),
            "plus_stable": Weights(5 * move, 0.0, 0.5, sibling),
            WORST_FIRST: Weights(),
        },
    )
