"""Settings of a run: order delay, number of days, shortage risk, day of the calculation. In come the values chosen; out go `Options`."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from beffroi.systems.kit.declared import manifest_of
from beffroi.systems.kit.settings import Settings

RISKS: tuple[float, ...] = tuple(map(float, manifest_of(__package__)["dial"]["options"]))
"""The options of the dial, in % of the meals: for each, a run gives the quantity, the surplus and the shortage."""


@dataclass(frozen=True)
class Options:
    """`risk`: a share of the meals (0.01: one in a hundred). `grams`, `euros`: the food of one meal, 0 where unknown."""

    horizon: int
    days: int
    risk: float
    today: date | None = None
    grams: float = 0.0
    euros: float = 0.0


def read_options(values: dict[str, Any]) -> Options:
    """Raises `BadInput`."""
    settings = Settings(__package__, values)
    return Options(
        horizon=settings.whole("horizon_days"),
        days=settings.whole("days"),
        risk=settings.number("shortage_risk") / 100,
        today=settings.today,
        grams=settings.number("meal_grams"),
        euros=settings.number("meal_euros"),
    )
