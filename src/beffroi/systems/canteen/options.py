"""Validated settings of a run: order delay, number of days, shortage risk, day of the calculation.

In come the settings of the manifest; out go `Options`, or a `BadInput` with the accepted range.
"""

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from beffroi.systems.contract import TODAY, BadInput
from beffroi.systems.settings import read_number

RISKS = (0.25, 0.5, 1.0, 2.0, 3.0, 5.0)
"""The options of the manifest's dial, in % of the meals: for each, a run gives the quantity, the surplus and the shortage."""


@dataclass(frozen=True)
class Options:
    """`risk`: a share of the meals (0.01: one in a hundred). `grams`, `euros`: the food of one meal, 0 where unknown."""

    horizon: int
    days: int
    risk: float
    today: date | None = None
    grams: float = 0.0
    euros: float = 0.0


def read_options(settings: dict[str, Any]) -> Options:
    """Check the ranges. Raises `BadInput`."""
    number = partial(read_number, settings)
    return Options(
        horizon=int(number("horizon_days", 14, 1, 120, "Le délai de prévision (horizon_days, en jours)")),
        days=int(number("days", 10, 1, 60, "Le nombre de jours à prévoir (days)")),
        risk=number("shortage_risk", 1.0, 0.1, 10.0, "Le manque accepté (shortage_risk, en % des repas)")
        / 100,
        today=_today(settings.get(TODAY)),
        grams=number("meal_grams", 0, 0, 2000, "Le poids d’un repas (meal_grams, en grammes)"),
        euros=number("meal_euros", 0, 0, 50, "Le prix des aliments d’un repas (meal_euros, en euros)"),
    )


def _today(text: object) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError as error:
        raise BadInput(
            f"Le jour du calcul « {text} » n’est pas une date : écrivez-le comme 2026-09-01."
        ) from error
