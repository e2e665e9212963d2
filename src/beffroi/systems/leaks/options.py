"""Validated settings of a run: certainty of an alarm, price of water, first days taken as leak-free.

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
    """`sure`: a share (0..1); `price`: € a m³; `calm_days`: days from the first reading; `pipes`: pipes listed a leak."""

    sure: float
    price: float
    calm_days: int
    pipes: int
    today: date | None


def read_options(settings: dict[str, Any]) -> Options:
    """Check the ranges. Raises `BadInput`."""
    number = partial(read_number, settings)
    text = str(settings.get(TODAY) or "")
    try:
        today = date.fromisoformat(text[:10]) if text else None
    except ValueError as error:
        raise BadInput(f"Le jour du calcul, « {text} », n’est pas une date (année-mois-jour).") from error
    return Options(
        sure=number("sure", 85, 50, 99, "La certitude demandée avant d’alerter (sure, en %)") / 100,
        price=number("price", 0.8, 0.01, 20, "Le prix de l’eau perdue (price, en € par m³)"),
        calm_days=int(number("calm_days", 7, 5, 90, "Le nombre de premiers jours calmes (calm_days)")),
        pipes=int(number("pipes", 20, 1, 100, "Le nombre de conduites à inspecter (pipes)")),
        today=today,
    )
