"""Night loads of meters read by the hour: whether the excess lies before five in the morning.

In come a town, its `Judgement` and the findings of `causes`; out go the findings, where a night load that is too high takes the
place of a vaguer cause. The night is one more series for the same model: its own base, heating and days off.
"""

from dataclasses import replace

import numpy as np

from beffroi.systems.buildings import causes, uncertainty
from beffroi.systems.buildings.causes import Finding
from beffroi.systems.buildings.expected import Judgement
from beffroi.systems.buildings.model import fit
from beffroi.systems.buildings.readings import NIGHT_ENDS
from beffroi.systems.buildings.town import MIN_DAYS, Town, recency_weights
from beffroi.systems.buildings.uncertainty import Z90
from beffroi.systems.kit.words import change

_SURE = 3.0  # standard deviations
_MIN_GAP = 0.2  # of the night: less is not worth a visit
_REPLACED = (causes.PERMANENT, causes.UNKNOWN, causes.REGULATION, "")


def refine(town: Town, judgement: Judgement, findings: list[Finding]) -> list[Finding]:
    """The same findings, in the same order."""
    teaches = town.teaches & np.isfinite(town.night)
    rows = np.flatnonzero((teaches[:, : judgement.begin].sum(axis=1) >= MIN_DAYS) & judgement.judged)
    if not len(rows):
        return findings
    fitted = fit(town.night[rows], teaches[rows] * recency_weights(town.days, judgement.begin), town.days)
    expected = fitted.predict(town.days, judgement.shared)
    scales = uncertainty.learn_scale(fitted, town.days).of(expected)
    wide = uncertainty.variance_inflation(fitted.left)
    window = judgement.window
    found = list(findings)
    for place, row in enumerate(rows):
        left = (town.night[row] - expected[place])[window]
        known = np.isfinite(left) & ~town.stuck[row, window]
        if known.sum() < 7:
            continue
        excess, usual = float(left[known].sum()), float(expected[place, window][known].sum())
        noise = float(np.sqrt(wide[place] * (scales[place, window][known] ** 2).sum()))
        sure = excess / float(np.hypot(noise, judgement.drift * usual))
        here = findings[row]
        whole = float(np.nansum((town.kwh[row] - judgement.expected[row])[window][known]))
        if sure < _SURE or excess < _MIN_GAP * usual or excess < 0.5 * whole or here.cause not in _REPLACED:
            continue
        monthly, half = 30 / int(known.sum()), Z90 * excess / sure
        found[row] = replace(
            here,
            status=causes.ANOMALY,
            cause=causes.NIGHT,
            at_stake=excess * monthly,
            low=max(0.0, excess - half) * monthly,
            high=(excess + half) * monthly,
            where=f"De minuit à {NIGHT_ENDS} heures : {change(excess / max(usual, 1e-9))}. Le jour explique moins de la moitié de l’écart.",
            sure=max(here.sure, sure),
        )
    return found
