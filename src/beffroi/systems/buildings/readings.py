"""Meter readings as one matrix, meters × days, in kWh; rejected rows are reported in notes.

In comes the table `meters`; out go `Readings` and French notes for every row left out. Several readings of one meter on
one day are added where that is its habit (hours, half hours, several meters under one name); otherwise the last one counts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from beffroi.systems.buildings import bills
from beffroi.systems.buildings.days import ONE_DAY, Dates, Ints, Mask, Matrix, Vector
from beffroi.systems.buildings.energies import kwh_per_unit, normalize_energy
from beffroi.systems.contract import BadInput, Tables
from beffroi.systems.kit import cells
from beffroi.systems.kit.words import fr, listed, plural, short_day

_ESTIMATED = ("estim", "calcul", "interpol", "reconstit", "provisoire")
NIGHT_ENDS = 5  # o'clock: who works in a public building has left, and nobody has come
_HOURLY = 12  # readings a day
_MAX_DISTANCE_DAYS = 366 * 12  # days: dates further than that from most others are typing errors


@dataclass(frozen=True)
class Meter:
    """One series: a building, an energy, and the meter's own number where the file gives it."""

    building: str
    energy: str
    number: str

    @property
    def name(self) -> str:
        return f"{self.building}, {self.energy}" + (f" ({self.number})" if self.number else "")


@dataclass(frozen=True)
class Readings:
    """`kwh` (meters, days), NaN where nothing was read; `estimated`: not measured, so excluded from training."""

    meters: tuple[Meter, ...]
    first: date
    kwh: Matrix
    estimated: Mask
    night: Matrix  # kWh of the hours before `NIGHT_ENDS`, NaN where a meter is not read by the hour
    billed: Mask  # (meters): read by bills, shared out over their days


def read_readings(tables: Tables, notes: list[str]) -> Readings:
    """Raises `BadInput` where no row can serve."""
    table = tables.get("meters")
    if table is None or table.num_rows == 0:
        raise BadInput(
            "La table des relevés est vide : choisissez un jeu de données qui contient des lignes."
        )
    moment = pc.cast(table.column("date"), pa.timestamp("s"), safe=False).to_numpy(zero_copy_only=False)
    day = moment.astype("datetime64[D]")
    value = np.array(table.column("kwh").to_numpy(zero_copy_only=False), dtype=float)
    series, meters = _series(table)
    rejected = cells.Rejected.of(__package__, "meters")
    known = (series >= 0) & ~np.isnat(day)
    _reject(rejected, "sans bâtiment ou sans date", ~known)
    _reject(rejected, "sans consommation", known & ~np.isfinite(value))
    known &= np.isfinite(value)
    value, known = _in_kwh(table, value, known, meters, series, rejected)
    negative = known & (value < 0)
    _reject(
        rejected,
        "consommation négative, une production solaire se relève à part",
        negative,
        lambda row: f"{fr(value[row], 0)} kWh le {short_day(day[row].item())}",
    )
    known &= ~negative
    if known.any():  # a year typed wrong makes an endless, empty matrix
        number = day.astype(np.int64)
        far = known & (np.abs(number - np.median(number[known])) > _MAX_DISTANCE_DAYS)
        _reject(rejected, "date invraisemblable", far, lambda row: short_day(day[row].item()))
        known &= ~far
    if not known.any():
        raise BadInput(
            "Aucun relevé ne peut servir : il faut un bâtiment, une date et une consommation positive par ligne."
        )
    notes += rejected.notes()
    code, words = _codes(_column(table, "quality"))
    guessed = np.array([any(part in cells.key(word) for part in _ESTIMATED) for word in words] + [False])
    estimated = known & guessed[code]
    hour = ((moment - day) / np.timedelta64(1, "h"))[known]
    return _matrix(meters, series[known], day[known], hour, value[known], estimated[known], notes)


def _reject(
    rejected: cells.Rejected,
    reason: str,
    wrong: Mask,
    describe: Callable[[int], str] = lambda row: f"ligne {row + 1}",
) -> None:
    """Count the rows of a mask; the first three serve as examples."""
    rows = np.flatnonzero(wrong)
    for row in rows[:3]:
        rejected.add(reason, describe(row))
    rejected.add(reason, count=len(rows[3:]))


def _column(table: pa.Table, name: str) -> pa.ChunkedArray:
    return table.column(name) if name in table.column_names else pa.nulls(table.num_rows, pa.string())


def _codes(column: Any) -> tuple[Ints, list[str]]:
    """A code a row, -1 where empty, and the labels by code."""
    column = pc.utf8_trim_whitespace(pc.cast(column, pa.string()))
    encoded = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    encoded = encoded.dictionary_encode()
    words = [word or "" for word in encoded.dictionary.to_pylist()]
    codes = np.asarray(pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False), dtype=np.int64)
    empty = np.array([not word for word in words] + [True])
    return np.where(empty[codes], -1, codes), words


def _series(table: pa.Table) -> tuple[Ints, list[Meter]]:
    """The meter of each row (-1: no building), and the meters in order."""
    building, buildings = _codes(table.column("building"))
    energy, energies = _codes(_column(table, "energy"))
    number, numbers = _codes(_column(table, "meter"))
    spelling: dict[str, str] = {}
    same = [spelling.setdefault(cells.key(name), name) for name in buildings]
    kinds = [normalize_energy(word) for word in energies]
    keys = np.stack([building, energy, number], axis=1)
    different, place = np.unique(keys, axis=0, return_inverse=True)
    drafts = [
        Meter(
            same[b] if b >= 0 else "",
            kinds[e] if e >= 0 else normalize_energy(None),
            numbers[m] if m >= 0 else "",
        )
        for b, e, m in different
    ]
    # A meter's number appears only where the building has several of one energy.
    often: dict[tuple[str, str], set[str]] = {}
    for meter in drafts:
        often.setdefault((meter.building, meter.energy), set()).add(meter.number)
    labelled = [
        meter if len(often[meter.building, meter.energy]) > 1 else Meter(meter.building, meter.energy, "")
        for meter in drafts
    ]
    meters = sorted({meter for meter in labelled if meter.building}, key=lambda meter: meter.name)
    order = {meter: code for code, meter in enumerate(meters)}
    of_key = np.array([order.get(meter, -1) for meter in labelled], dtype=np.int64)
    return of_key[place.reshape(-1)], meters


def _in_kwh(
    table: pa.Table, value: Vector, known: Mask, meters: list[Meter], series: Ints, rejected: cells.Rejected
) -> tuple[Vector, Mask]:
    unit, words = _codes(_column(table, "unit"))
    value, known = value.copy(), known.copy()
    for code, word in enumerate(words):
        for energy in {meter.energy for meter in meters}:
            of_energy = np.array([meter.energy == energy for meter in meters] + [False])
            rows = known & (unit == code) & of_energy[series]
            factor = kwh_per_unit(word, energy)
            if factor is None:
                rejected.add("unité inconnue, on lit Wh, kWh, MWh, et m3 pour le gaz", word, int(rows.sum()))
                known &= ~rows
            elif factor != 1.0:
                value[rows] *= factor
    return value, known


def _matrix(
    meters: list[Meter],
    series: Ints,
    day: Dates,
    hour: Vector,
    value: Vector,
    estimated: Mask,
    notes: list[str],
) -> Readings:
    first = day.min()
    place = ((day - first) / ONE_DAY).astype(np.int64)
    length = int(place.max()) + 1
    cell = series * length + place
    size = len(meters) * length
    count = np.bincount(cell, minlength=size).reshape(len(meters), length)
    total = np.bincount(cell, weights=value, minlength=size).reshape(count.shape)
    last = np.full(size, np.nan)
    last[cell] = value  # the later row wins
    kwh = last.reshape(count.shape)
    usual = np.array([np.median(line[line > 0]) if (line > 0).any() else 0 for line in count])
    several = usual >= 2
    twice = (count > 1) & ~several[:, None]
    if twice.any():
        example = meters[int(np.flatnonzero(twice.any(axis=1))[0])].name
        notes.append(
            f"{plural(int(twice.sum()), 'jour relevé', 'jours relevés')} plusieurs fois pour un même compteur : la dernière "
            f"ligne est gardée (par exemple {example})."
        )
    if several.any():
        full = count >= 0.9 * usual[:, None]
        kwh = np.where(several[:, None], np.where(full, total, np.nan), kwh)
        holes = int((several[:, None] & (count > 0) & ~full).sum())
        left_out = f", sauf {plural(holes, 'jour incomplet laissé', 'jours incomplets laissés')} de côté"
        notes.append(
            f"{plural(int(several.sum()), 'compteur a', 'compteurs ont')} plusieurs relevés par jour : ils sont additionnés "
            f"par jour{left_out if holes else ''}."
        )
    night = np.bincount(cell, weights=np.where(hour < NIGHT_ENDS, value, 0.0), minlength=size).reshape(
        count.shape
    )
    timed = np.bincount(series[hour > 0], minlength=len(meters)) > 0
    night = np.where((usual >= _HOURLY)[:, None] & timed[:, None] & np.isfinite(kwh), night, np.nan)
    guess = np.zeros(size, dtype=bool)
    guess[cell[estimated]] = True
    if estimated.any():
        count_of = plural(int(estimated.sum()), "relevé estimé", "relevés estimés")
        notes.append(f"{count_of} : le modèle n’en apprend rien.")
    guess = guess.reshape(kwh.shape)
    billed = bills.are_bills(kwh)
    if billed.any():
        names = listed((meters[row].name for row in np.flatnonzero(billed)), 3)
        notes.append(
            f"{plural(int(billed.sum()), 'compteur n’a', 'compteurs n’ont')} qu’une facture par mois ou deux ({names}) : "
            "la consommation est jugée facture par facture."
        )
        kwh = bills.share_out(kwh, billed, first.item())
        more = kwh.shape[1] - night.shape[1]
        guess = np.pad(guess, ((0, 0), (0, more)))
        night = np.pad(night, ((0, 0), (0, more)), constant_values=np.nan)
    return Readings(tuple(meters), first.item(), kwh, guess, night, billed)
