"""Output tables of a run, with the columns of the manifest's `outputs`.

In come a town and what was computed; out go Arrow tables. Figures are rounded: a tenth of a kWh means nothing.
"""

from typing import Any

import numpy as np
import pyarrow as pa

from beffroi.systems.buildings import baseline
from beffroi.systems.buildings.bills import mean_by_period
from beffroi.systems.buildings.causes import UNJUDGED, Finding, worst_first
from beffroi.systems.buildings.changepoints import COOLING, HEATING, NONE
from beffroi.systems.buildings.energies import Tariff
from beffroi.systems.buildings.expected import Judgement
from beffroi.systems.buildings.scenarios import Effect
from beffroi.systems.buildings.town import Town
from beffroi.systems.buildings.verify import EARLY, IMPOSSIBLE, Saving
from beffroi.systems.buildings.works import Ranked
from beffroi.systems.kit import writing

_SEASON = 20.0  # °C
_DISPLAYED_DAYS = 92  # of each series: a season to look at


def round_two_figures(value: float, reference: float | None = None) -> float:
    """Round to two significant figures, since intervals are wider than the third: 12 437 is 12 000.

    `reference`: round to the step of that value, for comparisons: 437 against 12 437 is 0.
    """
    return _round_to(value, _step(value if reference is None else reference, 2))


def _step(value: float, figures: int) -> float:
    """The place of the last of so many significant figures, at least one unit."""
    return max(1.0, 10.0 ** (np.floor(np.log10(max(abs(value), 1.0))) + 1 - figures))


def _round_to(value: float, step: float) -> float:
    return float(np.round(value / step) * step) + 0.0


def build_meters_table(
    town: Town, judgement: Judgement, findings: list[Finding], tariffs: dict[str, Tariff]
) -> pa.Table:
    """One line a meter, the most worrying first."""
    year = slice(max(0, len(town.days) - 365), len(town.days))
    used: dict[str, float] = {}
    for row, meter in enumerate(town.meters):
        known = town.kwh[row, year][np.isfinite(town.kwh[row, year])]
        if len(known):
            used[meter.building] = used.get(meter.building, 0.0) + 365 * float(known.mean())
    rows = []
    for finding in worst_first(findings):
        row, meter = finding.row, town.meters[finding.row]
        building = town.building(row)
        line: dict[str, Any] = {
            "meter": meter.name,
            "building": meter.building,
            "commune": building.commune or None,
            "energy": meter.energy,
            "status": finding.status,
            "cause": finding.cause or None,
            "since": finding.since,
            "at_stake": round_two_figures(finding.at_stake),
            "euros_at_stake": round_two_figures(finding.at_stake * tariffs[meter.energy].price),
            "model": describe_model(judgement, row),
            "geometry": building.geometry,
        }
        if building.surface and meter.building in used:
            line["kwh_a_square_metre"] = round_two_figures(used[meter.building] / building.surface)
        if finding.status != UNJUDGED:
            expected, actual = float(judgement.month_expected[row]), float(judgement.month_actual[row])
            # One step for the whole line, so that what was read is what was expected and the gap: 437 against 12 437 is 400.
            step = max(_step(float(judgement.gap[row]), 2), _step(expected, 3))
            gap, expected_kwh = _round_to(float(judgement.gap[row]), step), _round_to(expected, step)
            line |= {
                "gap": gap,
                "low": _round_to(actual - judgement.month_high[row], step),
                "high": _round_to(actual - judgement.month_low[row], step),
                "expected": expected_kwh,
                "actual": expected_kwh + gap,
                "gap_percent": round(100 * finding.gap),
            }
        rows.append(line)
    return writing.table(__package__, "by_meter", rows)


def describe_model(judgement: Judgement, row: int) -> str:
    """French description of a meter's model."""
    fitted = judgement.fitted
    if not judgement.judged[row]:
        return "aucun : historique trop court"
    if fitted.plain[row]:
        return "repli : moyenne du même mois et du même type de jour"
    _, heating, cooling = fitted.picks[row]
    parts = []
    if heating != NONE:
        # So high a balance point is the season (light, hot water) more than the heating.
        parts.append(
            f"chauffage sous {HEATING[heating]:.0f} °C"
            if HEATING[heating] < _SEASON
            else "hausse en saison froide"
        )
    if cooling != NONE:
        parts.append(f"froid au-dessus de {COOLING[cooling]:.0f} °C")
    return " ; ".join(parts) if parts else "sans effet de la météo"


def build_days_table(town: Town, judgement: Judgement) -> pa.Table:
    """Expected against actual, day by day over the last three months, meters in order."""
    end = len(town.days)
    begin = max(0, end - _DISPLAYED_DAYS)
    year_before = np.zeros(town.kwh.shape, dtype=bool)
    year_before[:, max(0, begin - 365) : begin] = town.teaches[:, max(0, begin - 365) : begin]
    model = np.where(np.arange(end) < judgement.begin, judgement.past, judgement.expected)
    series = {
        "expected": model,
        "low": np.maximum(model - judgement.reach, 0),
        "high": model + judgement.reach,
        "actual": town.kwh,
        "reference": mean_by_period(
            baseline.same_month_corrected(town.kwh, year_before, town.days), town.period
        ),
    }
    rounded = {name: np.round(values[:, begin:], 1) for name, values in series.items()}
    rows = (
        {
            "building": town.meters[row].building,
            "meter": town.meters[row].name,
            "day": town.days.day(begin + place),
            **{name: values[row, place] for name, values in rounded.items()},
        }
        for row in np.flatnonzero(judgement.judged)
        for place in range(end - begin)
    )
    return writing.table(__package__, "days", rows)


def build_works_table(ranked: list[Ranked], commune_of: dict[str, str]) -> pa.Table:
    """Works considered, the most kWh a euro first."""
    rows = (
        {
            "work": f"{work.candidate.building} : {work.candidate.kind.lower()}",
            "building": work.candidate.building,
            "kind": work.candidate.kind,
            "commune": commune_of.get(work.candidate.building),
            "kwh": round(work.kwh),
            "low": round(work.low),
            "high": round(work.high),
            "euros": round(work.euros),
            "tonnes": round(work.carbon / 1000, 2),
            "cost": round(work.candidate.cost),
            "payback": None if work.payback is None else round(work.payback, 1),
            "status": "retenu dans le budget" if work.chosen else "au-delà du budget",
        }
        for work in ranked
    )
    return writing.table(__package__, "works", rows)


def build_scenario_tables(
    town: Town, effects: list[Effect], tariffs: dict[str, Tariff]
) -> tuple[pa.Table, pa.Table]:
    """Scenarios side by side for the town, and for each building; kWh a year."""
    whole: dict[str, list[Effect]] = {}
    parts: dict[str, dict[str, list[Effect]]] = {}
    for effect in effects:
        whole.setdefault(effect.title, []).append(effect)
        of_building = parts.setdefault(town.meters[effect.row].building, {})
        of_building.setdefault(effect.title, []).append(effect)

    def lines(by_title: dict[str, list[Effect]]) -> list[dict[str, Any]]:
        """One line a scenario, the best first; its share is of all the meters that any scenario touches."""
        of = sum({effect.row: effect.of for found in by_title.values() for effect in found}.values())
        rows = []
        for title, found in sorted(by_title.items(), key=lambda item: -sum(one.kwh for one in item[1])):
            kwh = sum(effect.kwh for effect in found)
            priced = [(effect.kwh, tariffs[town.meters[effect.row].energy]) for effect in found]
            rows.append(
                {
                    "scenario": title,
                    "note": found[0].note,
                    "kwh": round(kwh),
                    # What practice leaves is unknown in the same way everywhere: bounds are added, not drawn apart.
                    "low": round(sum(effect.low for effect in found)),
                    "high": round(sum(effect.high for effect in found)),
                    "percent": round(100 * kwh / of, 1) if of > 0 else None,
                    "euros": round(sum(kwh * tariff.price for kwh, tariff in priced)),
                    "tonnes": round(sum(kwh * (tariff.carbon or 0) for kwh, tariff in priced) / 1000, 2),
                }
            )
        return rows

    by_building = (
        {"building": name, **line} for name, by_title in sorted(parts.items()) for line in lines(by_title)
    )
    return (
        writing.table(__package__, "scenarios", lines(whole)),
        writing.table(__package__, "building_scenarios", by_building),
    )


def build_savings_table(town: Town, found: list[Saving]) -> pa.Table:
    """Finished works, the last first: what they saved, at 95 %."""
    rows = []
    for saving in found:
        work, meter = saving.work, town.meters[saving.row]
        row = {
            "work": f"{meter.name} : {work.kind.lower()}",
            "building": meter.building,
            "kind": work.kind,
            "meter": meter.name,
            "done": work.end,
            "days": saving.days,
            "promised_percent": None if work.promised is None else round(100 * work.promised, 1),
            "status": saving.status,
        }
        if saving.status not in (EARLY, IMPOSSIBLE):
            row |= {
                "expected": round(saving.expected),
                "actual": round(saving.actual),
                "saved_percent": round(100 * saving.share(saving.saved), 1),
                "low_percent": round(100 * saving.share(saving.low), 1),
                "high_percent": round(100 * saving.share(saving.high), 1),
                "saved": round(saving.saved),
            }
        rows.append(row)
    return writing.table(__package__, "savings", rows)
