"""Trade-off between surplus and shortage by accepted risk, and meals spared against the town's own order.

In come the past forecasts made at each lead of a run; out go surplus and shortage, in % of the meals served, each lead
weighing what is forecast at it. Each part of the past is ordered with the margin that the other parts set, so that no
figure is the one aimed at by construction.
"""

from dataclasses import astuple, dataclass
from datetime import date

import numpy as np

from beffroi.systems.canteen.forecast import Forecast, Part
from beffroi.systems.canteen.periods import describe_leads, describe_period
from beffroi.systems.canteen.rolling import Calibration, margin, shortage, surplus
from beffroi.systems.kit.arrays import Vector

_PARTS = 5
_MIN_DAYS = 15  # below, parts would hold no whole week: the margin is judged where it was set


@dataclass(frozen=True)
class Trade:
    """`risk`: a share of the meals; `surplus` and `shortage`: % of the meals served; `lacking`: the share (0..1) of the
    services (one site, one day) at which meals were missing.
    """

    risk: float
    surplus: float
    shortage: float
    lacking: float


@dataclass(frozen=True)
class Spared:
    """The town's order as it was and the system at the same shortage, then both at the chosen one: surplus in % of the meals.

    `served`: meals of these days.
    """

    town: float
    system: float
    shortage: float
    town_at_risk: float
    system_at_risk: float
    served: float

    @property
    def meals(self) -> float:
        """Meals too many that would have been spared (negative: more were made)."""
        return (self.town - self.system) / 100 * self.served

    @property
    def loses(self) -> bool:
        """Worse than the town both ways, as in the verdict of the backtest."""
        return self.system >= self.town and self.system_at_risk >= self.town_at_risk


def measured_over(made: Forecast) -> str:
    """« Mesuré sur 46 jours d’école, du 4 septembre au 22 décembre 2017, prévus de 1 à 18 jours à l’avance »."""
    days = sorted(
        {
            int(ordinal)
            for part in made.parts
            for ordinal in part.calibration.ordinal[part.calibration.since(made.judged)]
        }
    )
    span = describe_period(len(days), date.fromordinal(days[0]), date.fromordinal(days[-1]))
    leads = [part.lead for part in made.parts if any(not line.strike for line in part.lines)]
    return f"Mesuré sur {span}, {describe_leads(leads or [part.lead for part in made.parts])}"


def trades(made: Forecast, risks: tuple[float, ...]) -> tuple[Trade, ...]:
    """One trade a risk, in the order of `risks`: the mean over the leads of the run."""
    weights = shares(made.parts)
    by_part = [trades_at_lead(part.calibration, risks, made.judged) for part in made.parts]
    found = []
    for place, risk in enumerate(risks):
        figures = np.array([astuple(part[place])[1:] for part in by_part])
        over, under, lacking = (float(value) for value in weights @ figures)
        found.append(Trade(risk, round(over, 2), round(under, 2), round(lacking, 4)))
    return tuple(found)


def trades_at_lead(calibration: Calibration, risks: tuple[float, ...], since: int = 0) -> tuple[Trade, ...]:
    """The same at one lead. Margins are set on the whole of it, figures counted from the day `since` on."""
    counted = calibration.since(since)
    meals = calibration.meals[counted]
    found = []
    for risk in risks:
        order = _ordered(calibration, risk)[counted]
        lacking = float((meals > np.ceil(order - 1e-9)).mean())
        found.append(Trade(risk, 100 * surplus(meals, order), 100 * shortage(meals, order), lacking))
    return tuple(found)


def shares(parts: tuple[Part, ...]) -> Vector:
    """What each lead weighs: the meals forecast at it, on days without a strike; they add up to one."""
    meals = np.array([sum(line.forecast for line in part.lines if not line.strike) for part in parts])
    return meals / meals.sum() if meals.sum() > 0 else np.full(len(parts), 1 / len(parts))


def _ordered(calibration: Calibration, risk: float) -> Vector:
    days = np.unique(calibration.ordinal)
    middle, room = calibration.predictions.middle, calibration.predictions.room
    if len(days) < _MIN_DAYS:
        return middle + calibration.margin(risk) * room
    part = np.searchsorted(days, calibration.ordinal) * _PARTS // len(days)
    order = np.array(middle)
    for number in range(_PARTS):
        here, others = part == number, part != number
        order[here] += margin(calibration.meals[others], middle[others], room[others], risk) * room[here]
    return order


def measure_spared(made: Forecast, risk: float) -> Spared | None:
    """None where the town's order is known for less than half of the past days, at one of the leads."""
    found = [_spared(part.calibration, risk, made.judged) for part in made.parts]
    known = [one for one in found if one is not None]
    if not found or len(known) < len(found):
        return None
    figures = np.array([astuple(one) for one in known])
    return Spared(*(float(value) for value in shares(made.parts) @ figures))


def _spared(calibration: Calibration, risk: float, since: int) -> Spared | None:
    """Equal shortages are found afterwards, for both."""
    counted = calibration.since(since)
    known = np.isfinite(calibration.ordered) & counted
    if known.sum() < 0.5 * counted.sum() or not known.any():
        return None
    meals, ordered = calibration.meals[known], calibration.ordered[known]
    missed = shortage(meals, ordered)
    if not missed > 0:
        return None
    middle, room = calibration.predictions.middle[known], calibration.predictions.room[known]

    def equal(forecast: Vector, scale: Vector, wanted: float) -> float:
        return 100 * surplus(meals, forecast + margin(meals, forecast, scale, wanted) * scale)

    return Spared(
        town=100 * surplus(meals, ordered),
        system=equal(middle, room, missed),
        shortage=100 * missed,
        town_at_risk=equal(ordered, np.sqrt(middle), risk),
        system_at_risk=equal(middle, room, risk),
        served=float(meals.sum()),
    )


def total_factors(made: Forecast, days: int) -> tuple[float, float]:
    """How many times the sum forecast the sum served was, over `days` days in a row: the mean over the leads of the run."""
    both = np.array([part.calibration.total_factors(days) for part in made.parts])
    low, high = shares(made.parts) @ both
    return float(low), float(high)
