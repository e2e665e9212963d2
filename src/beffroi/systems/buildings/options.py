"""Validated settings of a run.

In come the settings; out go `Options`, or a `BadInput`. Bounds and defaults are those of the manifest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from beffroi.systems.kit.settings import Settings


@dataclass(frozen=True)
class Options:
    """`goal` is a share; `budget` in euros; prices in euros a kWh; `setpoint` and `setback` in degrees."""

    window: int
    goal: float
    reference: date | None
    budget: float
    setpoint: float
    setback: float
    price_electricity: float
    price_gas: float
    price_other: float
    today: date | None


def read_options(settings: Mapping[str, Any]) -> Options:
    """Check the settings. Raises `BadInput`."""
    chosen = Settings(__package__, settings)
    return Options(
        window=chosen.whole("window_days"),
        goal=chosen.number("goal_percent") / 100,
        reference=chosen.day("reference_start"),
        budget=chosen.number("budget"),
        setpoint=chosen.number("setpoint_drop"),
        setback=chosen.number("setback"),
        price_electricity=chosen.number("price_electricity"),
        price_gas=chosen.number("price_gas"),
        price_other=chosen.number("price_other"),
        today=chosen.today,
    )
