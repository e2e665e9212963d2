"""Settings of a system, checked against the range that it accepts."""

from collections.abc import Mapping
from typing import Any

from beffroi.systems.contract import BadInput


def read_number(
    settings: Mapping[str, Any], name: str, default: float, low: float, high: float, label: str
) -> float:
    """Setting `name` as a number, or its default. Raises `BadInput`, in French with `label`, for no number or one out of range."""
    try:
        value = float(settings.get(name, default))
    except (TypeError, ValueError):
        raise BadInput(f"{label} n’est pas un nombre : choisissez entre {low:g} et {high:g}.") from None
    if not low <= value <= high:
        raise BadInput(f"{label} vaut {value:g} : choisissez entre {low:g} et {high:g}.")
    return value
