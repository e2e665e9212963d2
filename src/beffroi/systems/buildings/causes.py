"""Anomaly detection by meter: status, start date and probable cause of an excess, never a certain one.

In come a town and its `Judgement`; out goes one `Finding` a meter. Rules look at where the excess lies (days off, holidays,
mild days, in proportion to the cold, all days alike); each is one sentence that a person can check on site.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np

from beffroi.systems.buildings import uncertainty
from beffroi.systems.buildings.changepoints import HEATING
from beffroi.systems.buildings.days import Mask, Vector
from beffroi.systems.buildings.design import meter_degrees
from beffroi.systems.buildings.expected import Judgement
from beffroi.systems.buildings.town import MIN_DAYS, Town
from beffroi.systems.buildings.uncertainty import Z90
from beffroi.systems.kit.words import change

ANOMALY, WATCH, METER, LOWER, NORMAL, UNJUDGED = (
    "anomalie",
    "à surveiller",
    "compteur à vérifier",
    "baisse",
    "normal",
    "non jugé",
)
ORDER = (ANOMALY, METER, WATCH, LOWER, NORMAL, UNJUDGED)

SILENT = "compteur muet"
STUCK = "compteur figé ou à zéro"
NIGHT = "charge de nuit trop haute"
WEEKEND = "charge de week-end trop haute"
HOLIDAYS = "chauffage non abaissé pendant les vacances"
OUT_OF_SEASON = "chauffage en marche hors saison"
REGULATION = "chauffage au-dessus du réglage habituel"
PERMANENT = "consommation permanente en hausse"
UNKNOWN = "écart sans cause reconnue"
FEWER = "consommation plus basse que prévu"

_SURE, _SURER, _QUIET = 2.33, 3.0, 1.5  # standard deviations: 1 in 100, 1 in 700, nothing to see
_MIN_GAP = 0.05  # of what was expected: less is not worth a visit
_SILENT_DAYS = 3
_REMOVED_DAYS = 120  # without a reading: a meter taken away, not one that fell silent
_MILD = 15.0  # °C: nobody heats a public building on such days
_STEP_DAYS = 120
_HEATED = 0.25  # share of heating under which a meter's excess is not laid to its regulation
_HEATING_METER = 0.5  # share of heating beyond which an energy is there to heat


@dataclass(frozen=True)
class Finding:
    """kWh over thirty days: `at_stake` within `low` and `high` (0 where nothing is). `gap`: a share of what was expected."""

    row: int
    status: str
    cause: str = ""
    since: date | None = None
    gap: float = 0.0
    at_stake: float = 0.0
    low: float = 0.0
    high: float = 0.0
    where: str = ""  # a sentence: on which days the excess lies
    sure: float = 0.0  # standard deviations


@dataclass(frozen=True)
class _Window:
    """Days of one meter's window: residual, expected and scale in kWh; the kinds of days on which the excess may lie."""

    left: Vector
    expected: Vector
    scale: Vector
    known: Mask
    inflation: float
    drift: float
    off: Mask
    holiday: Mask
    mild: Mask

    def total(self, days: Mask) -> tuple[float, float, float]:
        """Excess, expected and standard deviations of the excess over these days."""
        selected = days & self.known
        if not selected.any():
            return 0.0, 0.0, 0.0
        excess, expected = float(self.left[selected].sum()), float(self.expected[selected].sum())
        noise = np.hypot(
            np.sqrt(self.inflation * float((self.scale[selected] ** 2).sum())), self.drift * expected
        )
        return excess, expected, excess / noise if noise > 0 else 0.0


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """The one order of meters, for the table, the proposals and the sentence of the morning: by state, then by kWh at stake."""
    return sorted(findings, key=lambda found: (ORDER.index(found.status), -found.at_stake, found.row))


def find_causes(town: Town, judgement: Judgement) -> list[Finding]:
    """One finding a meter, in the order of the meters."""
    wide = uncertainty.variance_inflation(judgement.fitted.left)
    heating, _ = meter_degrees(judgement.shared, judgement.fitted.picks)
    share_of_heating = _heating_share(town, judgement)
    last_read = np.array(
        [int(np.flatnonzero(np.isfinite(line))[-1]) if np.isfinite(line).any() else -1 for line in town.kwh]
    )
    return [
        _find_cause_of_meter(
            town, judgement, row, wide[row], heating[row], share_of_heating[row], last_read[row]
        )
        for row in range(len(town.meters))
    ]


def _heating_share(town: Town, judgement: Judgement) -> Vector:
    year = slice(max(0, len(town.days) - 365), len(town.days))
    heat = np.nansum(judgement.fitted.heating(town.days, judgement.shared)[:, year], axis=1)
    return np.asarray(heat / np.maximum(np.nansum(judgement.expected[:, year], axis=1), 1e-9))


def _find_cause_of_meter(
    town: Town,
    judgement: Judgement,
    row: int,
    wide: float,
    heating: Vector,
    share_of_heating: float,
    last_read: int,
) -> Finding:
    window = judgement.window
    end = len(town.days)
    silent = end - 1 - last_read
    old = town.history(judgement.begin)[row] >= MIN_DAYS and not town.spread[row]
    if old and _SILENT_DAYS <= silent <= _REMOVED_DAYS:
        return _meter_fault(town, row, SILENT, last_read + 1)
    if (
        judgement.judged[row]
        and town.stuck[row, max(judgement.begin, end - 14) :].sum() >= _SILENT_DAYS
        and town.stuck[row, last_read]
    ):
        return _meter_fault(town, row, STUCK, last_read - int(np.argmin(town.stuck[row, last_read::-1])) + 1)
    if not judgement.judged[row]:
        return Finding(row, UNJUDGED, _unjudged_reason(town, row, old, silent))
    here = _Window(
        left=np.nan_to_num(town.kwh[row, window] - judgement.expected[row, window]),
        expected=np.nan_to_num(judgement.expected[row, window]),
        scale=np.nan_to_num(judgement.reach[row, window] / Z90),
        known=np.isfinite(town.kwh[row, window] - judgement.expected[row, window]) & ~town.stuck[row, window],
        inflation=wide,
        drift=judgement.drift,
        off=town.days.off[window],
        holiday=(town.days.holiday & ~town.days.off)[window],
        mild=np.nan_to_num(judgement.shared.felt[0, window], nan=-99) >= _MILD,
    )
    week = np.arange(end - judgement.begin) >= end - judgement.begin - 7
    excess, expected, sure = here.total(here.known)
    parts = [here.total(days) for days in (here.off, here.holiday, here.mild, week)]
    gap = excess / expected if expected > 0 else 0.0
    strongest = max([sure, *(value[2] * _SURE / _SURER for value in parts)])
    worth = gap >= _MIN_GAP or any(
        value[2] >= _SURER and value[0] >= 2 * _MIN_GAP * value[1] and value[0] > 0.01 * expected
        for value in parts
    )
    monthly = 30 / max(int(here.known.sum()), 1)
    half = abs(excess / sure) * Z90 if sure else 0.0
    if strongest < Z90 or not worth:
        if sure <= -_SURE and gap <= -_MIN_GAP:
            return Finding(row, LOWER, FEWER, _level_change(town, judgement, row, -1), gap, sure=sure)
        return Finding(row, NORMAL, gap=gap, sure=sure)
    cause, where = _cause(judgement, row, here, heating, share_of_heating)
    stakes = dict(zip((WEEKEND, HOLIDAYS, OUT_OF_SEASON), (part[0] for part in parts), strict=False))
    amount = max(excess, stakes.get(cause, 0.0))
    return Finding(
        row=row,
        status=ANOMALY if strongest >= _SURE else WATCH,
        cause=cause,
        since=_level_change(town, judgement, row, 1),
        gap=gap,
        at_stake=amount * monthly,
        low=max(0.0, amount - half) * monthly,
        high=(amount + half) * monthly,
        where=where,
        sure=strongest,
    )


def _unjudged_reason(town: Town, row: int, old: bool, silent: int) -> str:
    if silent > _REMOVED_DAYS:
        return "plus aucun relevé depuis des mois"
    return "température inconnue ces derniers jours" if old else "historique trop court"


def _meter_fault(town: Town, row: int, cause: str, begin: int) -> Finding:
    """A finding on a faulty meter: what is at stake is unknown, the expected consumption of the month is not measured."""
    return Finding(row, METER, cause, town.days.day(min(begin, len(town.days) - 1)))


def _cause(
    judgement: Judgement, row: int, here: _Window, heating: Vector, share_of_heating: float
) -> tuple[str, str]:
    """Cause of the first rule that matches, and where the excess lies."""
    if judgement.billed[row]:
        return (
            UNKNOWN,
            "Une facture ne dit pas quels jours ont consommé de trop : relevez le compteur chaque jour pour le voir.",
        )
    excess = here.total(here.known)[0]
    on_holiday, on_other_days = here.total(here.holiday), here.total(~here.holiday)
    on_off, open_days = here.total(here.off), here.total(~here.off)
    if on_holiday[2] >= _SURE and on_holiday[0] >= 0.5 * excess and on_other_days[2] < _QUIET:
        return (
            HOLIDAYS,
            f"L’écart vient des jours ouvrés de vacances : {_percent(on_holiday)} ; ailleurs, {_percent(on_other_days)}.",
        )
    if on_off[2] >= _SURE and on_off[0] >= 0.6 * excess and open_days[2] < max(_QUIET, on_off[2] / 2):
        return (
            WEEKEND,
            f"L’écart vient des samedis, dimanches et fériés : {_percent(on_off)} ; les jours ouvrés, {_percent(open_days)}.",
        )
    window = judgement.window
    on_mild = here.total(here.mild)
    cold = here.known & (heating[window] > 0)
    if judgement.fitted.heats[row] and on_mild[2] >= Z90 and here.mild[here.known].mean() >= 0.5:
        falls = _correlation(here.left[here.known], -judgement.shared.felt[0, window][here.known])
        if share_of_heating >= _HEATING_METER or falls >= 0.4:
            return (
                OUT_OF_SEASON,
                f"Les jours à plus de {_MILD:.0f} °C, où l’on ne chauffe pas : {_percent(on_mild)}.",
            )
    if judgement.fitted.heats[row] and cold.sum() >= 10 and share_of_heating >= _HEATED:
        left, degree = here.left[here.known], heating[window][here.known]
        weight = 1 / np.maximum(here.scale[here.known], 1e-9) ** 2
        if _loss(left, degree, weight) < _loss(left, np.ones(len(left)), weight) or share_of_heating >= 0.85:
            balance = HEATING[judgement.fitted.picks[row, 1]]
            return REGULATION, f"L’écart grandit avec le froid, sous {balance:.0f} °C dehors."
    if on_off[2] >= Z90 and open_days[2] >= Z90:
        return (
            PERMANENT,
            f"L’écart est là tous les jours : {_percent(open_days)} les jours ouvrés, {_percent(on_off)} les autres.",
        )
    return (
        UNKNOWN,
        f"L’écart ne suit ni le froid, ni les jours de fermeture : {_percent(open_days)} les jours ouvrés.",
    )


def _loss(left: Vector, column: Vector, weight: Vector) -> float:
    """Squared error left when the excess is a multiple of one column."""
    square = float((weight * column**2).sum())
    slope = float((weight * column * left).sum()) / square if square > 0 else 0.0
    return float((weight * (left - slope * column) ** 2).sum())


def _correlation(one: Vector, other: Vector) -> float:
    if len(one) < 5 or one.std() == 0 or other.std() == 0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _level_change(town: Town, judgement: Judgement, row: int, sign: int) -> date | None:
    """The day on which the level changed within the last four months: the split with the greatest t, 5 at least."""
    begin = max(0, len(town.days) - _STEP_DAYS)
    model = np.where(
        np.arange(len(town.days)) < judgement.begin, judgement.past[row], judgement.expected[row]
    )
    left = sign * (town.kwh[row] - model)[begin:] / np.maximum(judgement.reach[row, begin:], 1e-9)
    places = np.flatnonzero(np.isfinite(left))
    values = np.clip(left[places], -4, 4)
    if len(values) < 30:
        return None
    count = np.arange(1, len(values))
    before = np.cumsum(values)[:-1] / count
    after = (values.sum() - np.cumsum(values)[:-1]) / (len(values) - count)
    t = (
        (after - before)
        * np.sqrt(count * (len(values) - count) / len(values))
        / max(float(values.std()), 1e-9)
    )
    t[:7], t[-4:] = 0, 0
    best = int(np.argmax(t))
    return town.days.day(begin + int(places[best + 1])) if t[best] >= 5 else None


def _percent(total: tuple[float, float, float]) -> str:
    return change(total[0] / total[1] if total[1] > 0 else 0.0)
