"""Judgement of the lowest flow of the next thirty days, on the second half of the history, beside the same day of the other years."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from beffroi.systems.contract import Score
from beffroi.systems.drought import forecast
from beffroi.systems.drought.forecast import MONTH, STATED, Horizon
from beffroi.systems.drought.reading import Rivers
from beffroi.systems.kit import judging
from beffroi.systems.kit.arrays import Matrix, Rows
from beffroi.systems.kit.baselines import climatology
from beffroi.systems.kit.scoring import Ensemble, crps, skill
from beffroi.systems.kit.series import Series
from beffroi.systems.kit.words import short_day

_WEEKS = (2, 4, 8, 12)  # of which the skill is told too
_SEASON = 91  # days of one block
_LOW_WATER = range(5, 11)  # months
_LEAST_JUDGED = 26  # weeks


@dataclass(frozen=True)
class _TestPeriod:
    """The `days` that are judged, from `start` on; nothing is learned from there."""

    flow: Series
    days: Rows
    start: int

    def losses(self, made: Ensemble, horizon: Horizon) -> Matrix:
        """The CRPS (places, days), in m³/s."""
        return crps(made, forecast.lowest(self.flow.values, horizon)[:, self.days])

    def usual(self, horizon: Horizon, around: Iterable[int] = (0,)) -> Matrix:
        """The losses of what came of the same day in the other years."""
        lowest, until = forecast.lowest(self.flow.values, horizon), self.start - horizon[1]
        return self.losses(climatology(lowest, self.flow.first, self.days, until, around), horizon)

    def recession(self) -> Matrix:
        """Those of the flow of the day times what the lowest one then was of that of the same day, in the other years."""
        flow, until = np.where(self.flow.values > 0, self.flow.values, np.nan), self.start - MONTH[1]
        ratio = climatology(forecast.lowest(flow, MONTH) / flow, self.flow.first, self.days, until)
        return self.losses(ratio * flow[:, self.days, None], MONTH)

    def inside(self, made: Ensemble) -> Matrix:
        """1 where the interval held the truth, else 0."""
        low, high = (np.quantile(made, share, axis=2) for share in ((1 - STATED) / 2, (1 + STATED) / 2))
        truth = forecast.lowest(self.flow.values, MONTH)[:, self.days]
        return np.where(np.isfinite(truth + low), (low <= truth) & (truth <= high), np.nan)

    @property
    def low_water(self) -> Matrix:
        """1 on the days of the months of low water, else NaN."""
        months = [self.flow.day(day).month for day in self.days]
        return np.where(np.isin(months, _LOW_WATER), 1.0, np.nan)


def judge(package: str, rivers: Rivers, training_share: float, seed: int) -> Score:
    """Raises `BadInput` where the history is too short."""
    start = -(-rivers.flow.days // 2)
    learned = rivers.since(round((1 - training_share) * start))
    skipped = rivers.flow.days - learned.flow.days
    horizons, origins = (MONTH, *(forecast.week(number) for number in _WEEKS)), forecast.origins_of(learned)
    judged = origins + skipped >= start
    if judged.sum() < _LEAST_JUDGED:
        raise forecast.too_short(rivers)
    views = forecast.look(learned, origins, start - skipped, horizons, seed)
    made = [forecast.quantiles(views, horizon, rank)[:, judged] for rank, horizon in enumerate(horizons)]
    past = _TestPeriod(rivers.flow, origins[judged] + skipped, start)
    system, usual, ablations = past.losses(made[0], MONTH), past.usual(MONTH), {}
    if views.rain is not None:
        dry = forecast.quantiles(views, MONTH, 0, with_rain=False)[:, judged]
        ablations["Sans la pluie ni le modèle de bassin"] = past.losses(dry, MONTH)
    losses = judging.Losses(
        places=rivers.flow.places,
        system=system,
        reference=usual,
        inside=past.inside(made[0]),
        block=past.days // _SEASON,
        without_ai={
            "Débit du jour et récession habituelle de la saison": past.recession(),
            "Les trente et un jours autour du même jour des autres années": past.usual(
                MONTH, range(-15, 16, 3)
            ),
        },
        ablations=ablations,
    )
    others = {"De mai à octobre": _median(system, usual * past.low_water)}
    for number, horizon, one in zip(_WEEKS, horizons[1:], made[1:], strict=True):
        others[f"Semaine {number}"] = _median(past.losses(one, horizon), past.usual(horizon))
    return judging.skill_score(
        package,
        losses,
        stated=STATED,
        test_period=f"du {short_day(rivers.flow.day(start))} au {short_day(rivers.flow.last)}, un jour par semaine",
        seed=seed,
        training_rows=int(np.isfinite(learned.flow.values[:, : start - skipped]).sum()),
        others=others,
    )


def _median(lost: Matrix, usual: Matrix) -> float:
    found = skill(lost, usual)
    return round(100 * float(np.median(found[np.isfinite(found)])), 1) if np.isfinite(found).any() else 0.0
