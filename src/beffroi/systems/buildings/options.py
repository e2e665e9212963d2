"""Validated settings of a run.

In come the settings of the manifest; out go `Options`, or a `BadInput` with the accepted range.
"""

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from beffroi.systems.contract import TODAY, BadInput
from beffroi.systems.settings import read_number


@dataclass(frozen=True)
class Options:
    """`goal` is a share; `budget` in euros; prices in euros a kWh; `setpoint` and `setback` in degrees."""

    window: int = 30
    goal: float = 0.20
    reference: date | None = None
    budget: float = 200_000.0
    setpoint: float = 1.0
    setback: float = 3.0
    price_electricity: float = 0.20
    price_gas: float = 0.10
    price_other: float = 0.10
    today: date | None = None


def read_options(settings: dict[str, Any]) -> Options:
    """Check the ranges. Raises `BadInput`."""
    number = partial(read_number, settings)
    return Options(
        window=int(number("window_days", 30, 7, 92, "Le nombre de jours jugés (window_days)")),
        goal=number("goal_percent", 20, 1, 80, "L’objectif de baisse (goal_percent, en %)") / 100,
        reference=_day(
            settings.get("reference_start", ""), "Le début de l’année de référence (reference_start)"
        ),
        budget=number("budget", 200_000, 0, 1e9, "Le budget des travaux (budget, en euros)"),
        setpoint=number("setpoint_drop", 1, 0.5, 5, "La baisse de consigne (setpoint_drop, en degrés)"),
        setback=number("setback", 3, 1, 8, "L’abaissement de nuit et de week-end (setback, en degrés)"),
        price_electricity=number(
            "price_electricity", 0.20, 0.01, 5, "Le prix de l’électricité (price_electricity)"
        ),
        price_gas=number("price_gas", 0.10, 0.01, 5, "Le prix du gaz (price_gas)"),
        price_other=number("price_other", 0.10, 0.01, 5, "Le prix des autres énergies (price_other)"),
        today=_day(settings.get(TODAY, ""), "Le jour du calcul (today)"),
    )


def _day(text: Any, what: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        raise BadInput(f"{what} s’écrit année-mois-jour, par exemple 2023-01-01.") from None
