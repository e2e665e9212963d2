"""What each accepted risk costs, and what the system spares beside the town's own order, on the last year of forecasts.

In comes a `Calibration`; out go surplus and shortage, in % of the meals served. Each part of the year is ordered with the
margin that the other parts set, so that no figure is the one aimed at by construction.
"""

from dataclasses import dataclass

import numpy as np

from beffroi.systems.canteen.model import Vector
from beffroi.systems.canteen.rolling import Calibration, margin, shortage, surplus

_PARTS = 5
_FEW_DAYS = 15  # below, parts would hold no whole week: the margin is judged where it was set


@dataclass(frozen=True)
class Trade:
    """`risk`: a share of the meals; `surplus` and `shortage`: % of the meals served."""

    risk: float
    surplus: float
    shortage: float


@dataclass(frozen=True)
class Spared:
    """The town's order as it was and the system at the same shortage, then both at the chosen one: surplus in % of the meals.

    `served`: meals of these days; `days`: how many.
    """

    town: float
    ours: float
    shortage: float
    town_at_risk: float
    ours_at_risk: float
    served: float
    days: int

    @property
    def meals(self) -> float:
        """Meals too many that would have been spared (negative: more were made)."""
        return (self.town - self.ours) / 100 * self.served

    @property
    def loses(self) -> bool:
        """Worse than the town both ways, as in the verdict of the backtest."""
        return self.ours >= self.town and self.ours_at_risk >= self.town_at_risk


def trades(held: Calibration, risks: tuple[float, ...]) -> tuple[Trade, ...]:
    """One trade a risk, in the order given."""
    return tuple(
        Trade(
            risk,
            round(100 * surplus(held.meals, order), 2),
            round(100 * shortage(held.meals, order), 2),
        )
        for risk in risks
        for order in (_ordered(held, risk),)
    )


def _ordered(held: Calibration, risk: float) -> Vector:
    days = np.unique(held.ordinal)
    middle, room = held.predictions.middle, held.predictions.room
    if len(days) < _FEW_DAYS:
        return middle + held.margin(risk) * room
    part = np.searchsorted(days, held.ordinal) * _PARTS // len(days)
    order = np.array(middle)
    for number in range(_PARTS):
        here, others = part == number, part != number
        order[here] += margin(held.meals[others], middle[others], room[others], risk) * room[here]
    return order


def spared(held: Calibration, risk: float) -> Spared | None:
    """None where the town's order is known for less than half of the rows. Equal shortages are found afterwards, for both."""
    known = np.isfinite(held.ordered)
    if known.sum() < 0.5 * len(known) or not known.any():
        return None
    meals, ordered = held.meals[known], held.ordered[known]
    missed = shortage(meals, ordered)
    if not missed > 0:
        return None
    middle, room = held.predictions.middle[known], held.predictions.room[known]

    def equal(forecast: Vector, scale: Vector, wanted: float) -> float:
        return 100 * surplus(meals, forecast + margin(meals, forecast, scale, wanted) * scale)

    return Spared(
        town=100 * surplus(meals, ordered),
        ours=equal(middle, room, missed),
        shortage=100 * missed,
        town_at_risk=equal(ordered, np.sqrt(middle), risk),
        ours_at_risk=equal(middle, room, risk),
        served=float(meals.sum()),
        days=len(np.unique(held.ordinal[known])),
    )
