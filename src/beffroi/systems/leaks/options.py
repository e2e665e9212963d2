"""Settings of a run: certainty of an alarm, price of water, first days taken as leak-free. In come the values chosen; out go `Options`."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from beffroi.systems.kit.settings import Settings


@dataclass(frozen=True)
class Options:
    """`sure`: a share (0..1); `price`: € a m³; `calm_days`: days from the first reading; `pipes`: pipes listed a leak."""

    sure: float
    price: float
    calm_days: int
    pipes: int
    today: date | None


def read_options(values: dict[str, Any]) -> Options:
    """Raises `BadInput`."""
    settings = Settings(__package__, values)
    return Options(
        sure=settings.number("sure") / 100,
        price=settings.number("price"),
        calm_days=settings.whole("calm_days"),
        pipes=settings.whole("pipes"),
        today=settings.today,
    )
