"""Output tables of a run, with the columns of the manifest's `outputs`.

In come a town and what was computed; out go Arrow tables. Figures are rounded: a tenth of a kWh means nothing.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa

from beffroi.systems.buildings import baseline
from beffroi.systems.buildings.causes import ORDER, UNJUDGED, Finding
from beffroi.systems.buildings.changepoints import COOLING, HEATING, NONE
from beffroi.systems.buildings.energies import Tariff
from beffroi.systems.buildings.expected import Judgement
from beffroi.systems.buildings.scenarios import Effect
from beffroi.systems.buildings.town import Town
from beffroi.systems.buildings.verify import EARLY, IMPOSSIBLE, Saving
from beffroi.systems.buildings.works import Ranked

_TEXT, _NUMBER, _DAY = pa.string(), pa.float64(), pa.date32()
_SEASON = 20.0  # °C
_DISPLAYED_DAYS = 92  # of each series: a season to look at


def round_two_figures(value: float, reference: float | None = None) -> float:
    """Round to two significant figures, since intervals are wider than the third: 12 437 is 12 000.

    `reference`: round to the step of that value, for comparisons: 437 against 12 437 is 0.
    """
    size = abs(value if reference is None else reference)
    step = 10.0 ** (np.floor(np.log10(size)) - 1) if size >= 10 else 1.0
    return float(np.round(value / step) * step) + 0.0


def _table(rows: Iterable[dict[str, Any]], **columns: pa.DataType) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=pa.schema(list(columns.items())))


def build_meters_table(
    town: Town, judgement: Judgement, findings: list[Finding], tariffs: dict[str, Tariff]
) -> pa.Table:
    """One line a meter, the most worrying first."""
    year = slice(max(0, len(town.days) - 365), len(town.days))
    area: dict[str, float] = {}
    for row, meter in enumerate(town.meters):
        known = town.kwh[row, year][np.isfinite(town.kwh[row, year])]
        if len(known):
            area[meter.building] = area.get(meter.building, 0.0) + 365 * float(known.mean())
    rows = []
    for finding in sorted(
        findings, key=lambda found: (ORDER.index(found.status), -found.at_stake, found.row)
    ):
        row, meter = finding.row, town.meters[finding.row]
        judged = finding.status != UNJUDGED
        size = float(judgement.month_expected[row])
        building = town.building(row)
        rows.append(
            {
                "meter": meter.name,
                "building": meter.building,
                "commune": building.commune or None,
                "energy": meter.energy,
                "gap": round_two_figures(float(judgement.gap[row]), size) if judged else None,
                "low": round_two_figures(float(judgement.month_actual[row] - judgement.month_high[row]), size)
                if judged
                else None,
                "high": round_two_figures(float(judgement.month_actual[row] - judgement.month_low[row]), size)
                if judged
                else None,
                "expected": round_two_figures(float(judgement.month_expected[row])) if judged else None,
                "actual": round_two_figures(float(judgement.month_actual[row])) if judged else None,
                "gap_percent": float(round(100 * finding.gap)) if judged else None,
                "status": finding.status,
                "cause": finding.cause or None,
                "since": finding.since,
                "at_stake": round_two_figures(finding.at_stake),
                "euros_at_stake": round_two_figures(finding.at_stake * tariffs[meter.energy].price),
                "kwh_a_square_metre": round_two_figures(area[meter.building] / building.surface)
                if building.surface and meter.building in area
                else None,
                "model": describe_model(judgement, row),
                "geometry": building.geometry,
            }
        )
    return _table(
        rows,
        meter=_TEXT,
        building=_TEXT,
        commune=_TEXT,
        energy=_TEXT,
        gap=_NUMBER,
        low=_NUMBER,
        high=_NUMBER,
        expected=_NUMBER,
        actual=_NUMBER,
        gap_percent=_NUMBER,
        status=_TEXT,
        cause=_TEXT,
        since=_DAY,
        at_stake=_NUMBER,
        euros_at_stake=_NUMBER,
        kwh_a_square_metre=_NUMBER,
        model=_TEXT,
        geometry=_TEXT,
    )


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
    reference = baseline.same_month_corrected(town.kwh, year_before, town.days)
    model = np.where(np.arange(end) < judgement.begin, judgement.past, judgement.expected)
    rows = np.flatnonzero(judgement.judged)
    low, high = np.maximum(model - judgement.reach, 0), model + judgement.reach
    span = np.arange(begin, end)
    count = len(span)

    def flat(values: Any) -> pa.Array:
        flattened = np.round(np.asarray(values)[rows][:, span].reshape(-1), 1)
        return pa.array(flattened, mask=~np.isfinite(flattened))

    return pa.table(
        {
            "building": pa.array(np.repeat([town.meters[row].building for row in rows], count), _TEXT),
            "meter": pa.array(np.repeat([town.meters[row].name for row in rows], count), _TEXT),
            "day": pa.array(np.tile(town.days.dates[span], len(rows)), _DAY),
            "expected": flat(model),
            "low": flat(low),
            "high": flat(high),
            "actual": flat(town.kwh),
            "reference": flat(reference),
        }
    )


def build_works_table(ranked: list[Ranked], commune_of: dict[str, str]) -> pa.Table:
    """Works considered, the most kWh a euro first."""
    return _table(
        (
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
        ),
        work=_TEXT,
        building=_TEXT,
        kind=_TEXT,
        commune=_TEXT,
        kwh=_NUMBER,
        low=_NUMBER,
        high=_NUMBER,
        euros=_NUMBER,
        tonnes=_NUMBER,
        cost=_NUMBER,
        payback=_NUMBER,
        status=_TEXT,
    )


def build_scenario_tables(
    town: Town, effects: list[Effect], tariffs: dict[str, Tariff]
) -> tuple[pa.Table, pa.Table]:
    """Scenarios side by side for the town, and for each building; kWh a year."""
    total = sum({effect.row: effect.of for effect in effects}.values())
    whole: dict[str, list[Effect]] = {}
    parts: dict[tuple[str, str], list[Effect]] = {}
    for effect in effects:
        whole.setdefault(effect.scenario.key, []).append(effect)
        parts.setdefault((town.meters[effect.row].building, effect.scenario.key), []).append(effect)

    def line(found: list[Effect], of: float) -> dict[str, Any]:
        kwh = sum(effect.kwh for effect in found)
        # What practice leaves is unknown in the same way everywhere: bounds are added, not drawn apart.
        return {
            "scenario": found[0].scenario.title,
            "note": found[0].scenario.note,
            "kwh": round(kwh),
            "low": round(sum(effect.low for effect in found)),
            "high": round(sum(effect.high for effect in found)),
            "percent": round(100 * kwh / of, 1) if of > 0 else None,
            "euros": round(
                sum(effect.kwh * tariffs[town.meters[effect.row].energy].price for effect in found)
            ),
            "tonnes": round(
                sum(effect.kwh * (tariffs[town.meters[effect.row].energy].carbon or 0) for effect in found)
                / 1000,
                2,
            ),
        }

    columns = {
        "scenario": _TEXT,
        "note": _TEXT,
        "kwh": _NUMBER,
        "low": _NUMBER,
        "high": _NUMBER,
        "percent": _NUMBER,
        "euros": _NUMBER,
        "tonnes": _NUMBER,
    }
    of_building: dict[str, float] = {}
    for row, used in {effect.row: effect.of for effect in effects}.items():
        name = town.meters[row].building
        of_building[name] = of_building.get(name, 0.0) + used
    side_by_side = sorted((line(found, total) for found in whole.values()), key=lambda row: -row["kwh"])
    by_building = [
        {"building": name, **line(found, of_building[name])}
        for (name, _), found in sorted(
            parts.items(), key=lambda item: (item[0][0], -sum(one.kwh for one in item[1]))
        )
    ]
    return _table(side_by_side, **columns), _table(by_building, building=_TEXT, **columns)


def build_savings_table(town: Town, found: list[Saving]) -> pa.Table:
    """Finished works, the last first: what they saved, at 95 %."""
    rows = []
    for saving in found:
        is_measured = saving.status not in (EARLY, IMPOSSIBLE)
        rows.append(
            {
                "work": f"{town.meters[saving.row].name} : {saving.work.kind.lower()}",
                "building": town.meters[saving.row].building,
                "kind": saving.work.kind,
                "meter": town.meters[saving.row].name,
                "done": saving.work.end,
                "days": float(saving.days),
                "expected": round(saving.expected) if is_measured else None,
                "actual": round(saving.actual) if is_measured else None,
                "saved_percent": round(100 * saving.share(saving.saved), 1) if is_measured else None,
                "low_percent": round(100 * saving.share(saving.low), 1) if is_measured else None,
                "high_percent": round(100 * saving.share(saving.high), 1) if is_measured else None,
                "promised_percent": None
                if saving.work.promised is None
                else round(100 * saving.work.promised, 1),
                "saved": round(saving.saved) if is_measured else None,
                "status": saving.status,
            }
        )
    return _table(
        rows,
        work=_TEXT,
        building=_TEXT,
        kind=_TEXT,
        meter=_TEXT,
        done=_DAY,
        days=_NUMBER,
        expected=_NUMBER,
        actual=_NUMBER,
        saved_percent=_NUMBER,
        low_percent=_NUMBER,
        high_percent=_NUMBER,
        promised_percent=_NUMBER,
        saved=_NUMBER,
        status=_TEXT,
    )
