"""Headline figures: last month against expected, progress to the goal, euros and CO2 of the year.

In come a town and what was computed; out go `Figure`s, each with what it counts.
"""

import numpy as np

from beffroi.systems.buildings.causes import ANOMALY, METER, WATCH, Finding
from beffroi.systems.buildings.days import format_date
from beffroi.systems.buildings.energies import Tariff
from beffroi.systems.buildings.expected import Judgement
from beffroi.systems.buildings.options import Options
from beffroi.systems.buildings.progress import Progress
from beffroi.systems.buildings.town import Town
from beffroi.systems.buildings.verify import EARLY, IMPOSSIBLE, Saving
from beffroi.systems.contract import Figure


def build_figures(
    town: Town,
    judgement: Judgement,
    findings: list[Finding],
    progress: Progress | None,
    savings: list[Saving],
    tariffs: dict[str, Tariff],
    options: Options,
) -> tuple[Figure, ...]:
    rows = np.flatnonzero(judgement.judged)
    begin, end = town.days.day(judgement.begin), town.days.day(len(town.days) - 1)
    month = f"du {format_date(begin)} au {format_date(end)}, {len(rows)} compteur(s) jugés"
    expected, actual = float(judgement.month_expected[rows].sum()), float(judgement.month_actual[rows].sum())
    half = (judgement.month_high - judgement.month_expected)[rows]
    # Meters share one weather: half of their errors are taken to move together.
    wide = float(np.sqrt(0.5 * (half**2).sum() + 0.5 * half.sum() ** 2))
    gap = 100 * (actual / expected - 1) if expected > 0 else 0.0
    reach = 100 * wide / expected if expected > 0 else 0.0
    worrying = [finding for finding in findings if finding.status in (ANOMALY, WATCH)]
    found = [
        Figure(
            "month_kwh", "Consommation du dernier mois", float(round(actual)), "kWh", month, better="lower"
        ),
        Figure(
            "month_gap",
            "Écart à l’attendu du dernier mois",
            round(gap, 1),
            "%",
            month,
            round(gap - reach, 1),
            round(gap + reach, 1),
            "lower",
        ),
        Figure(
            "at_stake",
            "En jeu dans les écarts à vérifier",
            float(round(sum(finding.at_stake for finding in worrying))),
            "kWh par mois",
            f"{len(worrying)} compteur(s) au-dessus de l’attendu, {month}",
            float(round(sum(finding.low for finding in worrying))),
            float(round(sum(finding.high for finding in worrying))),
            "lower",
        ),
        Figure(
            "meters_to_check",
            "Compteurs à vérifier",
            float(sum(finding.status == METER for finding in findings)),
            "compteurs",
            f"{len(town.meters)} compteur(s) lus, {month}",
            better="lower",
        ),
    ]
    found += _year(town, tariffs)
    if progress is not None:
        found.append(
            Figure(
                "progress",
                f"Chemin vers −{100 * options.goal:.0f} %",
                round(100 * progress.change, 1),
                "%",
                f"les 365 derniers jours contre l’année du {format_date(progress.reference)}, à météo égale, {len(progress.rows)} compteur(s)",
                round(100 * progress.low, 1),
                round(100 * progress.high, 1),
                "lower",
            )
        )
    proved = [saving for saving in savings if saving.status not in (EARLY, IMPOSSIBLE)]
    if proved:
        total = sum(saving.saved for saving in proved)
        wide = float(np.sqrt(sum((saving.high - saving.saved) ** 2 for saving in proved)))
        found.append(
            Figure(
                "verified",
                "Économie mesurée des travaux finis, prouvée ou non",
                float(round(total)),
                "kWh",
                f"{len(proved)} compteur(s), jusqu’à un an après les travaux, intervalle à 95 %",
                float(round(total - wide)),
                float(round(total + wide)),
                "higher",
            )
        )
    return tuple(found)


def _year(town: Town, tariffs: dict[str, Tariff]) -> list[Figure]:
    """Euros and CO2 of the last year; days without a reading count as the others of their meter."""
    span = slice(max(0, len(town.days) - 365), len(town.days))
    length = span.stop - span.start
    euros = carbon = 0.0
    counted = 0
    for row, meter in enumerate(town.meters):
        known = town.kwh[row, span][np.isfinite(town.kwh[row, span])]
        if len(known) < 0.5 * length:
            continue
        kwh, tariff = float(known.mean()) * length, tariffs[meter.energy]
        euros += kwh * tariff.price
        carbon += kwh * (tariff.carbon or 0.0)
        counted += 1
    base = f"les {length} derniers jours, {counted} compteur(s) relevés plus d’un jour sur deux"
    return [
        Figure("year_euros", "Dépense d’énergie d’une année", float(round(euros)), "€", base, better="lower"),
        Figure("year_tonnes", "CO2 d’une année", round(carbon / 1000, 1), "t CO2e", base, better="lower"),
    ]
