"""Verified savings of finished works by IPMVP option C: the whole meter, a baseline from the year before, the weather of the year after.

In come a town and the table `works_done`; out goes one `Saving` a work and meter. Avoided consumption is what the baseline
model expects of the days after, less what was used (EVO, IPMVP Core Concepts 2022). Its 95 % interval adds the model's
uncertainty (sandwich by blocks of two weeks), the noise of the year after with its autocorrelation (ASHRAE Guideline
14-2014, annex B) and the drift that the town's meters without works show from one year to the next.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from beffroi.systems.buildings import uncertainty
from beffroi.systems.buildings.days import Ints, Mask, Matrix, Vector
from beffroi.systems.buildings.design import design_matrix, shared_columns, slice_days
from beffroi.systems.buildings.energies import normalize_energy
from beffroi.systems.buildings.model import Fitted, fit
from beffroi.systems.buildings.town import MIN_DAYS, Town
from beffroi.systems.buildings.uncertainty import (
    T95,
    coefficient_covariance,
    sum_standard_deviation,
    variance_inflation,
)
from beffroi.systems.contract import Tables
from beffroi.systems.kit import cells
from beffroi.systems.kit.words import listed, plural

PROVED, UNPROVED, MORE, EARLY, IMPOSSIBLE = (
    "économie prouvée",
    "économie non prouvée",
    "consommation en hausse",
    "trop tôt pour juger",
    "non vérifiable",
)
_MIN_DAYS_AFTER = 90
_YEAR = 365
_WORKS_LAST = 30  # days before the end of works that are no baseline, where their start is not given


@dataclass(frozen=True)
class Work:
    building: str
    kind: str
    energy: str | None
    start: date
    end: date
    promised: float | None  # a share


@dataclass(frozen=True)
class Saving:
    """kWh over `days` days after the works; `low` and `high` at 95 %; `model_sd` without the drift."""

    work: Work
    row: int
    status: str
    days: int
    expected: float
    actual: float
    low: float
    high: float
    model_sd: float

    @property
    def saved(self) -> float:
        return self.expected - self.actual

    def share(self, kwh: float) -> float:
        return kwh / self.expected if self.expected > 0 else 0.0


def verify_savings(town: Town, tables: Tables, notes: list[str]) -> list[Saving]:
    """One line a work and meter of its building; what cannot be verified is reported in `notes`."""
    works = _works(tables, notes)
    pairs = [(work, row) for work in works for row in town.rows_of(work.building, work.energy)]
    met = {work for work, _ in pairs}
    lost = [work.building for work in works if work not in met]
    if lost:
        notes.append(
            f"{plural(len(lost), 'chantier terminé ne touche', 'chantiers terminés ne touchent')} aucun compteur relevé "
            f"({listed(lost, 3)}). Vérifiez le nom du bâtiment et l’énergie."
        )
    if not pairs:
        return []
    moved = year_drift(town, {row for _, row in pairs})
    rows = np.array([row for _, row in pairs])
    day = np.arange(len(town.days))
    start = np.array([[town.days.at(work.start)] for work, _ in pairs])
    end = np.array([[max(0, town.days.at(work.end) + 1)] for work, _ in pairs])
    before, after = (day >= start - _YEAR) & (day < start), (day >= end) & (day < end + _YEAR)
    fitted, found = compare_periods(town, rows, before, after, moved)
    taught = (before & town.teaches[rows]).sum(axis=1)
    return [
        _saving(work, row, found[place], int(taught[place]), bool(fitted.plain[place]))
        for place, (work, row) in enumerate(pairs)
    ]


def compare_periods(town: Town, rows: Ints, before: Mask, after: Mask, moved: float) -> tuple[Fitted, Matrix]:
    """Models of the days `before`, and what they make of those `after`: `avoided_consumption`. Masks of days, or (rows, days)."""
    teaches = town.teaches[rows]
    fitted = fit(town.kwh[rows], (before & teaches).astype(float), town.days, town.period[rows])
    return fitted, avoided_consumption(fitted, town, rows, after & teaches, moved)


def avoided_consumption(
    fitted: Fitted,
    town: Town,
    rows: Ints,
    after: Mask,
    moved: float,
) -> Matrix:
    """For each line of `fitted`: days after, expected, actual, standard deviation of the model, and with the drift; in kWh."""
    shared = shared_columns(town.days)
    expected = fitted.predict(town.days, shared)
    selected = after & np.isfinite(town.kwh[rows]) & np.isfinite(expected)
    scales = uncertainty.learn_scale(fitted, town.days).of(expected)
    covariances = coefficient_covariance(fitted, town.days, np.arange(len(rows)), shared)
    wide = variance_inflation(fitted.left)
    found = np.zeros((len(rows), 5))
    for place, row in enumerate(rows):
        days = np.flatnonzero(selected[place])
        if not len(days):
            continue
        begin, end = int(days[0]), int(days[-1]) + 1
        columns = design_matrix(slice_days(shared, begin, end), fitted.picks[place : place + 1])[0]
        total = columns[selected[place, begin:end]].sum(axis=0)
        of_model = float(sum_standard_deviation(covariances[place : place + 1], total[None])[0])
        of_days = float(np.sqrt(wide[place] * (scales[place, days] ** 2).sum()))
        sd = float(np.hypot(of_model, of_days))
        sum_expected = float(expected[place, days].sum())
        found[place] = (
            len(days),
            sum_expected,
            float(town.kwh[row, days].sum()),
            sd,
            float(np.hypot(sd, moved * sum_expected)),
        )
    return found


def year_drift(town: Town, touched: set[int]) -> float:
    """How much the meters without works differ from their own model one year ahead: a relative standard deviation."""
    end = len(town.days)
    begin = end - _YEAR
    rows = np.array(
        [
            row
            for row in range(len(town.meters))
            if row not in touched and town.teaches[row, : max(begin, 0)].sum() >= MIN_DAYS
        ],
        dtype=np.int64,
    )
    if begin < MIN_DAYS or not len(rows):
        return uncertainty.YEAR_DRIFT
    day = np.arange(end)
    _, found = compare_periods(town, rows, (day >= begin - _YEAR) & (day < begin), day >= begin, 0.0)
    usable = (found[:, 0] >= _MIN_DAYS_AFTER) & (found[:, 1] > 0)
    errors: Vector = np.where(usable, found[:, 2] / np.maximum(found[:, 1], 1e-9) - 1, np.nan)
    return uncertainty.estimate_drift(
        errors, found[:, 3] / np.maximum(found[:, 1], 1e-9), uncertainty.YEAR_DRIFT
    )


def _saving(work: Work, row: int, found: Vector, taught: int, plain_model: bool) -> Saving:
    days, expected, actual, model_sd, sd = (float(value) for value in found)
    low, high = expected - actual - T95 * sd, expected - actual + T95 * sd
    if taught < MIN_DAYS or plain_model or expected <= 0:
        status = IMPOSSIBLE if days >= _MIN_DAYS_AFTER or taught < MIN_DAYS or plain_model else EARLY
    elif days < _MIN_DAYS_AFTER:
        status = EARLY
    elif low > 0:
        status = PROVED
    elif high < 0:
        status = MORE
    else:
        status = UNPROVED
    return Saving(work, row, status, int(days), expected, actual, low, high, model_sd)


def _works(tables: Tables, notes: list[str]) -> list[Work]:
    works: list[Work] = []
    rejected = cells.Rejected.of(__package__, "works_done")
    for row in cells.rows(tables, "works_done"):
        building, kind = cells.text(row.get("building")), cells.text(row.get("kind")) or "travaux"
        start, end = cells.day(row.get("start")), cells.day(row.get("date"))
        if not cells.key(building) or end is None:
            rejected.add("sans bâtiment ou sans date de fin", building or kind)
            continue
        if start is not None and start > end:
            rejected.add("travaux finis avant d’avoir commencé", building)
            continue
        energy, promised = cells.text(row.get("energy")), cells.number(row.get("promised_percent"))
        works.append(
            Work(
                building,
                kind,
                normalize_energy(energy) if energy else None,
                start or end - timedelta(_WORKS_LAST),
                end,
                promised / 100 if promised is not None and 0 < promised <= 100 else None,
            )
        )
    notes += rejected.notes()
    return sorted(works, key=lambda work: (work.end, work.building, work.kind), reverse=True)
