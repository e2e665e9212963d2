"""Judgement of the lowest flow of the next thirty days, on the second half of the history, beside the climatology of the same day."""

import numpy as np

from beffroi.systems.contract import Score
from beffroi.systems.drought import forecast
from beffroi.systems.drought.forecast import MONTH, STATED, Horizon
from beffroi.systems.drought.reading import Rivers
from beffroi.systems.kit import judging
from beffroi.systems.kit.arrays import Matrix, Rows
from beffroi.systems.kit.baselines import same_days_of_other_years
from beffroi.systems.kit.scoring import crps, skill
from beffroi.systems.kit.series import Series
from beffroi.systems.kit.words import short_day

_WEEKS = (2, 4, 8, 12)  # of which the skill is told too
_SEASON = 91  # days of one block
_LOW_WATER = range(5, 11)  # months
_LEAST_JUDGED = 26  # weeks


def judge(package: str, rivers: Rivers, training_share: float, seed: int) -> Score:
    """Raises `BadInput` where the history is too short."""
    start = -(-rivers.flow.days // 2)
    horizons = (MONTH, *(forecast.week(number) for number in _WEEKS))
    learned = rivers.since(round((1 - training_share) * start))
    skipped = rivers.flow.days - learned.flow.days
    origins = forecast.origins_of(learned)
    views = forecast.look(learned, origins, start - skipped, horizons, seed)
    held_out = origins + skipped >= start
    if held_out.sum() < _LEAST_JUDGED:
        raise forecast.too_short(rivers)
    days = origins[held_out] + skipped
    made = [forecast.quantiles(views, horizon, rank)[:, held_out] for rank, horizon in enumerate(horizons)]
    plain = forecast.quantiles(views, MONTH, 0, with_rain=False)[:, held_out]
    truth = forecast.lowest(rivers.flow.values, MONTH)[:, days]
    low, high = (np.quantile(made[0], share, axis=2) for share in ((1 - STATED) / 2, (1 + STATED) / 2))
    lost, usual = crps(made[0], truth), crps(climatology(rivers.flow, days, start, MONTH), truth)
    losses = judging.Losses(
        places=rivers.flow.places,
        system=lost,
        reference=usual,
        inside=np.where(np.isfinite(truth + low), (low <= truth) & (truth <= high), np.nan),
        block=days // _SEASON,
        without_ai={
            "Débit du jour et récession habituelle de la saison": crps(
                _recession(rivers.flow, days, start), truth
            ),
            "Les trente et un jours autour du même jour des autres années": crps(
                climatology(rivers.flow, days, start, MONTH, range(-15, 16, 3)), truth
            ),
        },
        ablations={"Sans la pluie ni le modèle de bassin": crps(plain, truth)}
        if views.rain is not None
        else {},
    )
    months = np.array([rivers.flow.day(day).month for day in days])
    others = {"De mai à octobre": _median(lost, np.where(np.isin(months, _LOW_WATER), usual, np.nan))}
    for number, horizon, one in zip(_WEEKS, horizons[1:], made[1:], strict=True):
        came = forecast.lowest(rivers.flow.values, horizon)[:, days]
        others[f"Semaine {number}"] = _median(
            crps(one, came), crps(climatology(rivers.flow, days, start, horizon), came)
        )
    return judging.skill_score(
        package,
        losses,
        stated=STATED,
        test_period=f"du {short_day(rivers.flow.day(start))} au {short_day(rivers.flow.last)}, un jour par semaine",
        seed=seed,
        training_rows=int(np.isfinite(learned.flow.values[:, : start - skipped]).sum()),
        others=others,
    )


def climatology(flow: Series, days: Rows, until: int, horizon: Horizon, around: range = range(1)) -> Matrix:
    """(places, days, members): what came of the same day in the other years before `until`."""
    at = same_days_of_other_years(flow.first, days, until - horizon[1], around)
    return np.where(at >= 0, forecast.lowest(flow.values, horizon)[:, at], np.nan)


def _recession(flow: Series, days: Rows, until: int) -> Matrix:
    """The flow of the day times what the lowest flow then was of that of the same day, in the other years."""
    at = same_days_of_other_years(flow.first, days, until - MONTH[1])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = forecast.lowest(flow.values, MONTH) / np.where(flow.values > 0, flow.values, np.nan)
    return np.where(at >= 0, ratio[:, at], np.nan) * flow.values[:, days, None]


def _median(lost: Matrix, usual: Matrix) -> float:
    found = skill(lost, usual)
    return round(100 * float(np.median(found[np.isfinite(found)])), 1) if np.isfinite(found).any() else 0.0
