"""Quality checks of readings: indexes taken for consumption, units that change, outliers, stuck meters.

In comes the matrix of readings; out goes a clean one, a mask of stuck days, and French notes. Nothing is guessed: a
doubtful day is left out, only an index and a thousandfold unit are corrected, with a note.
"""

from dataclasses import dataclass

import numpy as np

from beffroi.systems.buildings import bills
from beffroi.systems.buildings.days import Days, Ints, Mask, Matrix, Vector
from beffroi.systems.buildings.readings import Meter, Readings
from beffroi.systems.kit.words import fr, listed, plural, short_day

_FAR, _FAR_LOCAL = 5.0, 8.0  # times what is high for the meter, or usual in that month
_STUCK_DAYS = 7
_ZERO_DAYS = 3
_INDEX_UP = 0.98  # share of steps that do not go down
_INDEX_SPAN = 30  # a step is that small against the level
_THOUSAND = (500.0, 2000.0)
_COLDER = 6.0  # °C under the days without consumption: then nothing read is no summer pause


@dataclass(frozen=True)
class Clean:
    """`kwh` (meters, days): NaN where unknown or left out; `stuck`: the meter repeats itself or reads nothing."""

    kwh: Matrix
    stuck: Mask
    spread: Mask  # meters whose days are bills shared out: not daily readings
    period: Ints  # (meters, days) the bill of each day of those, `bills.DAILY` elsewhere


def clean_readings(readings: Readings, days: Days, notes: list[str]) -> Clean:
    kwh = np.array(readings.kwh)
    meters = readings.meters
    _differences_of_indexes(kwh, meters, notes)
    _fix_thousandfold_units(kwh, meters, notes)
    _drop_outliers(kwh, meters, days, notes)
    same = _repeated_runs(kwh)
    spread = (same & (kwh > 0)).sum(axis=1) > 0.5 * np.maximum(np.isfinite(kwh).sum(axis=1), 1)
    spread |= readings.billed
    shared_out = spread & ~readings.billed
    if shared_out.any():
        names = listed((meters[row].name for row in np.flatnonzero(shared_out)), 3)
        notes.append(
            f"{plural(int(shared_out.sum()), 'compteur donne', 'compteurs donnent')} la même valeur des semaines durant ({names}) : "
            "ce sont des factures étalées, jugées facture par facture."
        )
    stuck = ((same & (kwh > 0)) | _zero_runs(kwh, days)) & ~spread[:, None]
    if stuck.any():
        who = np.flatnonzero(stuck.any(axis=1))
        first = short_day(days.day(int(np.argmax(stuck[who[0]]))))
        notes.append(
            f"{plural(int(stuck.sum()), 'jour', 'jours')} de compteur figé ou à zéro, dont le modèle n’apprend rien "
            f"({plural(len(who), 'compteur', 'compteurs')}, par exemple {meters[int(who[0])].name} à partir du {first})."
        )
    return Clean(kwh, stuck, spread, bills.periods(kwh, spread))


def _differences_of_indexes(kwh: Matrix, meters: tuple[Meter, ...], notes: list[str]) -> None:
    """Replace meter indexes, which only climb, by their differences; a step down is a new meter."""
    found: list[str] = []
    resets = 0
    for row, line in enumerate(kwh):
        known = np.flatnonzero(np.isfinite(line))
        if len(known) < 30:
            continue
        steps = np.diff(line[known])
        typical = np.median(np.abs(steps))
        if (steps >= 0).mean() < _INDEX_UP or np.median(line[known]) < _INDEX_SPAN * max(typical, 1e-9):
            continue
        if typical == 0 and (steps > 0).mean() < 0.3:
            continue
        fresh = np.full(len(line), np.nan)
        good = (steps >= 0) & (np.diff(known) == 1)
        fresh[known[1:][good]] = steps[good]
        resets += int((steps < 0).sum())
        kwh[row] = fresh
        found.append(meters[row].name)
    if found:
        notes.append(
            f"{plural(len(found), 'compteur donne', 'compteurs donnent')} l’index du cadran, non la consommation "
            f"({listed(found, 3)}) : la consommation est la différence d’un jour à l’autre. "
            f"{plural(resets, 'jour reste vide', 'jours restent vides')}, de remise à zéro ou de changement de compteur."
        )


def _fix_thousandfold_units(kwh: Matrix, meters: tuple[Meter, ...], notes: list[str]) -> None:
    """Divide months a thousand times above the others: Wh written as kWh."""
    found: list[str] = []
    for row, line in enumerate(kwh):
        known = np.flatnonzero(np.isfinite(line) & (line > 0))
        if len(known) < 60:
            continue
        blocks = known // 30
        middle = {int(block): float(np.median(line[known[blocks == block]])) for block in np.unique(blocks)}
        usual = float(np.quantile(list(middle.values()), 0.25))
        wrong = [block for block, value in middle.items() if _THOUSAND[0] < value / usual < _THOUSAND[1]]
        if wrong and len(wrong) < 0.75 * len(middle):
            large = known[line[known] > 100 * usual]
            line[large] /= 1000
            found.append(meters[row].name)
    if found:
        notes.append(
            f"{plural(len(found), 'compteur change', 'compteurs changent')} d’unité en route, mille fois plus "
            f"({listed(found, 3)}) : ces relevés, sans doute en Wh, sont divisés par mille. Vérifiez le fichier."
        )


def _drop_outliers(kwh: Matrix, meters: tuple[Meter, ...], days: Days, notes: list[str]) -> None:
    examples: list[str] = []
    count = 0
    for row, line in enumerate(kwh):
        known = np.flatnonzero(np.isfinite(line))
        if len(known) < 20:
            continue
        high = float(np.quantile(line[known], 0.95))
        usual = _local_median(line, known)
        wrong = known[
            (line[known] > _FAR * high) | ((line[known] > _FAR_LOCAL * usual) & (line[known] > 1.5 * high))
        ]
        if high <= 0 or not len(wrong):
            continue
        count += len(wrong)
        examples.append(
            f"{meters[row].name} le {short_day(days.day(int(wrong[0])))}, {fr(line[wrong[0]], 0)} kWh"
        )
        line[wrong] = np.nan
    if examples:
        notes.append(
            f"{plural(count, 'relevé écarté', 'relevés écartés')}, très au-dessus de ce que le compteur lit d’habitude "
            f"({' ; '.join(examples[:3])}). Corrigez le fichier d’origine."
        )


def _local_median(line: Vector, known: Ints) -> Vector:
    """The median of the thirty readings around each known one."""
    values = line[known]
    padded = np.pad(values, 15, mode="reflect") if len(values) > 15 else np.pad(values, 15, mode="edge")
    around = np.lib.stride_tricks.sliding_window_view(padded, 31)
    return np.asarray(np.median(around, axis=1))


def _repeated_runs(kwh: Matrix) -> Mask:
    """Days within a run of at least a week of the very same reading."""
    same = np.zeros(kwh.shape, dtype=bool)
    for row, line in enumerate(kwh):
        starts = np.flatnonzero(np.concatenate([[True], line[1:] != line[:-1], [True]]))
        lengths = np.diff(starts)
        long = lengths >= _STUCK_DAYS
        known = line[np.isfinite(line)]
        # A small load read in whole kWh repeats itself without being stuck.
        usual = float(np.median(np.repeat(lengths, lengths)))
        if not len(known) or (len(np.unique(known)) < 0.05 * len(known) and usual < _STUCK_DAYS):
            continue
        for start, length in zip(starts[:-1][long], lengths[long], strict=True):
            same[row, start : start + length] = True
    return same & np.isfinite(kwh)


def _zero_runs(kwh: Matrix, days: Days) -> Mask:
    """Days within a run of zeros that neither the season nor the meter's habit explains."""
    silent = np.zeros(kwh.shape, dtype=bool)
    temperature = days.temperature
    for row, line in enumerate(kwh):
        zero = line == 0
        known = np.isfinite(line)
        if not zero.any():
            continue
        often = zero.sum() / known.sum() > 0.05
        mild = (
            float(np.nanmedian(temperature[zero]))
            if days.weather_known and np.isfinite(temperature[zero]).any()
            else np.nan
        )
        starts = np.flatnonzero(np.diff(np.concatenate([[False], zero, [False]]).astype(int)) == 1)
        ends = np.flatnonzero(np.diff(np.concatenate([[False], zero, [False]]).astype(int)) == -1)
        for start, end in zip(starts, ends, strict=True):
            if end - start < _ZERO_DAYS:
                continue
            here = temperature[start:end]
            cold = np.isfinite(mild) and np.isfinite(here).any() and float(np.nanmean(here)) < mild - _COLDER
            if not often or cold:
                silent[row, start:end] = True
    return silent
