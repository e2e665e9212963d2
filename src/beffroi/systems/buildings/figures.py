"""Headline figures: last month against expected, progress to the goal, euros and CO2 of the year.

In come a town and what was computed; out go `Figure`s, each with what it counts.
"""

import numpy as np

from beffroi.systems.buildings.causes import ANOMALY, METER, WATCH, Finding
from beffroi.systems.buildings.energies import Tariff
from beffroi.systems.buildings.expected import Judgement
from beffroi.systems.buildings.options import Options
from beffroi.systems.buildings.progress import Progress
from beffroi.systems.buildings.town import Town
from beffroi.systems.buildings.uncertainty import spread_of_meters
from beffroi.systems.buildings.verify import EARLY, IMPOSSIBLE, Saving
from beffroi.systems.contract import Figure
from beffroi.systems.kit.words import fr, plural, short_day


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
    judged = plural(len(rows), "compteur jugé", "compteurs jugés")
    month = f"du {short_day(begin)} au {short_day(end)}, {judged}"
    expected, actual = float(judgement.month_expected[rows].sum()), float(judgement.month_actual[rows].sum())
    wide = spread_of_meters((judgement.month_high - judgement.month_expected)[rows])
    gap = 100 * (actual / expected - 1) if expected > 0 else 0.0
    reach = 100 * wide / expected if expected > 0 else 0.0
    worrying = [finding for finding in findings if finding.status in (ANOMALY, WATCH)]
    stake = float(round(sum(finding.at_stake for finding in worrying)))
    stake_low = float(round(sum(finding.low for finding in worrying)))
    stake_high = float(round(sum(finding.high for finding in worrying)))
    faulty = sum(finding.status == METER for finding in findings)
    above = f"{plural(len(worrying), 'compteur', 'compteurs')} au-dessus de l’attendu, {month}"
    seen = f"{len(worrying)} au-dessus de l’attendu, {plural(faulty, 'muet ou figé', 'muets ou figés')}, sur {len(town.meters)} lus"
    found = [
        Figure("at_stake", "En jeu dans les écarts à voir", stake, "kWh par mois", above,
               stake_low, stake_high, "lower"),
        Figure("meters_to_see", "Compteurs à voir", float(len(worrying) + faulty), "compteurs", seen, better="lower"),
        Figure("month_gap", "Écart à l’attendu du dernier mois", round(gap, 1), "%", month,
               round(gap - reach, 1), round(gap + reach, 1), "lower"),
        Figure("month_kwh", "Consommation du dernier mois", float(round(actual)), "kWh", month, better="lower"),
        *_year(town, tariffs),
    ]  # fmt: skip
    if progress is not None:
        change, low, high = (
            round(100 * share, 1) for share in (progress.change, progress.low, progress.high)
        )
        compared = plural(progress.meters, "compteur", "compteurs")
        base = f"les 365 derniers jours contre l’année du {short_day(progress.reference)}, à météo égale, {compared}"
        goal = f"Chemin vers −{fr(100 * options.goal, 0)} %"
        found.append(Figure("progress", goal, change, "%", base, low, high, "lower"))
    proved = [saving for saving in savings if saving.status not in (EARLY, IMPOSSIBLE)]
    if proved:
        total = sum(saving.saved for saving in proved)
        wide = float(np.sqrt(sum((saving.high - saving.saved) ** 2 for saving in proved)))
        low, saved, high = (float(round(value)) for value in (total - wide, total, total + wide))
        label = "Économie mesurée des travaux finis, prouvée ou non"
        count = plural(len(proved), "compteur", "compteurs")
        base = f"{count}, jusqu’à un an après les travaux, intervalle à 95 %"
        found.append(Figure("verified", label, saved, "kWh", base, low, high, "higher"))
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
    read = plural(counted, "compteur relevé", "compteurs relevés")
    base = f"les {length} derniers jours, {read} plus d’un jour sur deux"
    return [
        Figure("year_euros", "Dépense d’énergie d’une année", float(round(euros)), "€", base, better="lower"),
        Figure("year_tonnes", "CO2 d’une année", round(carbon / 1000, 1), "t CO2e", base, better="lower"),
    ]
