"""Settings of a system, checked against the bounds that its data allow."""

import math
from collections.abc import Collection, Mapping
from numbers import Real
from typing import Any

from beffroi.systems.contract import BadInput
from beffroi.systems.kit.words import between, fr

type SettingBounds = dict[str, tuple[float | None, float | None]]
"""By setting, between what the data allow it: at least, at most; None where they do not bound that side."""


class OutOfBounds(BadInput):
    """A setting beyond what the data allow. `bounds`: those of every setting, so that a form can display them."""

    def __init__(self, message: str, bounds: SettingBounds) -> None:
        super().__init__(message)
        self.bounds = bounds


def parse_bounds(answer: object, names: Collection[str]) -> SettingBounds | None:
    """The bounds that a system answered, which is untrusted; None where they are not pairs of numbers of these settings."""
    if not isinstance(answer, Mapping) or not set(answer) <= set(names):
        return None
    bounds: SettingBounds = {}
    for name, pair in answer.items():
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            return None
        if not all(end is None or (isinstance(end, Real) and math.isfinite(end)) for end in pair):
            return None
        low, high = (None if end is None else float(end) for end in pair)
        if low is not None and high is not None and low > high:
            return None
        bounds[name] = low, high
    return bounds


def check_bounds(settings: Mapping[str, Any], bounds: SettingBounds, labels: Mapping[str, str]) -> None:
    """Raise `OutOfBounds`, in French, for a setting beyond what the data allow."""
    for name, (low, high) in bounds.items():
        value = settings[name]
        if (low is not None and value < low) or (high is not None and value > high):
            raise OutOfBounds(
                f"« {labels[name]} » vaut {fr(value)} : choisissez {describe_bounds(low, high)}.", bounds
            )


def describe_bounds(low: float | None, high: float | None) -> str:
    """« entre 1 et 8 d’après vos données »; empty where neither side is bounded.

    >>> describe_bounds(1, 2.5), describe_bounds(None, 8)
    ('entre 1 et 2,5 d’après vos données', 'au plus 8 d’après vos données')
    """
    words = between(low, high)
    return f"{words} d’après vos données" if words else ""
