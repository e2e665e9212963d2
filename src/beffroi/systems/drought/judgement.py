"""Judgement of the lowest flow of the next thirty days, on the second half of the history, beside the same day of the other years."""

import numpy as np

from beffroi.systems.contract import Score
from beffroi.systems.drought import forecast
from beffroi.systems.drought.forecast import MONTH, STATED
from beffroi.systems.drought.reading import Rivers
from beffroi.systems.kit import judging
from beffroi.systems.kit.ensemble_judging import JudgedDays, median_skill
from beffroi.systems.kit.words import short_day

_OTHERS = {
    "Dix jours finis dans le mois, les jours déjà connus compris": (1, MONTH[1]),
    **{f"Semaine {number}": forecast.week(number) for number in (2, 4, 8, 12)},
}
_SEASON = 91  # days of one block
_LOW_WATER = range(5, 11)  # months
_LEAST_JUDGED = 26  # weeks


def judge(package: str, rivers: Rivers, training_share: float, seed: int) -> Score:
    """Raises `BadInput` where the history is too short."""
    start = -(-rivers.flow.days // 2)
    learned = rivers.since(round((1 - training_share) * start))
    skipped = rivers.flow.days - learned.flow.days
    horizons, origins = (MONTH, *_OTHERS.values()), forecast.origins_of(learned)
    judged = origins + skipped >= start
    if judged.sum() < _LEAST_JUDGED:
        raise forecast.too_short(rivers)
    views = forecast.look(learned, origins, start - skipped, horizons, seed)
    made = [forecast.quantiles(views, horizon, rank)[:, judged] for rank, horizon in enumerate(horizons)]
    judged_days = JudgedDays(rivers.flow, origins[judged] + skipped, start)
    came = [forecast.lowest(rivers.flow.values, horizon) for horizon in horizons]
    lost = [judged_days.losses(*one) for one in zip(made, came, strict=True)]
    usual = [judged_days.usual(one, lead) for one, (_, lead) in zip(came, horizons, strict=True)]
    ablations = {}
    if views.rain is not None:
        dry = forecast.quantiles(views, MONTH, 0, with_rain=False)[:, judged]
        ablations["Sans la pluie ni le modèle de bassin"] = judged_days.losses(dry, came[0])
    others = {name: median_skill(lost[rank], usual[rank]) for rank, name in enumerate(_OTHERS, 1)}
    losses = judging.Losses(
        places=rivers.flow.places,
        system=lost[0],
        reference=usual[0],
        inside=judged_days.inside(made[0], came[0], STATED),
        block=judged_days.days // _SEASON,
        without_ai={
            "Débit du jour et récession habituelle de la saison": judged_days.persistence(came[0], MONTH[1]),
            "Les trente et un jours autour du même jour des autres années": judged_days.usual(
                came[0], MONTH[1], range(-15, 16, 3)
            ),
        },
        ablations=ablations,
    )
    return judging.skill_score(
        package,
        losses,
        stated=STATED,
        test_period=f"du {short_day(rivers.flow.day(start))} au {short_day(rivers.flow.last)}, un jour par semaine",
        seed=seed,
        training_rows=int(np.isfinite(learned.flow.values[:, : start - skipped]).sum()),
        others={
            "De mai à octobre": median_skill(lost[0], judged_days.in_months(usual[0], _LOW_WATER)),
            **others,
        },
    )
