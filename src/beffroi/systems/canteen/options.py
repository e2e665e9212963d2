"""The settings a person chooses: how far ahead, how many days, how much shortage is accepted.

In come the settings of the manifest; out go `Options`, or a `BadInput` that says the accepted range.
"""

from dataclasses import dataclass
from typing import Any

from beffroi.systems.contract import BadInput


@dataclass(frozen=True)
class Options:
    """`risk` is a share of the meals (0.01: one meal in a hundred)."""

    horizon: int
    days: int
    risk: float


def read_options(settings: dict[str, Any]) -> Options:
    """Check the ranges. Raises `BadInput`."""

    def within(name: str, default: float, low: float, high: float, what: str) -> float:
        value = float(settings.get(name, default))
        if not low <= value <= high:
            raise BadInput(f"{what} vaut {value:g} : choisissez entre {low:g} et {high:g}.")
        return value

    return Options(
        horizon=int(within("horizon_days", 14, 1, 120, "Le délai de prévision (horizon_days, en jours)")),
        days=int(within("days", 10, 1, 60, "Le nombre de jours à prévoir (days)")),
        risk=within("shortage_risk", 1.0, 0.1, 10.0, "Le manque accepté (shortage_risk, en % des repas)")
        / 100,
    )
